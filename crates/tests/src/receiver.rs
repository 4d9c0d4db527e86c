//! A shop's webhook endpoint.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, Uri};
use axum::response::IntoResponse;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::sync::watch;

use crate::PATIENCE;

/// One request that arrived.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The path it came to.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, byte for byte.
    pub body: Vec<u8>,
    /// What it was answered with.
    pub answered: u16,
}

impl Delivery {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("deliveries are JSON")
    }

    /// The event's name.
    pub fn event(&self) -> String {
        self.json()["event"].as_str().expect("a name").to_owned()
    }

    /// The status that it tells of.
    pub fn status(&self) -> String {
        self.json()["data"]["paymentStatus"]
            .as_str()
            .expect("a status")
            .to_owned()
    }

    /// The intent that it tells of.
    pub fn intent(&self) -> String {
        self.json()["data"]["paymentIntentId"]
            .as_str()
            .expect("an id")
            .to_owned()
    }

    /// The signature that it came with.
    pub fn signature(&self) -> &str {
        self.headers
            .get("dojo-signature")
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }
}

/// A web server on a free port that keeps every request and answers as told.
pub struct Receiver {
    address: String,
    state: Arc<Shop>,
    arrived: watch::Receiver<usize>,
    server: tokio::task::JoinHandle<()>,
}

struct Shop {
    got: Mutex<Vec<Delivery>>,
    answers: Mutex<Answers>,
    tell: watch::Sender<usize>,
}

#[derive(Clone)]
struct Answers {
    next: Vec<u16>,
    then: u16,
    headers: HeaderMap,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Receiver {
    /// Opens it; it answers 200 until told otherwise.
    pub async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let (tell, arrived) = watch::channel(0);
        let state = Arc::new(Shop {
            got: Mutex::default(),
            answers: Mutex::new(Answers {
                next: Vec::new(),
                then: 200,
                headers: location(&format!("http://{address}/elsewhere")),
            }),
            tell,
        });
        let router = Router::new()
            .fallback(receive)
            .with_state(Arc::clone(&state));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self {
            address,
            state,
            arrived,
            server,
        }
    }

    /// Its URL with that path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers the next requests with these statuses, then all with `then`.
    pub fn answers(&self, next: &[u16], then: u16) {
        let mut answers = lock(&self.state.answers);
        answers.next = next.iter().rev().copied().collect();
        answers.then = then;
    }

    /// Answers with these headers, too.
    pub fn answers_with(&self, headers: HeaderMap) {
        lock(&self.state.answers).headers.extend(headers);
    }

    /// What has arrived so far.
    pub fn got(&self) -> Vec<Delivery> {
        lock(&self.state.got).clone()
    }

    /// What has arrived, once it is at least so many.
    pub async fn wait_for(&self, count: usize) -> Vec<Delivery> {
        let mut arrived = self.arrived.clone();
        let enough = arrived.wait_for(|so_far| *so_far >= count);
        if tokio::time::timeout(PATIENCE, enough).await.is_err() {
            let got: Vec<String> = self
                .got()
                .iter()
                .map(|d| String::from_utf8_lossy(&d.body).into_owned())
                .collect();
            panic!("{} of {count} deliveries arrived: {got:#?}", got.len());
        }
        self.got()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn location(url: &str) -> HeaderMap {
    let url = url.parse().expect("a header's value");
    HeaderMap::from_iter([(LOCATION, url)])
}

async fn receive(
    State(shop): State<Arc<Shop>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let (answered, more) = {
        let mut answers = lock(&shop.answers);
        let status = answers.next.pop().unwrap_or(answers.then);
        (status, answers.headers.clone())
    };
    lock(&shop.got).push(Delivery {
        path: uri.path().to_owned(),
        headers,
        body: body.to_vec(),
        answered,
    });
    shop.tell.send_modify(|count| *count += 1);
    let status = axum::http::StatusCode::from_u16(answered).expect("a status");
    (status, more, "thanks")
}

/// The signature of a body under a secret, as receivers compute it.
pub fn signature(body: &[u8], secret: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(body);
    let pairs: Vec<String> = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    format!("sha256={}", pairs.join("-"))
}
