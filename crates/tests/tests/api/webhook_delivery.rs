//! Deliveries: what arrives, in which order, how often, and after what.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{APPROVED, App, Delivery, PATIENCE, Receiver, Tatami, pay_intent, signature};

use crate::{captured, id, text};

const CREATED: &str = "payment_intent.created";
const UPDATED: &str = "payment_intent.status_updated";
const RECEIPT: &str = "payment_intent.send-receipt";

async fn subscribe(app: &App, events: &[&str], url: String) -> Value {
    app.send("/webhooks", json!({ "events": events, "url": url }))
        .await
        .expect(200)
}

fn secret(subscription: &Value) -> String {
    text(&subscription["secrets"][0], "value")
}

async fn deliveries(app: &App) -> Vec<Value> {
    let listed = app.get("/sandbox/webhook-deliveries").await.expect(200);
    listed.as_array().cloned().expect("a list")
}

#[test]
fn the_documented_signature_is_reproduced() {
    let body = br#"{"id":"evt_hnnHxIKR_Uy6bhZCusCltw","event":"payment_intent.created","accountId":"acc_test","createdAt":"2022-02-01T13:07:41.8667859Z","data":{"paymentIntentId":"pi_vpwd4ooAPEqyNAQe4z89WQ","paymentStatus":"Created","captureMode":"Auto"}}"#;
    let expected = "sha256=4B-49-F8-FE-25-A7-E6-7D-00-4F-A7-9C-F8-0B-63-00-C7-77-B4-F2-2D-E5-E1-22-84-FA-04-18-50-A1-76-FD";
    assert_eq!(signature(body, "PDYkJQq6sESYHp_zJuTTBQ"), expected);
}

#[tokio::test]
async fn a_delivery_is_compact_ordered_json_signed_over_its_bytes() {
    let app = App::new();
    let shop = Receiver::open().await;
    let subscription = subscribe(&app, &[CREATED], shop.url("/hook?shop=1")).await;
    let intent = app.create(crate::manual()).await;
    let arrived = &shop.wait_for(1).await[0];

    assert_eq!(arrived.path, "/hook");
    assert_eq!(arrived.headers["content-type"], "application/json");
    assert_eq!(
        arrived.signature(),
        signature(&arrived.body, &secret(&subscription))
    );
    let told = arrived.json();
    let (event, at) = (text(&told, "id"), text(&told, "createdAt"));
    assert!(event.starts_with("evt_"), "{event}");
    let (_, fraction) = at.split_once('.').expect("a fraction");
    assert!(fraction.len() == 8 && fraction.ends_with('Z'), "{at}");
    let expected = format!(
        r#"{{"id":"{event}","event":"{CREATED}","accountId":"{}","createdAt":"{at}","data":{{"paymentIntentId":"{}","paymentStatus":"Created","captureMode":"Manual"}}}}"#,
        app.account,
        id(&intent)
    );
    assert_eq!(String::from_utf8_lossy(&arrived.body), expected);
}

#[tokio::test]
async fn an_intent_s_story_arrives_in_order() {
    let app = App::new();
    let shop = Receiver::open().await;
    subscribe(&app, &[CREATED, UPDATED, RECEIPT], shop.url("/")).await;
    let customer = json!({ "customer": { "emailAddress": "ada@example.com" } });
    let intent = id(&app.create(customer).await);
    pay_intent(&app, &intent, APPROVED).await;
    app.send(
        &format!("/payment-intents/{intent}/refunds"),
        json!({ "amount": 1000 }),
    )
    .key("all")
    .await
    .expect(200);
    let story: Vec<(String, String)> = shop
        .wait_for(4)
        .await
        .iter()
        .map(|arrived| (arrived.event(), arrived.status()))
        .collect();
    let expected = [
        (CREATED, "Created"),
        (UPDATED, "Captured"),
        (RECEIPT, "Captured"),
        (UPDATED, "Refunded"),
    ];
    assert_eq!(
        story,
        expected.map(|(event, status)| (event.to_owned(), status.to_owned()))
    );
}

