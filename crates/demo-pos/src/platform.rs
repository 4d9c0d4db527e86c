//! The platform: registering there, and the connection that it calls this POS over.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{Sink, SinkExt as _, StreamExt as _};
use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::pos::{Answer, HANDLE_EVENT, Pos};
use crate::rest::{PASSWORD, USERNAME};
use crate::restaurant::OPERATIONS;

/// How long the POS waits before it connects again: doubled up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A connection that is idle so long is pinged.
const PING_EVERY: Duration = Duration::from_secs(30);
/// Answers that wait to be sent.
const QUEUE: usize = 64;

/// How the platform calls this POS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// It calls the REST API at this URL's origin.
    Rest,
    /// Over the WebSocket that this POS opens.
    Ws,
}

/// Where the platform is, and what this POS is there. Cheap to clone.
#[derive(Clone)]
pub struct Platform(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    url: String,
    key: String,
    house: String,
}

impl Platform {
    /// The platform at that URL, for a key and a software house.
    ///
    /// # Errors
    /// If a client cannot be set up.
    pub fn new(url: &str, key: &str, house: &str) -> Result<Self, String> {
        // Another part of the program may have installed one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder();
        let http = http.timeout(Duration::from_secs(10)).build();
        Ok(Self(Arc::new(Inner {
            http: http.map_err(|error| error.to_string())?,
            url: url.trim_end_matches('/').to_owned(),
            key: key.to_owned(),
            house: house.to_owned(),
        })))
    }

    /// Registers the capabilities of this POS, without those that are left out, in place
    /// of what was registered for either transport.
    ///
    /// # Errors
    /// With the answer of the platform, or why there is none.
    pub async fn register(
        &self,
        transport: Transport,
        own_url: &str,
        without: &[String],
    ) -> Result<(), String> {
        let names = OPERATIONS.into_iter().chain([
            "HandleEvent:payment_intent.created",
            "HandleEvent:payment_intent.status_updated",
        ]);
        let names = names.filter(|name| !without.iter().any(|w| w == name));
        let names: Vec<_> = names
            .map(|n| json!({ "name": n, "version": "v1" }))
            .collect();
        let none = json!({ "capabilities": [] });
        let (rest, ws) = match transport {
            Transport::Rest => {
                let basic = json!({ "username": USERNAME, "password": PASSWORD });
                let auth = json!({ "authType": "basic", "basic": basic });
                let rest = json!({ "capabilities": names, "auth": auth, "url": own_url });
                (rest, none)
            }
            Transport::Ws => (none, json!({ "capabilities": names })),
        };
        self.put("/epos/integrations/rest", &rest).await?;
        self.put("/epos/integrations/ws", &ws).await
    }

    async fn put(&self, path: &str, body: &Value) -> Result<(), String> {
        let request = self.0.http.put(format!("{}{path}", self.0.url));
        self.send(request, body).await
    }

    /// Reports that an order changed.
    ///
    /// # Errors
    /// With the answer of the platform, or why there is none.
    pub async fn order_changed(&self, order: &str) -> Result<(), String> {
        let request = self.0.http.post(format!("{}/epos/events", self.0.url));
        let event = json!({ "eventType": "OrderUpdated", "event": { "orderId": order } });
        self.send(request, &event).await
    }

    async fn send(&self, request: reqwest::RequestBuilder, body: &Value) -> Result<(), String> {
        let request = request
            .header("authorization", format!("Basic {}", self.0.key))
            .header("software-house-id", &self.0.house)
            .header("content-type", "application/json")
            .body(body.to_string());
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        match status.is_success() {
            true => Ok(()),
            false => {
                let text = answer.text().await.unwrap_or_default();
                Err(format!("the platform answered {status}: {text}"))
            }
        }
    }

    /// Keeps a connection open and answers requests over it, for ever.
    pub async fn serve(&self, pos: &Pos) {
        let mut wait = FIRST_WAIT;
        loop {
            match self.connect_once(pos).await {
                Ok(()) => wait = FIRST_WAIT,
                Err(error) => {
                    tracing::warn!(%error, "not connected to the platform");
                    wait = (2 * wait).min(LONGEST_WAIT);
                }
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Opens a connection and answers requests until it is closed.
    async fn connect_once(&self, pos: &Pos) -> Result<(), Error> {
        let url = format!("{}/epos", self.0.url.replacen("http", "ws", 1));
        let mut request = url.into_client_request()?;
        let headers = request.headers_mut();
        for (name, value) in [
            ("authorization", format!("Basic {}", self.0.key)),
            ("software-house-id", self.0.house.clone()),
        ] {
            let value = HeaderValue::from_str(&value)?;
            headers.insert(HeaderName::from_static(name), value);
        }
        let (socket, _) = tokio_tungstenite::connect_async(request).await?;
        tracing::info!("connected to the platform");
        let (mut sink, mut stream) = socket.split();
        let (answers, mut to_send) = mpsc::channel::<Option<Message>>(QUEUE);
        let mut ping = tokio::time::interval(PING_EVERY);
        loop {
            tokio::select! {
                frame = stream.next() => match frame {
                    Some(Ok(Message::Text(text))) => {
                        let (pos, answers) = (pos.clone(), answers.clone());
                        let text = text.to_string();
                        tokio::spawn(async move { answer(&pos, &text, &answers).await });
                    }
                    Some(Ok(Message::Close(frame))) => {
                        tracing::info!(?frame, "the platform closed the connection");
                        return Ok(());
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(error),
                    None => return Ok(()),
                },
                Some(message) = to_send.recv() => match message {
                    Some(message) => send(&mut sink, message).await?,
                    // A fault: the connection breaks without an answer.
                    None => return Ok(()),
                },
                _ = ping.tick() => send(&mut sink, Message::Ping(Vec::new().into())).await?,
            }
        }
    }
}

async fn send(
    sink: &mut (impl Sink<Message, Error = Error> + Unpin),
    message: Message,
) -> Result<(), Error> {
    sink.send(message).await
}

/// Answers a JSON-RPC request.
async fn answer(pos: &Pos, text: &str, answers: &mpsc::Sender<Option<Message>>) {
    let Ok(request) = serde_json::from_str::<Value>(text) else {
        return;
    };
    let (id, method) = (&request["id"], request["method"].as_str());
    let Some(method) = method.filter(|_| id.is_string()) else {
        return;
    };
    let operation = method.strip_suffix("V1").unwrap_or(method);
    let known = OPERATIONS.contains(&operation) || operation == HANDLE_EVENT;
    let reply = |name: &str, value: Value| {
        let answer = json!({ "jsonrpc": "2.0", "id": id, "method": method, name: value });
        Message::Text(answer.to_string().into())
    };
    if !known {
        let error = json!({ "code": -32601, "message": "There is no such method." });
        // The connection may be closed meanwhile, here and below.
        let _ = answers.send(Some(reply("error", error))).await;
        return;
    }
    let messages = match pos.answer(operation, &request["params"]).await {
        Answer::Result(result) => vec![Some(reply("result", result))],
        Answer::Twice(result) => {
            let message = reply("result", result);
            vec![Some(message.clone()), Some(message)]
        }
        Answer::Refused(refusal) => vec![Some(reply("error", refusal.json()))],
        Answer::Nonsense => vec![Some(reply("nonsense", Value::Null))],
        Answer::Down => vec![],
        Answer::Lost => vec![None],
    };
    for message in messages {
        let _ = answers.send(message).await;
    }
}
