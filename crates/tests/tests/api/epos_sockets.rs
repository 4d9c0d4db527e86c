//! What a connection of a POS may do, and for how long.

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{App, PosSocket, Tatami, run, shared};

const HOUSE: &str = "my-place";

#[tokio::test]
async fn a_connection_is_closed_soon_after_its_key_is_deleted() {
    let app = App::new();
    let mut stays = PosSocket::open(&app, "other-place").await;
    let of = [
        "keys",
        "create",
        "--environment",
        "sandbox",
        "--account",
        &app.account,
    ];
    let created = run(of.into_iter().chain(shared().place())).output;
    let word = |label: &str| created.lines().find_map(|line| line.strip_prefix(label));
    let (id, key) = (word("id ").expect("an id"), word("key ").expect("a key"));
    let replaced = App::with_key(shared(), key);
    let mut pos = PosSocket::open(&replaced, HOUSE).await;
    let deleted = run(["keys", "delete", id].into_iter().chain(shared().place()));
    assert!(deleted.status.success(), "{}", deleted.output);
    let closed = pos.next().await.expect_err("closed").expect("a reason");
    assert_eq!(u16::from(closed.code), 4001, "{closed:?}");
    assert_eq!(
        PosSocket::try_open(&replaced, &[("software-house-id", HOUSE)])
            .await
            .err(),
        Some(401)
    );
    let event = json!({ "eventType": "OrderUpdated", "event": { "orderId": "1" } });
    let ask = json!({ "jsonrpc": "2.0", "id": "1", "method": "SubmitEventV1", "params": event });
    stays.say(ask.to_string()).await;
    assert_eq!(
        stays.json().await["result"],
        event,
        "another key's stays open"
    );
}

#[tokio::test]
async fn requests_over_a_connection_are_counted_with_those_of_its_key() {
    let server = Tatami::start_with(&["--rate-per-key", "20"]);
    let app = App::on(&server);
    let mut pos = PosSocket::open(&app, HOUSE).await;
    let event = json!({ "eventType": "OrderUpdated", "event": { "orderId": "1" } });
    for id in 0..60 {
        let id = id.to_string();
        let ask = json!({ "jsonrpc": "2.0", "id": id, "method": "SubmitEventV1", "params": event });
        pos.say(ask.to_string()).await;
    }
    let mut refused = Vec::new();
    for _ in 0..60 {
        let answer = pos.json().await;
        match answer["error"].clone() {
            Value::Null => {}
            error => refused.push(error),
        }
    }
    let first = refused.first().expect("too many");
    assert_eq!(first["code"], -32000, "{first}");
    assert!(refused.len() < 60, "some are carried out");
    // The connection stays, and other keys are not held up.
    let other = App::on(&server);
    let request = other.request(Method::POST, "/epos/events");
    request.json(event).await.expect(200);
}
