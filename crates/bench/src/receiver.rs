//! A merchant's endpoint for webhooks. It refuses a delivery that is not signed as it
//! should be, and holds back its answers until it is released.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::client::Result;

const MAX_REQUEST_BYTES: usize = 64 * 1024;
const MAX_HEADERS: usize = 32;
const ACCEPTED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const REFUSED: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

/// A running endpoint.
pub struct Receiver {
    pub url: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    /// The secret that deliveries must be signed with.
    secret: Mutex<String>,
    events: Mutex<HashSet<String>>,
    answering: watch::Sender<bool>,
    answered: watch::Sender<usize>,
}

#[derive(Deserialize)]
struct Delivery<'a> {
    id: &'a str,
    event: &'a str,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Receiver {
    /// Opens it on a free port of this machine.
    pub async fn open() -> Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let url = format!("http://{}/webhooks", listener.local_addr()?);
        let shared = Arc::new(Shared {
            secret: Mutex::default(),
            events: Mutex::default(),
            answering: watch::Sender::new(false),
            answered: watch::Sender::new(0),
        });
        let serving = shared.clone();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A sender that breaks off finds out by itself.
                let shared = serving.clone();
                tokio::spawn(async move { serve(stream, &shared).await });
            }
        });
        Ok(Self {
            url,
            shared,
            server,
        })
    }

    /// Sets the secret that deliveries must be signed with.
    pub fn expect(&self, secret: &str) {
        secret.clone_into(&mut lock(&self.shared.secret));
    }

    /// Gives its answers, those that it held back too, until so many different
    /// events were accepted.
    pub async fn accept(&self, events: usize) -> Result<()> {
        self.shared.answering.send_replace(true);
        let mut answered = self.shared.answered.subscribe();
        answered.wait_for(|count| *count >= events).await?;
        Ok(())
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(mut stream: TcpStream, shared: &Shared) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut answering = shared.answering.subscribe();
    let mut buffer = Vec::new();
    while buffer.len() < MAX_REQUEST_BYTES {
        let Some((used, right)) = check(&buffer, shared)? else {
            if stream.read_buf(&mut buffer).await? == 0 {
                break;
            }
            continue;
        };
        buffer.drain(..used);
        answering.wait_for(|now| *now).await?;
        let answer = if right { ACCEPTED } else { REFUSED };
        stream.write_all(answer).await?;
        let events = lock(&shared.events).len();
        shared.answered.send_replace(events);
    }
    Ok(())
}

/// The length of the delivery in a buffer, once all of it has arrived, and whether
/// it is right.
fn check(buffer: &[u8], shared: &Shared) -> Result<Option<(usize, bool)>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(start) = request.parse(buffer)? else {
        return Ok(None);
    };
    let header = |name: &str| {
        let mut all = request.headers.iter();
        let found = all.find(|h| h.name.eq_ignore_ascii_case(name));
        found.map_or(Ok(""), |header| std::str::from_utf8(header.value))
    };
    let end = start + header("content-length")?.parse::<usize>()?;
    let Some(body) = buffer.get(start..end) else {
        return Ok(None);
    };
    let signed = signature(body, lock(&shared.secret).as_bytes())?;
    let delivery: Delivery<'_> = serde_json::from_slice(body)?;
    let right = header("dojo-signature")? == signed && delivery.event == "payment_intent.created";
    if right {
        lock(&shared.events).insert(delivery.id.to_owned());
    }
    Ok(Some((end, right)))
}

fn signature(body: &[u8], secret: &[u8]) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret)?;
    mac.update(body);
    let digest = mac.finalize().into_bytes();
    let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    Ok(format!("sha256={}", pairs.join("-")))
}
