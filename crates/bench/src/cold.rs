//! From the start of a program to its first answered request.

use std::time::Duration;

use crate::client::{Connection, Request};
use crate::fault::Result;
use crate::results::Measure;
use crate::server::Server;

/// How long a program that was started is left alone before its memory is read.
const SETTLING: Duration = Duration::from_millis(500);

/// Measures a program that has just been started: the time to its first answer,
/// and the memory that it takes until it idles.
///
/// # Errors
/// If the answer is wrong.
pub async fn measure(server: &Server) -> Result<Measure> {
    let mut connection = Connection::open(server.address).await?;
    let request = Request {
        method: "POST",
        path: "/payment-intents/search",
        version: "2026-02-27",
        body: br#"{"cursor":{"limit":1}}"#,
    };
    connection.send(request).await?.ok()?;
    let took = server.started.elapsed();
    tokio::time::sleep(SETTLING).await;
    Ok(Measure {
        rate: f64::NAN,
        p50_ms: took.as_secs_f64() * 1000.0,
        p99_ms: f64::NAN,
        cpu_s: f64::NAN,
        peak_mb: server.peak_mb()?,
    })
}
