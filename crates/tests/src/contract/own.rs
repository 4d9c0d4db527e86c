//! The program's own descriptions, which a program of its own is asked for: those
//! under test may be about to be killed.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use super::VERSIONS;
use crate::{Kind, Tatami};

/// Those of all versions.
pub fn documents() -> Vec<Value> {
    let server = Tatami::start_on_kind(Kind::Sqlite, &[]);
    let address = server.base().trim_start_matches("http://");
    VERSIONS
        .iter()
        .map(|version| document(address, version))
        .collect()
}

fn document(address: &str, version: &str) -> Value {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let request = format!(
        "GET /openapi.json HTTP/1.1\r\nHost: {address}\r\nVersion: {version}\r\n\
         Connection: close\r\n\r\n"
    );
    stream
        .write_all(request.as_bytes())
        .expect("a request is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a head");
    let document: Value = serde_json::from_str(body).expect("a description in JSON");
    assert_eq!(document["info"]["version"], version);
    document
}
