//! One connection of a POS, and the requests that wait for their answers on it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message};
use serde::{Deserialize, Serialize};
use tatami_core::id::KeyId;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::jsonrpc::Outcome;

/// How long a POS may take to answer.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The most requests that wait for answers on one connection.
const MAX_PENDING: usize = 256;
/// Frames that wait to be written.
const MAX_QUEUED: usize = 64;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoAnswer {
    /// The request was not sent, because the connection was closed.
    Closed,
    /// The request was not sent, because too many others wait.
    Busy,
    /// The connection was closed before the answer.
    Lost,
    /// There was none in time.
    TooLate,
}

/// The callers that wait for the answer to a request, by its id.
type Pending = HashMap<String, Vec<oneshot::Sender<Outcome>>>;

/// An open connection.
pub struct Connection {
    /// Identifies it; newer connections have greater numbers.
    pub number: u64,
    /// The API key that it was opened with.
    pub api_key: KeyId,
    /// When it was opened.
    pub opened: Instant,
    out: mpsc::Sender<Message>,
    /// `None` once the connection is closed.
    pending: Mutex<Option<Pending>>,
    close: Mutex<Option<oneshot::Sender<CloseFrame>>>,
    probe: Notify,
}

/// The channels of a connection that its socket is served with.
pub struct Channels {
    /// What is to be written.
    pub out: mpsc::Receiver<Message>,
    /// How it is to be closed.
    pub close: oneshot::Receiver<CloseFrame>,
}

impl Connection {
    /// A connection of that number, opened with that key.
    pub fn new(number: u64, api_key: KeyId) -> (Self, Channels) {
        let (out, to_write) = mpsc::channel(MAX_QUEUED);
        let (close, closed) = oneshot::channel();
        let connection = Self {
            number,
            opened: Instant::now(),
            api_key,
            out,
            pending: Mutex::new(Some(HashMap::new())),
            close: Mutex::new(Some(close)),
            probe: Notify::new(),
        };
        let channels = Channels {
            out: to_write,
            close: closed,
        };
        (connection, channels)
    }

    /// Sends a request and waits for the answer to its id. The same request may be sent
    /// again under its id while it waits: the first answer is for both.
    pub async fn ask(&self, id: &str, request: String) -> Result<Outcome, NoAnswer> {
        let by = Instant::now() + ANSWER_WITHIN;
        let (waiting, answer) = {
            let mut pending = self.pending();
            let Some(pending) = pending.as_mut() else {
                return Err(NoAnswer::Closed);
            };
            if pending.len() >= MAX_PENDING {
                return Err(NoAnswer::Busy);
            }
            let (answered, answer) = oneshot::channel();
            pending.entry(id.to_owned()).or_default().push(answered);
            (
                Waiting {
                    connection: self,
                    id,
                },
                answer,
            )
        };
        match timeout_at(by, self.out.send(Message::Text(request.into()))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(NoAnswer::Closed),
            Err(_) => return Err(NoAnswer::Busy),
        }
        let answer = timeout_at(by, answer).await;
        drop(waiting);
        match answer {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(_)) => Err(NoAnswer::Lost),
            Err(_) => Err(NoAnswer::TooLate),
        }
    }

    /// Passes an answer to the callers that wait for it; `false` if there are none:
    /// answers may be unknown, late or duplicate.
    pub fn answer(&self, id: &str, outcome: &Outcome) -> bool {
        let waiting = self.pending().as_mut().and_then(|p| p.remove(id));
        let waiting = waiting.unwrap_or_default().into_iter();
        // A caller may have given up meanwhile.
        let heard = waiting.map(|waiting| waiting.send(outcome.clone()).is_ok());
        heard.fold(false, |any, heard| any | heard)
    }

    /// Queues a frame; `false` if the queue is full.
    pub fn try_send(&self, frame: Message) -> bool {
        self.out.try_send(frame).is_ok()
    }

    /// Queues a frame.
    pub async fn send(&self, frame: Message) {
        // The connection may be closed.
        let _ = self.out.send(frame).await;
    }

    /// Asks for the connection to be closed.
    pub fn close(&self, code: u16, reason: &'static str) {
        let mut close = self.close.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(close) = close.take() {
            let reason = reason.into();
            // The connection may be closed already.
            let _ = close.send(CloseFrame { code, reason });
        }
    }

    /// Requests a ping now: the peer may have disappeared.
    pub fn probe(&self) {
        self.probe.notify_one();
    }

    /// Completes when a ping is requested.
    pub async fn probe_requested(&self) {
        self.probe.notified().await;
    }

    /// Closes the connection for its callers: each gets [`NoAnswer::Lost`].
    pub fn end(&self) {
        self.pending().take();
    }

    fn pending(&self) -> MutexGuard<'_, Option<Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A caller that waits; dropping it removes the caller.
struct Waiting<'a> {
    connection: &'a Connection,
    id: &'a str,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut pending = self.connection.pending();
        let Some(pending) = pending.as_mut() else {
            return;
        };
        if let Some(waiting) = pending.get_mut(self.id) {
            waiting.retain(|waiting| !waiting.is_closed());
            if waiting.is_empty() {
                pending.remove(self.id);
            }
        }
    }
}
