//! The bare servers that the program is measured against.
//!
//! `tatami-bare memory` parses a request and answers from memory.
//! `tatami-bare sqlite FILE` and `tatami-bare postgres URL` write the rows of a
//! new payment intent durably — the intent, its event, its timer — and answer
//! what is asked from them. None of them knows keys, versions, rules or logs.

#![allow(clippy::expect_used, clippy::float_arithmetic, reason = "figures")]

mod intent;
mod memory;
mod postgres;
mod sqlite;

use std::process::ExitCode;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tatami_bench::fault::{Fault, Result, fault};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Fault(why)) => {
            eprintln!("tatami-bare: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let router = match arguments[..] {
        ["memory"] => memory::router(),
        ["sqlite", path] => sqlite::router(path)?,
        ["postgres", url] => postgres::router(url).await?,
        _ => return fault("usage: tatami-bare memory | sqlite FILE | postgres URL"),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

/// Storage failed; the measurement ends with it.
pub struct Broken(String);

impl<E: std::fmt::Display> From<E> for Broken {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl IntoResponse for Broken {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.0).into_response()
    }
}

/// What every intent's answer has beside what is stored of it, about as much as the
/// program's answers have: they are read on the same cores.
const REST: &str = concat!(
    r#","cardHolderNotPresent":false,"itemLines":[],"taxLines":[],"paymentSource":"api","#,
    r#""merchantConfig":{"supportedPaymentMethods":{"cardSchemes":["VISA","MASTERCARD","#,
    r#""MAESTRO","DISCOVER","DCI","AMEX"],"wallets":[]}},"config":{"branding":{},"#,
    r#""tradingName":"Development"},"paymentEvents":[],"terminalSessionHistory":[],"#,
    r#""captures":[]}"#,
);

/// An intent as it is answered.
fn shown(mut stored: String) -> String {
    stored.pop();
    stored + REST
}

/// JSON that is there already.
fn json(body: impl Into<axum::body::Body>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body.into()).into_response()
}

/// The answer that is an intent.
fn one(stored: String) -> Response {
    json(shown(stored))
}

/// A page of intents.
fn page(stored: Vec<String>) -> Response {
    let shown: Vec<String> = stored.into_iter().map(shown).collect();
    json(format!(r#"{{"data":[{}]}}"#, shown.join(",")))
}
