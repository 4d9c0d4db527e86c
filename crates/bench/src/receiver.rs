//! A merchant's endpoint for webhooks. It checks every delivery, and holds back its
//! answers until it is told to give them.

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
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// A running endpoint.
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

struct Shared {
    secret: Mutex<String>,
    events: Mutex<HashSet<String>>,
    wrong: Mutex<Option<String>>,
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
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            secret: Mutex::default(),
            events: Mutex::default(),
            wrong: Mutex::default(),
            answering: watch::Sender::new(false),
            answered: watch::Sender::new(0),
        });
        let serving = shared.clone();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = serving.clone();
                tokio::spawn(async move {
                    if let Err(error) = serve(stream, &shared).await {
                        lock(&shared.wrong).get_or_insert(error.to_string());
                        shared.answered.send_modify(|_| ());
                    }
                });
            }
        });
        Ok(Self {
            address,
            shared,
            server,
        })
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}/webhooks", self.address)
    }

    /// Sets the secret that deliveries must be signed with.
    pub fn expect(&self, secret: &str) {
        secret.clone_into(&mut lock(&self.shared.secret));
    }

    /// Answers from now on.
    pub fn answer(&self) {
        self.shared.answering.send_replace(true);
    }

    /// Waits until so many different events have been answered, or one was wrong.
    pub async fn received(&self, events: usize) -> Result<()> {
        let mut answered = self.shared.answered.subscribe();
        loop {
            if let Some(why) = lock(&self.shared.wrong).clone() {
                return Err(format!("a webhook is wrong: {why}").into());
            }
            if *answered.borrow_and_update() >= events {
                return Ok(());
            }
            answered.changed().await?;
        }
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
    loop {
        let Some(used) = accept(&buffer, shared)? else {
            if buffer.len() > MAX_REQUEST_BYTES {
                return Err("a delivery is too large".into());
            }
            // The sender may close a connection that it no longer needs.
            match stream.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => return Ok(()),
                Ok(_) => continue,
            }
        };
        buffer.drain(..used);
        answering.wait_for(|now| *now).await?;
        if stream.write_all(OK).await.is_err() {
            return Ok(());
        }
        let events = lock(&shared.events).len();
        shared.answered.send_replace(events);
    }
}

/// Checks the delivery in a buffer, once all of it has arrived; its length.
fn accept(buffer: &[u8], shared: &Shared) -> Result<Option<usize>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(start) = request.parse(buffer)? else {
        return Ok(None);
    };
    let header = |name: &str| -> Result<&str> {
        let mut all = request.headers.iter();
        let found = all.find(|h| h.name.eq_ignore_ascii_case(name));
        let found = found.ok_or_else(|| format!("the header {name} is missing"))?;
        Ok(std::str::from_utf8(found.value)?)
    };
    let end = start + header("content-length")?.parse::<usize>()?;
    let Some(body) = buffer.get(start..end) else {
        return Ok(None);
    };
    let secret = lock(&shared.secret).clone();
    if header("dojo-signature")? != signature(body, &secret)? {
        return Err("the signature is not right".into());
    }
    let delivery: Delivery<'_> = serde_json::from_slice(body)?;
    if delivery.event != "payment_intent.created" {
        return Err(format!("unexpected event {}", delivery.event).into());
    }
    lock(&shared.events).insert(delivery.id.to_owned());
    Ok(Some(end))
}

fn signature(body: &[u8], secret: &str) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(body);
    let digest = mac.finalize().into_bytes();
    let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    Ok(format!("sha256={}", pairs.join("-")))
}
