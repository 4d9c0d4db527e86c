//! How fast webhooks are delivered: intents are created while the receiver
//! keeps its first callers waiting, so that a queue of deliveries builds up.
//! Then it answers, and the time runs until the last attempt is on record.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::client::{Connection, Request};
use crate::fault::{Result, fault};
use crate::load::{Bounds, closed};
use crate::operation::Operation;
use crate::plan::Plan;
use crate::receiver::Receiver;
use crate::results::Measure;
use crate::server::Server;
use crate::shop::Shop;

/// The program gives up on a receiver after ten seconds: the queue is built up
/// well before.
const BUILD_UP: Duration = Duration::from_secs(5);
const PATIENCE: Duration = Duration::from_secs(120);
const VERSION: &str = "2026-02-27";

#[derive(Deserialize)]
struct Subscription<'a> {
    id: &'a str,
    #[serde(borrow)]
    secrets: Vec<Secret<'a>>,
}

#[derive(Deserialize)]
struct Secret<'a> {
    value: &'a str,
}

#[derive(Deserialize)]
struct Report<'a> {
    state: &'a str,
    attempts: Vec<Attempt>,
}

#[derive(Deserialize)]
struct Attempt {
    status: Option<u16>,
}

/// Measures deliveries of a program.
///
/// # Errors
/// If a delivery is wrong or missing, or its attempt is not on record.
pub async fn measure(plan: &Plan, server: &Server, shop: &Arc<Shop>) -> Result<Measure> {
    let mut connection = Connection::open(shop.address).await?;
    let receiver = Receiver::open().await?;
    let subscription = subscribe(&mut connection, &receiver).await?;
    let bounds = Bounds {
        time: BUILD_UP,
        requests: plan.webhooks,
        ..plan.bounds
    };
    let created = closed(shop, Operation::Create, bounds).await?;
    let events = created.latencies.count();

    let (cpu, started) = (server.cpu_seconds()?, Instant::now());
    receiver.answer();
    let all = async {
        receiver.answered(events).await?;
        while !recorded(&mut connection).await? {}
        Result::<()>::Ok(())
    };
    let Ok(done) = tokio::time::timeout(PATIENCE, all).await else {
        return fault("webhooks are missing");
    };
    done?;
    let took = started.elapsed();
    let cpu = server.cpu_seconds()? - cpu;
    unsubscribe(&mut connection, &subscription).await?;
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
    let events = events as f64;
    Ok(Measure {
        rate: events / took.as_secs_f64(),
        p50_ms: f64::NAN,
        p99_ms: f64::NAN,
        cpu_s: cpu / events * 1000.0,
        peak_mb: server.peak_mb()?,
    })
}

async fn subscribe(over: &mut Connection, receiver: &Receiver) -> Result<String> {
    let body = format!(
        r#"{{"events":["payment_intent.created"],"url":"{}"}}"#,
        receiver.url()
    );
    let answer = over.send(request("POST", "/webhooks", body.as_bytes()));
    let answer = answer.await?;
    let subscription: Subscription<'_> = serde_json::from_slice(answer.ok()?)?;
    match &subscription.secrets[..] {
        [secret] => receiver.expect(secret.value),
        _ => return fault("a new subscription has not one secret"),
    }
    Ok(subscription.id.to_owned())
}

async fn unsubscribe(over: &mut Connection, id: &str) -> Result<()> {
    let path = format!("/webhooks/{id}");
    let answer = over.send(request("DELETE", &path, &[])).await?;
    match answer.status {
        200 | 204 => Ok(()),
        status => fault(format!("status {status} to the end of a subscription")),
    }
}

/// Whether the latest deliveries are over, each with its one attempt.
async fn recorded(over: &mut Connection) -> Result<bool> {
    let path = "/sandbox/webhook-deliveries";
    let answer = over.send(request("GET", path, &[])).await?;
    let reports: Vec<Report<'_>> = serde_json::from_slice(answer.ok()?)?;
    if reports.is_empty() {
        return fault("no delivery is on record");
    }
    if reports.iter().any(|r| r.state == "pending") {
        return Ok(false);
    }
    let once = |r: &Report<'_>| {
        r.state == "delivered" && matches!(r.attempts[..], [Attempt { status: Some(200) }])
    };
    if reports.iter().all(once) {
        return Ok(true);
    }
    fault("a delivery was not made at the first attempt")
}

const fn request<'a>(method: &'a str, path: &'a str, body: &'a [u8]) -> Request<'a> {
    Request {
        method,
        path,
        version: VERSION,
        body,
    }
}
