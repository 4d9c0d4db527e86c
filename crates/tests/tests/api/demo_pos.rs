//! The demo POS, over both transports.

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{APPROVED, App, DemoPos, PATIENCE, pay_intent};

use crate::id;

/// What its page says once it has that text.
async fn shows(pos: &DemoPos, text: &str) -> String {
    let started = Instant::now();
    loop {
        let page = pos.get("/").await;
        if page.contains(text) {
            return page;
        }
        assert!(started.elapsed() < PATIENCE, "no {text} in {page}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn it_registers_and_receives_events_over_both_transports() {
    for (transport, listed) in [("rest", "restIntegrations"), ("ws", "wsIntegrations")] {
        let app = App::new();
        let pos = DemoPos::start(&app, transport, &["--without", "ExtendOrderLock"]);
        let all = app.get("/epos/integrations").await.expect(200);
        let capabilities = all[listed][0]["capabilities"].as_array().cloned();
        let names: Vec<_> = capabilities.expect("registered");
        let names: Vec<_> = names.iter().map(|c| c["name"].as_str()).collect();
        assert_eq!(names.len(), 22, "{names:?}");
        assert!(!names.contains(&Some("ExtendOrderLock")));
        let intent = id(&app.create(json!({})).await);
        pay_intent(&app, &intent, APPROVED).await;
        shows(&pos, "Captured").await;
    }
}

#[tokio::test]
async fn it_receives_again_what_a_fault_lost() {
    for (transport, fault) in [
        ("rest", "lose-answer*1"),
        ("rest", "down*1"),
        ("ws", "lose-answer*1"),
        ("ws", "nonsense*1"),
        ("ws", "refuse*1"),
    ] {
        let app = App::new();
        let pos = DemoPos::start(&app, transport, &[]);
        pos.fail(fault).await;
        let intent = id(&app.create(json!({})).await);
        shows(&pos, &intent).await;
        // Over a WebSocket it connects again first.
        let started = Instant::now();
        while pos.get("/").await.matches("<summary>HandleEvent").count() < 2 {
            assert!(started.elapsed() < PATIENCE, "{transport} {fault}");
            app.advance("00:00:10").await;
        }
    }
}

#[tokio::test]
async fn its_rest_api_needs_the_password_and_is_the_published_one() {
    let app = App::new();
    let pos = DemoPos::start(&app, "rest", &[]);
    let refused = reqwest::get(format!("{}/v1/areas", pos.url)).await;
    assert_eq!(refused.expect("an answer").status(), 401);
    let ask = async |method: Method, template: &str, ids: &[&str], body: Value| {
        let (status, answer) = pos.ask(method, template, ids, &body).await;
        assert_eq!(status, 200, "{template}: {answer}");
        answer
    };
    let (get, post, put) = (Method::GET, Method::POST, Method::PUT);
    ask(get.clone(), "/v1/areas", &[], Value::Null).await;
    ask(
        post.clone(),
        "/v1/tables/search",
        &[],
        json!({ "areaId": "garden" }),
    )
    .await;
    ask(
        post.clone(),
        "/v1/orders/search",
        &[],
        json!({ "payableOnly": true }),
    )
    .await;
    let gbp = json!({ "value": 500, "currencyCode": "GBP" });
    let new = json!({
        "dojoOrderId": "d", "totalAmount": gbp, "payments": [],
        "items": [{ "plu": "1", "name": "Tea", "quantity": 1, "amountPerItem": gbp }],
        "details": { "orderType": "DineIn", "dineIn": { "tableId": "3" } },
    });
    let order = ask(post.clone(), "/v1/orders", &[], new).await;
    let order = order["id"].as_str().expect("an id");
    ask(get.clone(), "/v1/orders/{orderId}", &[order], Value::Null).await;
    ask(
        get.clone(),
        "/v1/orders/{orderId}/bill",
        &[order],
        Value::Null,
    )
    .await;
    let lock = json!({ "lockId": "a", "expiry": "2099-01-01T00:00:00Z" });
    ask(post.clone(), "/v1/orders/{orderId}/lock", &[order], lock).await;
    let one_lock = "/v1/orders/{orderId}/locks/{lockId}";
    let later = json!({ "expiry": "2099-01-02T00:00:00Z" });
    ask(put.clone(), one_lock, &[order, "a"], later).await;
    let paid = json!({ "paymentIntentId": "pi_1", "paidAmount": gbp, "lockId": "a" });
    ask(
        post.clone(),
        "/v1/orders/{orderId}/record-payment",
        &[order],
        paid,
    )
    .await;
    ask(Method::DELETE, one_lock, &[order, "a"], Value::Null).await;
    ask(
        Method::DELETE,
        "/v1/orders/{orderId}",
        &["ord_4"],
        Value::Null,
    )
    .await;
    let party =
        json!({ "startTime": "2026-01-01T12:00:00Z", "tableIds": ["1"], "dojoPartyId": "d" });
    let party = ask(post.clone(), "/v1/parties", &[], party).await;
    let id = party["id"].as_str().expect("an id");
    ask(get.clone(), "/v1/parties/{partyId}", &[id], Value::Null).await;
    let change = json!({
        "startTime": "2026-01-01T12:00:00Z", "tableIds": ["2"], "dojoPartyId": "d", "status": "Paid",
    });
    ask(put.clone(), "/v1/parties/{partyId}", &[id], change).await;
    ask(post.clone(), "/v1/parties/search", &[], json!({})).await;
    ask(Method::DELETE, "/v1/parties/{partyId}", &[id], Value::Null).await;
    let booking = json!({
        "dojoReservationId": "d", "name": "Ada", "covers": 2, "tableIds": ["1"],
        "startTime": "2026-01-01T12:00:00Z", "endTime": "2026-01-01T14:00:00Z",
    });
    let made = ask(post.clone(), "/v1/reservations", &[], booking.clone()).await;
    let id = made["id"].as_str().expect("an id");
    ask(
        get.clone(),
        "/v1/reservations/{reservationId}",
        &[id],
        Value::Null,
    )
    .await;
    ask(put, "/v1/reservations/{reservationId}", &[id], booking).await;
    ask(post, "/v1/reservations/search", &[], json!({})).await;
    ask(
        Method::DELETE,
        "/v1/reservations/{reservationId}",
        &[id],
        Value::Null,
    )
    .await;
    let (status, missing) = pos
        .ask(get, "/v1/orders/{orderId}", &["none"], &Value::Null)
        .await;
    assert_eq!((status, &missing["errorType"]), (404, &json!("NotFound")));
}
