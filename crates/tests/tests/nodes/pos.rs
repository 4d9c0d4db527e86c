//! A POS is connected to one program, and all of them reach it.

use std::collections::BTreeSet;
use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{App, PATIENCE, PosSocket};

use crate::{Nodes, id};

const HOUSE: &str = "my-place";
const CREATED: &str = "HandleEvent:payment_intent.created";

async fn register(app: &App) {
    register_for(app, CREATED).await;
}

async fn register_for(app: &App, name: &str) {
    let capability = json!({ "name": name, "version": "v1" });
    let request = app.request(Method::PUT, "/epos/integrations/ws");
    let request = request.header("software-house-id", HOUSE);
    let request = request.json(json!({ "capabilities": [capability] }));
    request.await.expect(200);
}

/// Answers requests until all of those payment intents were among them. An event comes at
/// least once: what was under way before may be sent again.
async fn hears(pos: &mut PosSocket, intents: &BTreeSet<String>) {
    let mut missing = intents.clone();
    while !missing.is_empty() {
        let asked = pos.asked().await;
        let intent = asked.params["data"]["paymentIntentId"].as_str();
        missing.remove(intent.expect("an id"));
        pos.answer(&asked, json!({})).await;
    }
}

async fn created(apps: &[&App]) -> BTreeSet<String> {
    let mut intents = BTreeSet::new();
    for app in apps.iter().cycle().take(12) {
        intents.insert(id(&app.create(json!({})).await));
    }
    intents
}

/// How often each delivery was tried, but those about one payment intent.
fn attempts(deliveries: &Value, without: &str) -> Vec<usize> {
    let deliveries = deliveries.as_array().expect("a list").iter();
    let deliveries = deliveries.filter(|d| !d["payload"].to_string().contains(without));
    let of = |d: &Value| d["attempts"].as_array().map_or(0, Vec::len);
    deliveries.map(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_reaches_a_pos_that_is_connected_to_another_program() {
    let nodes = Nodes::start();
    let other = nodes.another();
    let one = App::on(&nodes.first);
    let two = one.moved_to(&other);
    register(&one).await;
    let mut pos = PosSocket::open(&two, HOUSE).await;
    // Until the other program knows of the connection, an event is tried again.
    let first = id(&one.create(json!({})).await);
    hears(&mut pos, &BTreeSet::from([first.clone()])).await;
    // Whichever program takes an event on, the POS gets it.
    let intents = created(&[&one, &two]).await;
    hears(&mut pos, &intents).await;

    // It connects to the other program: the connection before is closed.
    let mut new = PosSocket::open(&one, HOUSE).await;
    let closed = pos.next().await.expect_err("closed").expect("a reason");
    assert_eq!(u16::from(closed.code), 4000);
    let intents = created(&[&one, &two]).await;
    hears(&mut new, &intents).await;
    let deliveries = one.get("/sandbox/webhook-deliveries").await.expect(200);
    let several = attempts(&deliveries, &first).into_iter().filter(|n| *n > 1);
    let several = several.count();
    assert_eq!(several, 0, "each at once: {deliveries}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_killed_takes_no_pos_along() {
    let nodes = Nodes::start();
    let mut other = nodes.another();
    let one = App::on(&nodes.first);
    let two = one.moved_to(&other);
    register(&one).await;
    let _lost = PosSocket::open(&two, HOUSE).await;
    other.kill9();
    let mut pos = PosSocket::open(&one, HOUSE).await;
    let intents = created(&[&one]).await;
    hears(&mut pos, &intents).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_at_a_program_that_is_killed_is_sent_again() {
    let nodes = Nodes::start();
    let mut other = nodes.another();
    let one = App::on(&nodes.first);
    let two = one.moved_to(&other);
    register_for(&one, "GetOrderById").await;
    let mut pos = PosSocket::open(&two, HOUSE).await;
    let flow = json!({ "flow": "Get Order", "params": { "orderId": "1" } });
    let flow = one.send("/epos-tester-tool/flows", flow).await.expect(200);
    let asked = pos.asked().await;
    other.kill9();
    let mut pos = PosSocket::open(&one, HOUSE).await;
    let again = pos.asked().await;
    assert_eq!(again.id, asked.id);
    let order = json!({ "id": "1", "status": "New", "details": { "orderType": "DineIn" } });
    pos.answer(&again, order).await;
    let started = Instant::now();
    let path = format!("/epos-tester-tool/flows/{}", flow.as_str().expect("an id"));
    loop {
        let flow = one.get(&path).await.expect(200);
        if flow["status"] == "SUCCESS" {
            break;
        }
        assert_eq!(flow["status"], "IN_PROGRESS", "{flow:#}");
        assert!(started.elapsed() < PATIENCE, "{flow:#}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_returns_to_another_program_waits_until_the_other_is_over() {
    let nodes = Nodes::start();
    let other = nodes.another();
    let one = App::on(&nodes.first);
    let two = one.moved_to(&other);
    register(&one).await;
    let mut first = PosSocket::open(&one, HOUSE).await;
    let intents = created(&[&one]).await;
    hears(&mut first, &intents).await;
    let mut second = PosSocket::open(&two, HOUSE).await;
    let closed = first.next().await.expect_err("closed").expect("a reason");
    assert_eq!(u16::from(closed.code), 4000);
    // It returns at once, and neither closes the other nor receives anything.
    let mut first = PosSocket::open(&one, HOUSE).await;
    hears(&mut second, &created(&[&one, &two]).await).await;
    drop(second);
    hears(&mut first, &created(&[&one, &two]).await).await;
}
