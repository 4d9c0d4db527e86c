//! How fast webhooks are delivered: intents are created while the receiver holds
//! back its answers, so that deliveries queue up. Then it answers, and the time runs
//! until the last attempt is on record.

use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::client::{Connection, NEWEST, Result};
use crate::load::run;
use crate::operation::Operation;
use crate::receiver::Receiver;
use crate::subject::Subject;

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
pub async fn rate(subject: &Subject<'_>) -> Result<f64> {
    let mut over = Connection::open(subject.shop.address).await?;
    let receiver = Receiver::open().await?;
    let url = &receiver.url;
    let body = format!(r#"{{"events":["payment_intent.created"],"url":"{url}"}}"#);
    let subscription: Subscription<'_> =
        serde_json::from_slice(over.post("/webhooks", &body).await?)?;
    let [secret] = &subscription.secrets[..] else {
        return Err("a new subscription has not one secret".into());
    };
    receiver.expect(secret.value);
    let path = format!("/webhooks/{}", subscription.id);
    let mut bounds = subject.target.plan.bounds(BUILD_UP);
    bounds.requests = EVENTS;
    let created = run(&subject.shop, Operation::Create, bounds).await?.count();
    let started = Instant::now();
    let all = async {
        receiver.accept(created).await?;
        while !recorded(&mut over).await? {}
        Result::Ok(started.elapsed().as_secs_f64())
    };
    let Ok(took) = tokio::time::timeout(AT_MOST, all).await else {
        return Err("webhooks are missing, or refused for their signature".into());
    };
    over.send("DELETE", &path, NEWEST, &[]).await?;
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
    Ok(created as f64 / took?)
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
