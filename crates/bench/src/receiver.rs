//! A merchant's endpoint for webhooks: it checks every delivery, and it can be
//! made to wait with its answers, so that a queue builds up.

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

use crate::fault::{Fault, Result, fault};

const MAX_REQUEST_BYTES: usize = 64 * 1024;
const MAX_HEADERS: usize = 32;

/// A running endpoint.
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    answering: watch::Sender<bool>,
    server: JoinHandle<()>,
}

struct Shared {
    secret: Mutex<String>,
    events: Mutex<HashSet<String>>,
    wrong: Mutex<Option<String>>,
    count: watch::Sender<usize>,
}

#[derive(Deserialize)]
struct Delivery<'a> {
    id: &'a str,
    event: &'a str,
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    payment_intent_id: &'a str,
    payment_status: &'a str,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Receiver {
    /// Opens it. It answers nobody until it is told to.
    ///
    /// # Errors
    /// If there is no port for it.
    pub async fn open() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (answering, wait) = watch::channel(false);
        let shared = Arc::new(Shared {
            secret: Mutex::default(),
            events: Mutex::default(),
            wrong: Mutex::default(),
            count: watch::Sender::new(0),
        });
        let visible = shared.clone();
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, wait) = (shared.clone(), wait.clone());
                tokio::spawn(async move {
                    if let Err(Fault(why)) = serve(stream, &shared, wait).await {
                        lock(&shared.wrong).get_or_insert(why);
                        shared.count.send_modify(|_| ());
                    }
                });
            }
        });
        Ok(Self {
            address,
            shared: visible,
            answering,
            server,
        })
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}/webhooks", self.address)
    }

    /// Says what deliveries must be signed with.
    pub fn expect(&self, secret: &str) {
        secret.clone_into(&mut lock(&self.shared.secret));
    }

    /// Begins to answer.
    pub fn answer(&self) {
        self.answering.send_replace(true);
    }

    /// Waits until so many different events have been answered.
    ///
    /// # Errors
    /// If a delivery was wrong.
    pub async fn answered(&self, events: usize) -> Result<()> {
        let mut count = self.shared.count.subscribe();
        loop {
            if let Some(why) = lock(&self.shared.wrong).clone() {
                return fault(format!("a webhook is wrong: {why}"));
            }
            if *count.borrow_and_update() >= events {
                return Ok(());
            }
            count.changed().await?;
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    shared: &Shared,
    mut answering: watch::Receiver<bool>,
) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    loop {
        let Some(used) = deliver(&buffer, shared)? else {
            if buffer.len() > MAX_REQUEST_BYTES {
                return fault("a delivery is too large");
            }
            // The sender may close a connection that it no longer needs.
            match stream.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => return Ok(()),
                Ok(_) => continue,
            }
        };
        buffer.drain(..used);
        answering.wait_for(|now| *now).await?;
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        if stream.write_all(answer).await.is_err() {
            return Ok(());
        }
        let events = lock(&shared.events).len();
        shared.count.send_replace(events);
    }
}

/// Checks the delivery in a buffer, once all of it is there; gives its length.
fn deliver(buffer: &[u8], shared: &Shared) -> Result<Option<usize>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(start) = request.parse(buffer)? else {
        return Ok(None);
    };
    let header = |name: &str| -> Result<&str> {
        let mut all = request.headers.iter();
        match all.find(|h| h.name.eq_ignore_ascii_case(name)) {
            Some(header) => Ok(std::str::from_utf8(header.value)?),
            None => fault(format!("the header {name} is missing")),
        }
    };
    let end = start + header("content-length")?.parse::<usize>()?;
    if buffer.len() < end {
        return Ok(None);
    }
    let body = &buffer[start..end];
    if header("content-type")? != "application/json" {
        return fault("the content type is not JSON");
    }
    let secret = lock(&shared.secret).clone();
    if header("dojo-signature")? != signature(body, &secret)? {
        return fault("the signature is not right");
    }
    let delivery: Delivery<'_> = serde_json::from_slice(body)?;
    let right = delivery.event == "payment_intent.created"
        && delivery.data.payment_intent_id.starts_with("pi_sandbox_")
        && delivery.data.payment_status == "Created";
    if !right {
        return fault(format!("unexpected: {}", String::from_utf8_lossy(body)));
    }
    lock(&shared.events).insert(delivery.id.to_owned());
    Ok(Some(end))
}

fn signature(body: &[u8], secret: &str) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(body);
    let pairs: Vec<String> = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    Ok(format!("sha256={}", pairs.join("-")))
}
