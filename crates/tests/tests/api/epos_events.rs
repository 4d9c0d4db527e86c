//! Events of a POS to the platform, and of the platform to a POS.

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{APPROVED, App, PosSocket, Receiver, Tatami, pay_intent, shared};

use crate::{id, text};

const HOUSE: &str = "my-place";
const CREATED: &str = "HandleEvent:payment_intent.created";
const UPDATED: &str = "HandleEvent:payment_intent.status_updated";

fn capabilities() -> Value {
    json!([
        { "name": CREATED, "version": "v1" },
        { "name": UPDATED, "version": "v1" },
    ])
}

async fn register_ws(app: &App) {
    let request = app.request(Method::PUT, "/epos/integrations/ws");
    let body = json!({ "capabilities": capabilities() });
    let request = request.header("software-house-id", HOUSE).json(body);
    request.await.expect(200);
}

async fn register_rest(app: &App, url: &str) {
    let basic = json!({ "username": "dojo", "password": "word" });
    let auth = json!({ "authType": "basic", "basic": basic });
    let body = json!({ "capabilities": capabilities(), "auth": auth, "url": url });
    let request = app.request(Method::PUT, "/epos/integrations/rest");
    let request = request.header("software-house-id", HOUSE).json(body);
    request.await.expect(200);
}

fn event(kind: &str, about: Value) -> Value {
    json!({ "eventType": kind, "event": about })
}

#[tokio::test]
async fn an_event_is_returned_as_it_was_understood() {
    let app = App::new();
    for (sent, kind, about) in [
        (
            "OrderUpdated",
            "OrderUpdated",
            json!({ "orderId": "ord_1" }),
        ),
        ("partyupdated", "PartyUpdated", json!({ "partyId": "7" })),
        (
            "RESERVATIONUPDATED",
            "ReservationUpdated",
            json!({ "reservationId": "8" }),
        ),
    ] {
        let returned = app
            .send("/epos/events", event(sent, about.clone()))
            .without("version");
        assert_eq!(returned.await.expect(200), event(kind, about));
    }
    let twice = event("OrderUpdated", json!({ "orderId": "ord_1" }));
    for _ in 0..2 {
        app.send("/epos/events", twice.clone()).await.expect(200);
    }
}

#[tokio::test]
async fn an_event_that_is_none_is_refused() {
    let app = App::new();
    for (body, field) in [
        (
            event("OrderCreated", json!({ "orderId": "1" })),
            "EventType",
        ),
        (
            event("OrderUpdated", json!({ "partyId": "1" })),
            "Event.OrderId",
        ),
        (
            event("OrderUpdated", json!({ "orderId": "" })),
            "Event.OrderId",
        ),
        (
            event("OrderUpdated", json!({ "orderId": "a".repeat(201) })),
            "Event.OrderId",
        ),
        (json!({ "eventType": "OrderUpdated" }), "Event"),
        (json!({ "event": { "orderId": "1" } }), "EventType"),
    ] {
        let problem = app.send("/epos/events", body).await.problem(400);
        assert!(problem["errors"][field].is_array(), "{field}: {problem}");
    }
    let sent = event("OrderUpdated", json!({ "orderId": "1" }));
    app.stranger().send("/epos/events", sent).await.problem(401);
}

#[tokio::test]
async fn a_connection_needs_a_key_and_a_software_house() {
    let app = App::new();
    let house = [("software-house-id", HOUSE)];
    let status = async |app: &App, headers| PosSocket::try_open(app, headers).await.err();
    let wrong = App::with_key(shared(), "sk_sandbox_wrong");
    assert_eq!(status(&wrong, &house[..]).await, Some(401));
    assert_eq!(status(&app.stranger(), &house[..]).await, Some(401));
    assert_eq!(status(&app, &[][..]).await, Some(400));
    let production = App::of(shared(), &app.account, "production");
    assert_eq!(status(&production, &house[..]).await, Some(403));
    let reseller = [house[0], ("reseller-id", "r1")];
    assert_eq!(status(&app, &reseller[..]).await, None);
    app.get("/epos")
        .header(house[0].0, HOUSE)
        .await
        .problem(400);
}

#[tokio::test]
async fn events_come_over_the_socket_too() {
    let app = App::new();
    let mut pos = PosSocket::open(&app, HOUSE).await;
    let ask = |id: &str, method: &str, params: Value| {
        json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
    };
    let about = json!({ "orderId": "ord_1" });
    pos.say("garbage").await;
    pos.say_bytes(vec![1, 2, 3]).await;
    let first = ask("1", "SubmitEventV1", event("orderUpdated", about.clone()));
    pos.say(first).await;
    let returned = json!({ "jsonrpc": "2.0", "id": "1", "result": event("OrderUpdated", about) });
    assert_eq!(pos.json().await, returned);
    for (method, params, code) in [
        ("SubmitEventV1", event("Unheard", json!({})), -32602),
        ("SubmitEventV1", json!([]), -32602),
        ("Unheard", json!({}), -32601),
    ] {
        pos.say(ask("2", method, params)).await;
        let answer = pos.json().await;
        assert_eq!(answer["error"]["code"], code, "{answer}");
    }
}