#[tokio::test]
async fn every_change_of_status_is_told_and_nothing_else() {
    let app = App::new();
    let shop = Receiver::open().await;
    subscribe(&app, &[UPDATED], shop.url("/")).await;
    let canceled = id(&app.create(json!({})).await);
    app.delete(&format!("/payment-intents/{canceled}"))
        .await
        .expect(200);
    let held = crate::authorized(&app).await;
    let captures = format!("/payment-intents/{held}/captures");
    app.send(&captures, json!({ "amount": 400 }))
        .await
        .expect(200);
    app.send(&captures, json!({ "amount": 600 }))
        .await
        .expect(200);
    let reversed = captured(&app).await;
    app.post(&format!("/payment-intents/{reversed}/reversal"))
        .await
        .expect(200);
    let expired = id(&app.create(json!({})).await);
    app.advance("30.00:00:01").await;

    shop.wait_for(6).await;
    app.advance("00:00:01").await;
    let told = |intent: &str| -> Vec<String> {
        let mine = |arrived: &&Delivery| arrived.intent() == intent;
        shop.got()
            .iter()
            .filter(mine)
            .map(Delivery::status)
            .collect()
    };
    assert_eq!(told(&canceled), ["Canceled"]);
    assert_eq!(told(&held), ["Authorized", "Captured"]);
    assert_eq!(told(&reversed), ["Captured", "Reversed"]);
    assert_eq!(told(&expired), ["Canceled"]);
}

#[tokio::test]
async fn a_later_event_waits_for_the_earlier_ones_of_its_intent() {
    let app = App::new();
    let shop = Receiver::open().await;
    shop.answers(&[500, 503], 200);
    subscribe(&app, &[CREATED, UPDATED], shop.url("/")).await;
    let intent = id(&app.create(json!({})).await);
    shop.wait_for(1).await;
    app.delete(&format!("/payment-intents/{intent}"))
        .await
        .expect(200);
    app.advance("01:00:00").await;
    let story: Vec<(u16, String)> = shop
        .wait_for(4)
        .await
        .iter()
        .map(|arrived| (arrived.answered, arrived.status()))
        .collect();
    let expected = [
        (500, "Created"),
        (503, "Created"),
        (200, "Created"),
        (200, "Canceled"),
    ];
    assert_eq!(
        story,
        expected.map(|(answered, status)| (answered, status.to_owned()))
    );
    let bodies: Vec<Vec<u8>> = shop.got().into_iter().map(|arrived| arrived.body).collect();
    assert!(
        bodies[0] == bodies[1] && bodies[1] == bodies[2],
        "a retry repeats the bytes"
    );
}

#[tokio::test]
async fn a_receiver_that_never_takes_it_is_tried_eight_times_over_about_a_day() {
    let app = App::new();
    let shop = Receiver::open().await;
    shop.answers(&[], 500);
    subscribe(&app, &[CREATED], shop.url("/")).await;
    app.create(json!({})).await;
    shop.wait_for(1).await;
    app.advance("3.00:00:00").await;
    assert_eq!(shop.got().len(), 8);
    let report = &deliveries(&app).await[0];
    let attempts = report["attempts"].as_array().expect("a list");
    assert_eq!(attempts.len(), 8, "{report}");
    assert_eq!(attempts[0]["status"], 500);
    assert!(report.to_string().contains("thanks"), "{report}");
    let moment =
        |attempt: &Value| -> jiff::Timestamp { text(attempt, "at").parse().expect("a moment") };
    let span = moment(&attempts[7]).duration_since(moment(&attempts[0]));
    assert!((12..=36).contains(&span.as_hours()), "{span:?}");
    app.advance("3.00:00:00").await;
    assert_eq!(shop.got().len(), 8);
}

#[tokio::test]
async fn redirects_are_failures_and_any_2xx_is_success() {
    let app = App::new();
    let shop = Receiver::open().await;
    shop.answers(&[302, 308, 404, 202], 200);
    subscribe(&app, &[CREATED], shop.url("/hook")).await;
    app.create(json!({})).await;
    shop.wait_for(1).await;
    app.advance("3.00:00:00").await;
    let got = shop.got();
    assert_eq!(got.len(), 4);
    assert!(got.iter().all(|arrived| arrived.path == "/hook"), "{got:?}");
}

#[tokio::test]
async fn the_active_secret_signs() {
    let app = App::new();
    let shop = Receiver::open().await;
    let subscription = subscribe(&app, &[CREATED], shop.url("/")).await;
    let path = format!("/webhooks/{}/secrets", text(&subscription, "id"));
    let both = app.post(&path).await.expect(200);
    let (old, new) = (&both["secrets"][0], &both["secrets"][1]);
    app.create(json!({})).await;
    let first = shop.wait_for(1).await.remove(0);
    assert_eq!(
        first.signature(),
        signature(&first.body, &text(old, "value"))
    );

    app.request(Method::PUT, &format!("{path}/{}/activate", text(new, "id")))
        .await
        .expect(204);
    app.create(json!({})).await;
    let second = shop.wait_for(2).await.remove(1);
    assert_eq!(
        second.signature(),
        signature(&second.body, &text(new, "value"))
    );
}

