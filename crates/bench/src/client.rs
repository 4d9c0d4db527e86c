//! The smallest HTTP/1.1 client that will do: one kept-alive connection to a
//! local server, one request at a time. It costs little, so that what is
//! measured on the same cores is the server.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::fault::{Fault, Result, fault};
use crate::latency::Met;

const READ_BYTES: usize = 16 * 1024;
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;
const MAX_HEADERS: usize = 32;

/// The key of the development account, which the published samples use.
pub use tatami_engine::DOCUMENTED_KEY as KEY;

/// A request to a server under measurement.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The path.
    pub path: &'a str,
    /// The published version of the API that is spoken.
    pub version: &'a str,
    /// The JSON body, empty for none.
    pub body: &'a [u8],
}

/// A kept-alive connection.
pub struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    out: Vec<u8>,
    buffer: Vec<u8>,
    met: Option<Met>,
}

/// What a request got.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// The body, if the status is 200.
    ///
    /// # Errors
    /// With the status and the body, if it is another.
    pub fn ok(&self) -> Result<&[u8]> {
        if self.status == 200 {
            return Ok(self.body);
        }
        let said = String::from_utf8_lossy(self.body);
        fault(format!("status {} instead of 200: {said}", self.status))
    }
}

impl Connection {
    /// Connects. Only to this machine.
    ///
    /// # Errors
    /// If nobody listens, or the address is of another machine.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        if !address.ip().is_loopback() {
            return fault(format!("{address} is not on this machine"));
        }
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            address,
            stream,
            out: Vec::new(),
            buffer: Vec::with_capacity(READ_BYTES),
            met: None,
        })
    }

    /// Does something that may be refused, and takes note of each answer.
    ///
    /// # Errors
    /// If something else than a refusal ends it.
    pub async fn trying(
        &mut self,
        met: &mut Met,
        what: impl AsyncFnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let refused = met.refused.count();
        self.met = Some(std::mem::take(met));
        let done = what(self).await;
        *met = self.met.take().unwrap_or_default();
        match done {
            Err(Fault(_)) if met.refused.count() > refused => Ok(()),
            done => done,
        }
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// If the connection breaks, or the answer is no HTTP or of unknown length.
    pub async fn send(&mut self, request: Request<'_>) -> Result<Answer<'_>> {
        let asked = Instant::now();
        self.out.clear();
        write!(
            self.out,
            "{} {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Basic {KEY}\r\nVersion: {}\r\n",
            request.method, request.path, self.address, request.version
        )?;
        if !request.body.is_empty() {
            write!(
                self.out,
                "Content-Type: application/json\r\nContent-Length: {}\r\n",
                request.body.len()
            )?;
        }
        self.out.extend_from_slice(b"\r\n");
        self.out.extend_from_slice(request.body);
        self.stream.write_all(&self.out).await?;
        self.buffer.clear();
        let (status, start, end) = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return fault("the server closed the connection");
            }
            if let Some(whole) = whole_answer(&self.buffer)? {
                break whole;
            }
            if self.buffer.len() > MAX_ANSWER_BYTES {
                return fault("an answer is too large");
            }
        };
        if let Some(met) = &mut self.met {
            let of_status = match status {
                503 => &mut met.refused,
                _ => &mut met.accepted,
            };
            of_status.add(asked.elapsed());
        }
        Ok(Answer {
            status,
            body: &self.buffer[start..end],
        })
    }
}

/// Status, and where the body starts and ends, once all of it is there.
fn whole_answer(buffer: &[u8]) -> Result<Option<(u16, usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut answer = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(start) = answer.parse(buffer)? else {
        return Ok(None);
    };
    let status = answer.code.unwrap_or(0);
    let length = answer
        .headers
        .iter()
        .find(|h| h.name.eq_ignore_ascii_case("content-length"));
    let length: usize = match length {
        Some(header) => std::str::from_utf8(header.value)?.parse()?,
        None if status == 204 => 0,
        None => return fault("an answer does not tell its length"),
    };
    let end = start + length;
    match buffer.len().cmp(&end) {
        std::cmp::Ordering::Less => Ok(None),
        std::cmp::Ordering::Equal => Ok(Some((status, start, end))),
        std::cmp::Ordering::Greater => fault("an answer is longer than it says"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_body_is_there() {
        let text = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        for length in 0..text.len() {
            assert!(whole_answer(&text[..length]).expect("fine").is_none());
        }
        assert_eq!(whole_answer(text).expect("fine"), Some((200, 38, 40)));
        assert!(whole_answer(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(whole_answer(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab").is_err());
        assert!(whole_answer(b"SSH-2.0\r\n\r\n").is_err());
    }
}
