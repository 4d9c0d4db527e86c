//! How fast webhooks are delivered: intents are created while the receiver holds
//! back its answers, so that deliveries queue up. Then it answers, and the time runs
//! until the last attempt is on record.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::client::{Connection, Result};
use crate::load::{Bounds, run};
use crate::operation::{Operation, Shop};
use crate::receiver::Receiver;

const EVENTS: usize = 20_000;
/// The program gives up on a receiver after ten seconds: the queue is there before.
const BUILD_UP: Duration = Duration::from_secs(5);
const AT_MOST: Duration = Duration::from_secs(120);

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
struct Delivery<'a> {
    state: &'a str,
    attempts: Vec<Attempt>,
}

#[derive(Deserialize)]
struct Attempt {
    status: Option<u16>,
}

/// Deliveries a second, each signed and with its attempt on record.
pub async fn rate(shop: &Arc<Shop>, connections: usize) -> Result<f64> {
    let mut over = Connection::open(shop.address).await?;
    let receiver = Receiver::open().await?;
    let url = receiver.url();
    let body = format!(r#"{{"events":["payment_intent.created"],"url":"{url}"}}"#);
    let subscription: Subscription<'_> =
        serde_json::from_slice(over.post("/webhooks", &body).await?)?;
    let [secret] = &subscription.secrets[..] else {
        return Err("a new subscription has not one secret".into());
    };
    receiver.expect(secret.value);
    let path = format!("/webhooks/{}", subscription.id);
    let bounds = Bounds {
        connections,
        time: BUILD_UP,
        requests: EVENTS,
        rate: None,
    };
    let created = run(shop, Operation::Create, bounds)
        .await?
        .latencies
        .0
        .len();
    let started = Instant::now();
    receiver.answer();
    let all = async {
        receiver.received(created).await?;
        while !recorded(&mut over).await? {}
        Result::Ok(())
    };
    match tokio::time::timeout(AT_MOST, all).await {
        Ok(done) => done?,
        Err(_) => return Err("webhooks are missing".into()),
    }
    let took = started.elapsed().as_secs_f64();
    over.send("DELETE", &path, crate::client::NEWEST, &[])
        .await?;
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
    Ok(created as f64 / took)
}

/// Whether the latest deliveries are over, each with its one attempt.
async fn recorded(over: &mut Connection) -> Result<bool> {
    let deliveries = over.get("/sandbox/webhook-deliveries").await?;
    let deliveries: Vec<Delivery<'_>> = serde_json::from_slice(deliveries)?;
    if deliveries.is_empty() {
        return Err("no delivery is on record".into());
    }
    if deliveries.iter().any(|d| d.state == "pending") {
        return Ok(false);
    }
    let once = |d: &Delivery<'_>| {
        d.state == "delivered" && matches!(d.attempts[..], [Attempt { status: Some(200) }])
    };
    if deliveries.iter().all(once) {
        return Ok(true);
    }
    Err("a delivery was not made at the first attempt".into())
}
