//! A program is killed in the middle of things, and another goes on with them.

use std::time::{Duration, Instant};

use serde_json::json;
use tatami_tests::{APPROVED, App, PATIENCE, Receiver, Till, booked, test_card};

use crate::{Nodes, id, payments_sent};

/// A claim lasts 20 seconds, and whoever looks for due work does so every second.
const LEASE: Duration = Duration::from_secs(25);

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_whose_program_was_killed_is_settled_by_another() {
    let mut nodes = Nodes::start();
    let other = nodes.another();
    let one = App::on(&nodes.first);
    let two = one.moved_to(&other);
    let intent = id(&one.create(json!({})).await);
    let secret = one.secret(&intent).await;
    let mut body = APPROVED.body();
    body["cardNumber"] = json!(test_card(&one, "slow").await);
    let payer = one.stranger();
    let path = format!("/connect-e/api/payments/{secret}");
    let paying = tokio::spawn(async move { payer.send(&path, body).attempt().await });
    // The acquirer has it; its answer takes five seconds.
    let deadline = Instant::now() + PATIENCE;
    while two.books().await.is_empty() {
        assert!(Instant::now() < deadline, "the payment never started");
    }
    nodes.first.kill9();
    assert!(paying.await.expect("an end").is_err(), "nobody was told");
    // Until it is known what became of it, nothing else may be tried.
    let refused = two.post(&format!(
        "/payment-intents/{intent}/refresh-client-session-secret"
    ));
    refused.await.problem(409);
    assert_eq!(two.status(&intent).await, "Created");
    two.advance("00:00:31").await;
    assert_eq!(two.status(&intent).await, "Captured");
    assert_eq!(booked(&two.books().await, "charge"), 1000);
}

/// Whoever takes over asks the acquirer what became of a call, be it a browser's or a
/// card machine's, and does not send it once more.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_a_program_that_was_killed_is_not_sent_again() {
    let mut nodes = Nodes::start();
    let other = nodes.another();
    let one = App::on(&nodes.first);
    let two = one.moved_to(&other);
    let till = Till { app: one.clone() };
    till.pace("immediate").await;
    let online = id(&one.create(json!({})).await);
    let at_machine = id(&one.create(json!({})).await);
    let secret = one.secret(&online).await;
    let mut body = APPROVED.body();
    body["cardNumber"] = json!(test_card(&one, "slow").await);
    let payer = one.stranger();
    let path = format!("/connect-e/api/payments/{secret}");
    let paying = tokio::spawn(async move { payer.send(&path, body).attempt().await });
    till.sell("MAN0", &at_machine).await;
    let tap = format!(
        "/sandbox/card-machines/{}/tap-device",
        till.tid("MAN0").await
    );
    let cashier = one.clone();
    let tapping = tokio::spawn(async move {
        let card = json!({ "card": "slow" });
        cashier.send(&tap, card).attempt().await
    });
    // The acquirer has both; its answers take five seconds.
    let deadline = Instant::now() + PATIENCE;
    while two.books().await.len() < 2 {
        assert!(Instant::now() < deadline, "the payments never started");
    }
    nodes.first.kill9();
    assert!(paying.await.expect("an end").is_err(), "nobody was told");
    assert!(tapping.await.expect("an end").is_err(), "nobody was told");
    // The claim on the machine's call runs out meanwhile.
    two.advance("00:00:31").await;
    for intent in [&online, &at_machine] {
        assert_eq!(two.status(intent).await, "Captured");
    }
    assert_eq!(payments_sent(&other).await, 0);
    assert_eq!(booked(&two.books().await, "charge"), 2000);
    assert_eq!(two.books().await.len(), 2);
}

/// A program that starts beside others has no business with what they have
/// under way.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_disturbs_no_payment_of_another() {
    let nodes = Nodes::start();
    let one = App::on(&nodes.first);
    let intent = id(&one.create(json!({})).await);
    let secret = one.secret(&intent).await;
    let mut body = APPROVED.body();
    body["cardNumber"] = json!(test_card(&one, "slow").await);
    let payer = one.stranger();
    let path = format!("/connect-e/api/payments/{secret}");
    let paying = tokio::spawn(async move { payer.send(&path, body).await });
    let deadline = Instant::now() + PATIENCE;
    while one.books().await.is_empty() {
        assert!(Instant::now() < deadline, "the payment never started");
    }
    let other = nodes.another();
    let answer = paying.await.expect("an answer").json();
    assert_eq!(answer["statusCode"], 0, "{answer}");
    assert_eq!(one.moved_to(&other).status(&intent).await, "Captured");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_whose_program_was_killed_is_made_by_another() {
    let mut nodes = Nodes::start();
    let one = App::on(&nodes.first);
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = silent.local_addr().expect("an address");
    let events = json!({
        "events": ["payment_intent.created"],
        "url": format!("http://{address}/"),
    });
    let subscription = one.send("/webhooks", events).await.expect(200);
    let intent = id(&one.create(json!({})).await);
    let held = tokio::time::timeout(PATIENCE, silent.accept()).await;
    let held = held.expect("it is called").expect("a connection");

    // The other comes up while the first is at it.
    let other = nodes.another();
    let two = one.moved_to(&other);
    nodes.first.kill9();
    let killed = Instant::now();
    drop((silent, held));
    let shop = Receiver::open().await;
    let path = format!("/webhooks/{}", id(&subscription));
    let moved = two.request(reqwest::Method::PATCH, &path);
    moved
        .json(json!({ "url": shop.url("/") }))
        .await
        .expect(200);
    let deadline = killed + LEASE;
    while shop.got().is_empty() {
        assert!(Instant::now() < deadline, "nobody took it over");
        // Its own time goes by meanwhile.
        two.status(&intent).await;
    }
    let got = shop.got();
    assert_eq!(got.len(), 1);
    assert_eq!(got[0].intent(), intent);
}
