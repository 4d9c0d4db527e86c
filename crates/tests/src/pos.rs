//! A merchant's POS at the other end of a WebSocket.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::contract::sent_to_pos;
use crate::{App, PATIENCE};

/// An open connection of a POS.
pub struct PosSocket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// A request of the platform.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its id.
    pub id: String,
    /// The method.
    pub method: String,
    /// The parameters.
    pub params: Value,
}

impl PosSocket {
    /// Connects as a software house with the key of an account.
    pub async fn open(app: &App, house: &str) -> Self {
        let opened = Self::try_open(app, &[("software-house-id", house)]).await;
        opened.unwrap_or_else(|status| panic!("the connection was answered {status}"))
    }

    /// Connects with the key of an account and those headers; without a connection, the
    /// status of the answer.
    pub async fn try_open(app: &App, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let url = format!("{}/epos", app.base.replacen("http", "ws", 1));
        let mut request = url.into_client_request().expect("a request");
        let mut put = |name: &str, value: &str| {
            let name = name.parse::<reqwest::header::HeaderName>().expect("a name");
            request
                .headers_mut()
                .insert(name, value.parse().expect("a value"));
        };
        if !app.key.is_empty() {
            put("authorization", &format!("Basic {}", app.key));
        }
        for (name, value) in headers {
            put(name, value);
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => {
                Err(answer.status().as_u16())
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// The next text, or how the platform closed the connection.
    pub async fn next(&mut self) -> Result<String, Option<CloseFrame>> {
        loop {
            let frame = timeout(PATIENCE, self.0.next()).await.expect("a frame");
            match frame {
                Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
                Some(Ok(Message::Close(frame))) => return Err(frame),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// The next text as JSON.
    pub async fn json(&mut self) -> Value {
        let text = self.next().await.expect("a text");
        serde_json::from_str(&text).expect("JSON")
    }

    /// The next request of the platform.
    pub async fn asked(&mut self) -> Asked {
        let value = self.json().await;
        assert_eq!(value["jsonrpc"], "2.0", "{value}");
        sent_to_pos(&value);
        let text = |name: &str| value[name].as_str().expect("a text").to_owned();
        Asked {
            id: text("id"),
            method: text("method"),
            params: value["params"].clone(),
        }
    }

    /// Sends a text.
    pub async fn say(&mut self, text: impl Into<String>) {
        let text: String = text.into();
        let sent = self.0.send(Message::Text(text.into())).await;
        sent.expect("sent");
    }

    /// Sends bytes.
    pub async fn say_bytes(&mut self, bytes: Vec<u8>) {
        let sent = self.0.send(Message::Binary(bytes.into())).await;
        sent.expect("sent");
    }

    /// Answers a request.
    pub async fn answer(&mut self, asked: &Asked, result: Value) {
        let answer = json!({ "jsonrpc": "2.0", "id": asked.id, "result": result });
        self.say(answer.to_string()).await;
    }

    /// Refuses a request.
    pub async fn refuse(&mut self, asked: &Asked, error: Value) {
        let answer = json!({ "jsonrpc": "2.0", "id": asked.id, "error": error });
        self.say(answer.to_string()).await;
    }
}
