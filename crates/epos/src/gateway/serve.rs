//! Serving a connection: reading, writing, pings, and its end.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::extract::ws::{CloseFrame, Message};
use futures_util::{Sink, SinkExt as _, Stream, StreamExt as _};
use serde_json::Value;
use tatami_core::id::KeyId;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep_until, timeout};

use super::connection::Connection;
use super::routing::Elsewhere;
use super::{Gateway, IntegrationKey};
use crate::jsonrpc;

/// A connection that was silent for so long is pinged.
const PING_AFTER: Duration = Duration::from_secs(30);
/// How long the answer to a ping may take.
const PONG_WITHIN: Duration = Duration::from_secs(10);
/// How long a POS may take to answer a close frame.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);
/// The largest text that is read; larger ones are ignored.
pub const MAX_TEXT_BYTES: usize = 1024 * 1024;
/// Requests of a POS that are carried out side by side.
const MAX_REQUESTS: usize = 16;

/// Code of an error of JSON-RPC: too much at once.
pub const BUSY: i64 = -32000;

/// Carries out the requests that a POS makes over its connection.
#[async_trait]
pub trait RequestHandler: Send + Sync + 'static {
    /// The connection can be used from now on.
    async fn opened(&self);

    /// Carries out a request; the result, or the code and the message of an error.
    async fn handle(&self, method: &str, params: Value) -> Result<Value, (i64, String)>;
}

impl Gateway {
    /// Serves a connection of the POS of an integration, opened with that API key, until
    /// it is over.
    pub async fn serve<S, E>(
        &self,
        key: &IntegrationKey,
        api_key: KeyId,
        socket: S,
        handler: Arc<dyn RequestHandler>,
    ) where
        S: Stream<Item = Result<Message, E>> + Sink<Message> + Send,
        E: Send,
    {
        let elsewhere = self.met(key).await;
        let (connection, channels, has_replaced) = self.join(&key.integration, api_key, elsewhere);
        let number = connection.number;
        metrics::gauge!("tatami_pos_connections").increment(1);
        let (sink, stream) = socket.split();
        let mut sink = std::pin::pin!(sink);
        let mut stream = std::pin::pin!(stream);
        let frame = {
            let write = write(sink.as_mut(), channels.out);
            let read = async {
                let mut read = std::pin::pin!(read(stream.as_mut(), &connection, &handler));
                if elsewhere == Elsewhere::Stays {
                    tokio::select! {
                        frame = &mut read => return frame,
                        () = self.take_turn(key, number) => {}
                    }
                }
                let opened = async {
                    self.publish(key, number, has_replaced).await;
                    handler.opened().await;
                };
                tokio::join!(opened, read).1
            };
            tokio::select! {
                () = write => None,
                frame = read => frame,
                frame = channels.close => frame.ok(),
            }
        };
        self.leave(&key.integration, &connection);
        metrics::gauge!("tatami_pos_connections").decrement(1);
        self.withdraw(key, number).await;
        if let Some(frame) = frame {
            let ending = async {
                if sink.send(Message::Close(Some(frame))).await.is_ok() {
                    while let Some(Ok(_)) = stream.next().await {}
                }
            };
            // The POS may not answer the close frame.
            let _ = timeout(CLOSE_WITHIN, ending).await;
        }
    }
}

async fn write(
    mut sink: std::pin::Pin<&mut impl Sink<Message>>,
    mut frames: mpsc::Receiver<Message>,
) {
    while let Some(frame) = frames.recv().await {
        if sink.send(frame).await.is_err() {
            return;
        }
    }
}

/// Reads until the connection is over, or is to be closed with that frame.
async fn read<E>(
    mut stream: std::pin::Pin<&mut impl Stream<Item = Result<Message, E>>>,
    connection: &Arc<Connection>,
    handler: &Arc<dyn RequestHandler>,
) -> Option<CloseFrame> {
    let permits = Arc::new(Semaphore::new(MAX_REQUESTS));
    let mut ping_at = Instant::now() + PING_AFTER;
    let mut pong_by: Option<Instant> = None;
    loop {
        tokio::select! {
            frame = stream.next() => match frame {
                Some(Ok(frame)) => {
                    pong_by = None;
                    ping_at = Instant::now() + PING_AFTER;
                    handle(frame, connection, handler, &permits);
                }
                Some(Err(_)) | None => return None,
            },
            () = connection.probe_requested(), if pong_by.is_none() => ping_at = Instant::now(),
            () = sleep_until(pong_by.unwrap_or(ping_at)) => {
                if pong_by.is_some() {
                    let reason = "There was no answer to a ping.".into();
                    return Some(CloseFrame { code: 1001, reason });
                }
                // If the queue is full, the peer does not read, and will not answer.
                connection.try_send(Message::Ping(axum::body::Bytes::new()));
                pong_by = Some(Instant::now() + PONG_WITHIN);
            }
        }
    }
}

/// Handles a frame. What is not an answer to a request is ignored.
fn handle(
    frame: Message,
    connection: &Arc<Connection>,
    handler: &Arc<dyn RequestHandler>,
    permits: &Arc<Semaphore>,
) {
    let text = match frame {
        Message::Text(text) if text.len() <= MAX_TEXT_BYTES => text,
        Message::Text(_) => return ignored("the text is too long"),
        Message::Binary(_) => return ignored("the frame is binary"),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return,
    };
    match jsonrpc::read(&text) {
        jsonrpc::Message::Answer { id, outcome } => {
            if !connection.answer(&id, &outcome) {
                ignored("no request waits for the answer");
            }
        }
        jsonrpc::Message::Request { id, method, params } => {
            let (connection, handler) = (Arc::clone(connection), Arc::clone(handler));
            let Ok(permit) = Arc::clone(permits).try_acquire_owned() else {
                if let Some(id) = id {
                    let refusal = jsonrpc::error(&id, BUSY, "Too many requests at once.");
                    connection.try_send(Message::Text(refusal.into()));
                }
                return;
            };
            tokio::spawn(async move {
                let done = handler.handle(&method, params).await;
                if let Some(id) = id {
                    let answer = match done {
                        Ok(result) => jsonrpc::result(&id, &result),
                        Err((code, message)) => jsonrpc::error(&id, code, &message),
                    };
                    connection.send(Message::Text(answer.into())).await;
                }
                drop(permit);
            });
        }
        jsonrpc::Message::Nonsense(why) => ignored(why),
    }
}

fn ignored(why: &'static str) {
    tracing::debug!(why, "a frame of a POS was ignored");
}