#[tokio::test]
async fn a_pos_receives_the_events_of_payments_over_rest_in_order() {
    let app = App::new();
    let till = Receiver::open().await;
    register_rest(&app, &till.url("/pos")).await;
    let intent = id(&app.create(json!({})).await);
    pay_intent(&app, &intent, APPROVED).await;
    let received = till.wait_for(2).await;
    let created = &received[0];
    assert_eq!(created.path, "/pos/v1/events");
    assert_eq!(created.headers["authorization"], "Basic ZG9qbzp3b3Jk");
    let body = created.json();
    assert_eq!(body["event"], "payment_intent.created");
    assert_eq!(body["accountId"], app.account);
    assert!(text(&body, "id").starts_with("evt_"));
    let statuses: Vec<_> = received.iter().map(|t| (t.intent(), t.status())).collect();
    let story = ["Created", "Captured"].map(|status| (intent.clone(), status.to_owned()));
    assert_eq!(statuses, story);
}

#[tokio::test]
async fn a_pos_receives_the_events_of_payments_over_the_socket_in_order() {
    let app = App::new();
    register_ws(&app).await;
    let mut pos = PosSocket::open(&app, HOUSE).await;
    let intent = id(&app.create(json!({})).await);
    pay_intent(&app, &intent, APPROVED).await;
    for status in ["Created", "Captured"] {
        let asked = pos.asked().await;
        assert_eq!(asked.method, "HandleEventV1");
        assert_eq!(
            text(&asked.params, "id"),
            asked.id,
            "the same whenever it is sent"
        );
        assert_eq!(asked.params["headers"], json!({}));
        assert_eq!(asked.params["data"]["paymentIntentId"], intent);
        assert_eq!(asked.params["data"]["paymentStatus"], status);
        pos.answer(&asked, json!({})).await;
    }
}

#[tokio::test]
async fn an_event_that_is_refused_is_sent_again_and_the_later_one_waits() {
    let app = App::new();
    register_ws(&app).await;
    let mut pos = PosSocket::open(&app, HOUSE).await;
    let intent = id(&app.create(json!({})).await);
    let first = pos.asked().await;
    pos.refuse(&first, json!({ "errorType": "UnexpectedError" }))
        .await;
    pay_intent(&app, &intent, APPROVED).await;
    let mut statuses = Vec::new();
    while statuses.len() < 2 {
        // The retry is due after some seconds of the account's clock.
        let advanced = async { app.advance("00:00:10").await };
        let (asked, _) = tokio::join!(
            async {
                let asked = pos.asked().await;
                pos.answer(&asked, json!({})).await;
                asked
            },
            advanced
        );
        if statuses.is_empty() {
            assert_eq!(asked.id, first.id, "the same event");
        }
        statuses.push(text(&asked.params["data"], "paymentStatus"));
    }
    assert_eq!(statuses, ["Created", "Captured"]);
}

#[tokio::test]
async fn the_newer_registration_of_a_software_house_receives_events() {
    let app = App::new();
    let till = Receiver::open().await;
    register_rest(&app, &till.url("")).await;
    register_ws(&app).await;
    let mut pos = PosSocket::open(&app, HOUSE).await;
    app.create(json!({})).await;
    let asked = pos.asked().await;
    pos.answer(&asked, json!({})).await;
    register_rest(&app, &till.url("")).await;
    app.create(json!({})).await;
    till.wait_for(1).await;
    assert_eq!(till.got().len(), 1, "once, by one transport");
}

#[tokio::test]
async fn events_outlive_the_program_and_wait_for_the_pos() {
    let mut server = Tatami::start();
    let app = App::on(&server);
    register_ws(&app).await;
    let intent = id(&app.create(json!({})).await);
    server.restart();
    let app = app.moved_to(&server);
    let mut pos = PosSocket::open(&app, HOUSE).await;
    let asked = pos.asked().await;
    assert_eq!(asked.params["data"]["paymentIntentId"], intent);
    pos.answer(&asked, json!({})).await;
}

#[tokio::test]
async fn the_newest_connection_gets_the_requests() {
    let app = App::new();
    register_ws(&app).await;
    let mut old = PosSocket::open(&app, HOUSE).await;
    let mut new = PosSocket::open(&app, HOUSE).await;
    let closed = old.next().await.expect_err("closed").expect("a reason");
    assert_eq!(u16::from(closed.code), 4000);
    assert!(!closed.reason.is_empty());
    let mut back = PosSocket::open(&app, HOUSE).await;
    app.create(json!({})).await;
    let asked = new.asked().await;
    new.answer(&asked, json!({})).await;
    drop(new);
    // The one that waited takes its place.
    app.create(json!({})).await;
    let asked = back.asked().await;
    back.answer(&asked, json!({})).await;
}
