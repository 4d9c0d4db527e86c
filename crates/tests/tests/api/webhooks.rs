//! Subscriptions and their secrets.

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::App;

use crate::{text, unknown};

const CREATED: &str = "payment_intent.created";
const UPDATED: &str = "payment_intent.status_updated";
const RECEIPT: &str = "payment_intent.send-receipt";

async fn subscribe(app: &App, events: &[&str]) -> Value {
    let body =
        json!({ "events": events, "url": "https://shop.example/hook", "description": "Orders" });
    app.send("/webhooks", body).await.expect(200)
}

#[tokio::test]
async fn the_events_are_listed_by_their_model() {
    let groups = App::new().get("/webhooks/events").await.expect(200);
    let group = &groups[0];
    assert!(group["model"].is_string(), "{groups}");
    let events = group["events"].as_array().expect("a list");
    for event in [CREATED, UPDATED, RECEIPT] {
        assert!(events.contains(&json!(event)), "{event} of {groups}");
    }
}

#[tokio::test]
async fn a_subscription_is_made_listed_changed_and_deleted() {
    let app = App::new();
    let made = subscribe(&app, &[CREATED]).await;
    let name = text(&made, "id");
    assert!(name.starts_with("ws_"), "{name}");
    assert_eq!(made["accountId"], app.account);
    assert_eq!(made["events"], json!([CREATED]));
    assert_eq!(made["url"], "https://shop.example/hook");
    assert_eq!(made["description"], "Orders");
    assert_eq!(made["secrets"].as_array().map(Vec::len), Some(1), "{made}");
    assert_eq!(made["secrets"][0]["isActive"], true);
    assert!(!text(&made["secrets"][0], "value").is_empty());
    assert_eq!(app.get("/webhooks").await.expect(200), json!([made]));

    let path = format!("/webhooks/{name}");
    let change = json!({ "events": [UPDATED, RECEIPT], "url": "https://shop.example/new" });
    let changed = app
        .request(Method::PATCH, &path)
        .json(change)
        .await
        .expect(200);
    assert_eq!(changed["events"], json!([UPDATED, RECEIPT]));
    assert_eq!(changed["url"], "https://shop.example/new");
    assert_eq!(changed["description"], "Orders");

    let gone = app.delete(&path).await;
    gone.expect(204);
    assert!(gone.body.is_empty());
    app.delete(&path).await.problem(404);
    assert_eq!(app.get("/webhooks").await.expect(200), json!([]));
    subscribe(&app, &[UPDATED]).await;
}

#[tokio::test]
async fn an_event_has_one_subscription_in_an_account() {
    let app = App::new();
    subscribe(&app, &[CREATED, UPDATED]).await;
    let body = json!({ "events": [RECEIPT, UPDATED], "url": "https://shop.example/other" });
    app.send("/webhooks", body).await.problem(409);
    let other = subscribe(&app, &[RECEIPT]).await;
    app.request(Method::PATCH, &format!("/webhooks/{}", text(&other, "id")))
        .json(json!({ "events": [CREATED] }))
        .await
        .problem(409);
    subscribe(&App::new(), &[CREATED, UPDATED]).await;

    let twins: Vec<_> = (0..6)
        .map(|_| {
            let app = app.clone();
            let body = json!({ "events": [CREATED], "url": "https://shop.example/hook" });
            tokio::spawn(async move { app.send("/webhooks", body).await })
        })
        .collect();
    for twin in twins {
        twin.await.expect("an answer").problem(409);
    }
}

#[tokio::test]
async fn only_urls_that_may_be_called_are_taken() {
    let app = App::new();
    for wrong in [
        "",
        "shop.example/hook",
        "ftp://shop.example/hook",
        "http://shop.example/hook",
        "http://127.0.0.1.shop.example/hook",
        "https://",
        "javascript:alert(1)",
    ] {
        let body = json!({ "events": [CREATED], "url": wrong });
        let blamed = app.send("/webhooks", body).await.blames(400);
        assert_eq!(blamed, ["Url"], "{wrong}");
    }
    let name = text(&subscribe(&app, &[RECEIPT]).await, "id");
    app.request(Method::PATCH, &format!("/webhooks/{name}"))
        .json(json!({ "url": "http://shop.example" }))
        .await
        .problem(400);
    for (event, right) in [
        (CREATED, "http://127.0.0.1:9/hook"),
        (UPDATED, "http://localhost:9/hook"),
    ] {
        let body = json!({ "events": [event], "url": right });
        app.send("/webhooks", body).await.expect(200);
    }
}

#[tokio::test]
async fn events_must_be_known_and_named() {
    let app = App::new();
    let url = "https://shop.example/hook";
    for (events, field) in [
        (json!([]), "Events"),
        (json!(["payment_intent.lost"]), "Events[0]"),
        (json!([CREATED, "terminal.exploded"]), "Events[1]"),
    ] {
        let blamed = app
            .send("/webhooks", json!({ "events": events, "url": url }))
            .await
            .blames(400);
        assert_eq!(blamed, [field]);
    }
    let blamed = app.send("/webhooks", json!({})).await.blames(400);
    assert_eq!(blamed, ["Events", "Url"]);
    assert_eq!(app.get("/webhooks").await.expect(200), json!([]));
}

#[tokio::test]
async fn secrets_are_added_activated_and_deleted() {
    let app = App::new();
    let made = subscribe(&app, &[CREATED]).await;
    let path = format!("/webhooks/{}/secrets", text(&made, "id"));
    let listed = app.get(&path).await.expect(200);
    assert_eq!(listed["id"], made["id"]);
    assert_eq!(listed["secrets"], made["secrets"]);

    let two = app.post(&path).await.expect(200);
    let active: Vec<bool> = two["secrets"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|secret| secret["isActive"] == true)
        .collect();
    assert_eq!(active, [true, false], "{two}");
    assert_ne!(two["secrets"][0]["value"], two["secrets"][1]["value"]);

    let (old, new) = (
        text(&two["secrets"][0], "id"),
        text(&two["secrets"][1], "id"),
    );
    app.delete(&format!("{path}/{old}")).await.problem(400);
    app.request(Method::PUT, &format!("{path}/{new}/activate"))
        .await
        .expect(204);
    app.delete(&format!("{path}/{old}")).await.expect(204);
    let left = app.get(&path).await.expect(200);
    assert_eq!(left["secrets"].as_array().map(Vec::len), Some(1));
    assert_eq!(left["secrets"][0]["id"], new);
    assert_eq!(left["secrets"][0]["isActive"], true);

    app.delete(&format!("{path}/{}", unknown("sc")))
        .await
        .problem(404);
    app.request(Method::PUT, &format!("{path}/{}/activate", unknown("sc")))
        .await
        .problem(404);
    for _ in 0..4 {
        app.post(&path).await.expect(200);
    }
    app.post(&path).await.problem(409);
}
