//! Stands between the platform and a POS, and holds what passes against the published
//! descriptions of the API that a POS hosts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::contract::{
    faults_answered_by_pos, faults_answered_over_ws, faults_asked_of_pos, faults_sent_to_pos,
    template_of_pos,
};

/// Headers that each side of the proxy makes for itself.
const OWN_HEADERS: [&str; 3] = ["host", "content-length", "transfer-encoding"];

/// A proxy that listens for as long as the test runs.
#[derive(Clone)]
pub struct PosProxy {
    /// Where it listens.
    pub url: String,
    target: String,
    http: reqwest::Client,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    operations: Vec<String>,
    faults: Vec<String>,
}

impl PosProxy {
    /// A proxy to that URL.
    pub async fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let proxy = Self {
            url: format!("http://{address}"),
            target: target.to_owned(),
            http: reqwest::Client::new(),
            seen: Arc::default(),
        };
        let routes = Router::new()
            .route("/epos", get(connect))
            .fallback(forward)
            .with_state(proxy.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        proxy
    }

    /// The operations of a POS that passed, in their order; if anything was not as it is
    /// published, the test fails.
    pub fn passed(&self) -> Vec<String> {
        let seen = self.seen.lock().expect("seen");
        assert!(seen.faults.is_empty(), "{:#?}", seen.faults);
        seen.operations.clone()
    }

    fn note(&self, operation: &str, faults: Vec<String>) {
        let mut seen = self.seen.lock().expect("seen");
        seen.operations.push(operation.to_owned());
        seen.faults.extend(faults);
    }
}

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

fn passed_on(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in OWN_HEADERS {
        headers.remove(name);
    }
    headers
}

/// Passes a request and its answer on.
async fn forward(State(proxy): State<PosProxy>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a body");
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    let template = template_of_pos(method, path);
    if let Some(template) = &template {
        let faults = faults_asked_of_pos(method, template, &json(&body));
        proxy.note(&format!("{method} {template}"), faults);
    }
    let url = format!("{}{}", proxy.target, parts.uri);
    let sent = proxy.http.request(parts.method.clone(), url);
    let sent = sent.headers(passed_on(&parts.headers)).body(body);
    let answer = sent.send().await.expect("an answer");
    let (status, headers) = (answer.status(), passed_on(answer.headers()));
    let body: Bytes = answer.bytes().await.expect("a body");
    if let Some(template) = &template {
        let faults = faults_answered_by_pos(method, template, status.as_u16(), &json(&body));
        proxy.note(&format!("{method} {template}"), faults);
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// Passes the frames of a connection on.
async fn connect(
    State(proxy): State<PosProxy>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let url = format!("{}/epos", proxy.target.replacen("http", "ws", 1));
    let mut request = url.into_client_request().expect("a request");
    for name in ["authorization", "software-house-id"] {
        if let Some(value) = headers.get(name) {
            request.headers_mut().insert(name, value.clone());
        }
    }
    let (platform, _) = connect_async(request).await.expect("a connection");
    upgrade.on_upgrade(async move |pos: WebSocket| {
        let (mut to_platform, mut of_platform) = platform.split();
        let (mut to_pos, mut of_pos) = pos.split();
        let mut methods: HashMap<String, String> = HashMap::new();
        loop {
            tokio::select! {
                frame = of_platform.next() => match frame {
                    Some(Ok(Message::Text(text))) => {
                        let message = json(text.as_bytes());
                        let part = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
                        methods.insert(part("id"), part("method"));
                        proxy.note(&part("method"), faults_sent_to_pos(&message));
                        let sent = to_pos.send(Frame::Text(text.to_string().into())).await;
                        if sent.is_err() {
                            return;
                        }
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    _ => return,
                },
                frame = of_pos.next() => match frame {
                    Some(Ok(Frame::Text(text))) => {
                        let message = json(text.as_bytes());
                        let id = message["id"].as_str().unwrap_or_default();
                        let method = methods.get(id).cloned().unwrap_or_default();
                        let faults = faults_answered_over_ws(&method, &message);
                        proxy.note(&method, faults);
                        let sent = to_platform.send(Message::Text(text.to_string().into())).await;
                        if sent.is_err() {
                            return;
                        }
                    }
                    Some(Ok(Frame::Ping(_) | Frame::Pong(_))) => {}
                    _ => return,
                },
            }
        }
    })
}