#[tokio::test]
async fn a_slow_receiver_holds_up_nobody_else() {
    let app = App::new();
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = silent.local_addr().expect("an address");
    let shop = Receiver::open().await;
    subscribe(&app, &[CREATED], format!("http://{address}/")).await;
    subscribe(&app, &[UPDATED], shop.url("/")).await;
    let started = Instant::now();
    let mut intents = Vec::new();
    for _ in 0..20 {
        intents.push(id(&app.create(json!({})).await));
    }
    let (_held, _) = tokio::time::timeout(PATIENCE, silent.accept())
        .await
        .expect("the slow one is called")
        .expect("a connection");
    for intent in intents {
        app.delete(&format!("/payment-intents/{intent}"))
            .await
            .expect(200);
    }
    shop.wait_for(20).await;
    assert!(
        started.elapsed() < Duration::from_secs(9),
        "{:?}",
        started.elapsed()
    );
}

/// The shop must be able to answer while this waits for the program's end.
#[tokio::test(flavor = "multi_thread")]
async fn deliveries_survive_a_restart_and_a_crash() {
    for stop in [Tatami::restart, Tatami::crash] {
        let mut server = Tatami::start();
        let app = App::on(&server);
        let shop = Receiver::open().await;
        shop.answers(&[], 503);
        subscribe(&app, &[CREATED], shop.url("/")).await;
        let intent = app.create(json!({})).await;
        shop.wait_for(1).await;
        stop(&mut server);
        let app = app.moved_to(&server);
        shop.answers(&[], 200);
        app.advance("1.00:00:00").await;
        let got = shop.got();
        let last = got.last().expect("a delivery");
        assert_eq!(last.answered, 200);
        assert_eq!(last.intent(), id(&intent));
        assert_eq!(last.body, got[0].body);
        // A crash may lose the note of a try, never the delivery.
        assert_eq!(deliveries(&app).await[0]["state"], "delivered");
    }
}

#[tokio::test]
async fn a_subscription_that_is_gone_is_told_nothing() {
    let app = App::new();
    let shop = Receiver::open().await;
    shop.answers(&[], 500);
    let subscription = subscribe(&app, &[CREATED], shop.url("/")).await;
    app.create(json!({})).await;
    shop.wait_for(1).await;
    app.delete(&format!("/webhooks/{}", text(&subscription, "id")))
        .await
        .expect(204);
    app.create(json!({})).await;
    app.advance("3.00:00:00").await;
    assert_eq!(shop.got().len(), 1);
}

#[tokio::test]
async fn what_a_killed_program_had_under_way_is_delivered_by_the_next() {
    let mut server = Tatami::start();
    let app = App::on(&server);
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = silent.local_addr().expect("an address");
    let subscription = subscribe(&app, &[CREATED], format!("http://{address}/")).await;
    app.create(json!({})).await;
    let held = tokio::time::timeout(PATIENCE, silent.accept()).await;
    let _held = held.expect("it is called").expect("a connection");
    server.kill9();
    drop(silent);
    server.again();

    let app = app.moved_to(&server);
    let shop = Receiver::open().await;
    let path = format!("/webhooks/{}", text(&subscription, "id"));
    app.request(Method::PATCH, &path)
        .json(json!({ "url": shop.url("/") }))
        .await
        .expect(200);
    app.advance("00:00:30").await;
    assert_eq!(shop.got().len(), 1);
}

#[tokio::test]
async fn an_operator_can_keep_webhooks_to_public_addresses() {
    let mut server = Tatami::start();
    let app = App::on(&server);
    let shop = Receiver::open().await;
    shop.answers(&[], 500);
    // Subscribed before the operator said so.
    subscribe(&app, &[CREATED], shop.url("/")).await;
    server.restart_with(&["--webhooks", "public-only"]);
    let app = app.moved_to(&server);
    app.create(json!({})).await;
    app.advance("0.00:00:01").await;
    let tried = deliveries(&app).await;
    let said = tried[0]["attempts"][0].to_string();
    assert!(said.contains("The Url must be an https URL."), "{said}");
    assert!(shop.got().is_empty(), "nobody was called");
    for private in [
        "http://127.0.0.1:9/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[fd00:ec2::254]/",
        "https://metadata.google.internal/",
    ] {
        let wish = json!({ "events": [UPDATED], "url": private });
        let refused = app.send("/webhooks", wish).await;
        assert_eq!(refused.blames(400), ["Url"], "{private}");
    }
    let wish = json!({ "events": [UPDATED], "url": "https://example.com/hook" });
    app.send("/webhooks", wish).await.expect(200);
}
