//! A minimal HTTP/1.1 client: one keep-alive connection to a local server, one
//! request at a time. It uses little processor time, so that what is measured on
//! the same cores is the server.

use std::error::Error;
use std::io::Write as _;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The sandbox key of the published samples, which a fresh installation knows.
pub const KEY: &str = "sk_sandbox_c8oLGaI__msxsXbpBDpdtwJEz_eIhfQoKHmedqgZPCdBx59zpKZLSk8OPLT0cZolbeuYJSBvzDVVsYvtpo5RkQ";
/// The newest published version of the API.
pub const NEWEST: &str = "2026-02-27";
/// The version in which creating an intent returns a client session secret.
pub const WITH_SECRET: &str = "2022-04-07";

const READ_BYTES: usize = 16 * 1024;
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;
const MAX_HEADERS: usize = 32;

/// The result of a step of a measurement.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// A keep-alive connection.
pub struct Connection {
    /// The API key that requests are sent with.
    pub key: String,
    address: SocketAddr,
    stream: TcpStream,
    out: Vec<u8>,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects to a server on this machine.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        if !address.ip().is_loopback() {
            return Err(format!("{address} is not on this machine").into());
        }
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            key: KEY.to_owned(),
            address,
            stream,
            out: Vec::new(),
            buffer: Vec::with_capacity(READ_BYTES),
        })
    }

    /// Sends `GET` and gives the body of a successful answer.
    pub async fn get(&mut self, path: &str) -> Result<&[u8]> {
        self.send("GET", path, NEWEST, &[]).await
    }

    /// Sends `POST` with JSON and gives the body of a successful answer.
    pub async fn post(&mut self, path: &str, body: &str) -> Result<&[u8]> {
        self.send("POST", path, NEWEST, body.as_bytes()).await
    }

    /// Sends a request and gives the body of a successful answer.
    pub async fn send(
        &mut self,
        method: &str,
        path: &str,
        version: &str,
        body: &[u8],
    ) -> Result<&[u8]> {
        self.out.clear();
        let (address, key) = (self.address, &self.key);
        write!(
            self.out,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic {key}\r\nVersion: {version}\r\n",
        )?;
        if !body.is_empty() {
            let length = body.len();
            write!(
                self.out,
                "Content-Type: application/json\r\nContent-Length: {length}\r\n"
            )?;
        }
        self.out.extend_from_slice(b"\r\n");
        self.out.extend_from_slice(body);
        self.stream.write_all(&self.out).await?;
        self.buffer.clear();
        let (status, start, end) = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
            if let Some(complete) = parse(&self.buffer)? {
                break complete;
            }
            if self.buffer.len() > MAX_ANSWER_BYTES {
                return Err("an answer is too large".into());
            }
        };
        let body = &self.buffer[start..end];
        if (200..300).contains(&status) {
            return Ok(body);
        }
        let text = String::from_utf8_lossy(body);
        Err(format!("{method} {path}: status {status}: {text}").into())
    }
}

/// Status, and where the body starts and ends, once all of it has arrived.
fn parse(buffer: &[u8]) -> Result<Option<(u16, usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut answer = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(start) = answer.parse(buffer)? else {
        return Ok(None);
    };
    let status = answer.code.unwrap_or(0);
    let mut headers = answer.headers.iter();
    let length = match headers.find(|h| h.name.eq_ignore_ascii_case("content-length")) {
        Some(header) => std::str::from_utf8(header.value)?.parse::<usize>()?,
        None if status == 204 => 0,
        None => return Err("an answer has no content-length".into()),
    };
    let end = start + length;
    match buffer.len() {
        n if n < end => Ok(None),
        n if n == end => Ok(Some((status, start, end))),
        _ => Err("an answer is longer than its content-length".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_complete_when_its_body_has_arrived() {
        let text = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        for length in 0..text.len() {
            assert!(parse(&text[..length]).expect("fine").is_none());
        }
        assert_eq!(parse(text).expect("fine"), Some((200, 38, 40)));
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab").is_err());
        assert!(parse(b"SSH-2.0\r\n\r\n").is_err());
    }
}
