//! Captures of manual payments.

use serde_json::{Value, json};
use tatami_tests::{App, Receiver, Reply, booked};

use crate::{authorized, authorized_with, captured, id, pounds, text};

async fn capture(app: &App, id: &str, body: Value) -> Reply {
    app.send(&format!("/payment-intents/{id}/captures"), body)
        .await
}

fn amounts(intent: &Value) -> Vec<i64> {
    intent["captures"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|capture| capture["amount"].as_i64().expect("an amount"))
        .collect()
}

#[tokio::test]
async fn all_of_it_at_once() {
    let app = App::new();
    let intent = authorized(&app).await;
    let answer = capture(&app, &intent, json!({ "amount": 1000 }))
        .await
        .expect(200);
    assert!(text(&answer, "captureId").starts_with("cp_sandbox_"));
    assert!(!text(&answer, "message").is_empty());
    let after = app.intent(&intent).await;
    assert_eq!(after["status"], "Captured");
    assert_eq!(amounts(&after), [1000]);
    assert_eq!(after["captures"][0]["id"], answer["captureId"]);
    assert_eq!(after["captures"][0]["status"], "Successful");
    capture(&app, &intent, json!({ "amount": 1 }))
        .await
        .problem(409);
}

#[tokio::test]
async fn in_several_parts_until_it_is_used_up() {
    let app = App::new();
    let intent = authorized(&app).await;
    for (part, so_far) in [
        (300, vec![300]),
        (200, vec![300, 200]),
        (500, vec![300, 200, 500]),
    ] {
        capture(&app, &intent, json!({ "amount": part }))
            .await
            .expect(200);
        let after = app.intent(&intent).await;
        assert_eq!(after["status"], "Captured");
        assert_eq!(amounts(&after), so_far);
    }
    capture(&app, &intent, json!({ "amount": 1 }))
        .await
        .problem(409);
    assert_eq!(booked(&app.books().await, "capture"), 1000);
}

#[tokio::test]
async fn never_more_than_is_held() {
    let app = App::new();
    let intent = authorized(&app).await;
    let refused = capture(&app, &intent, json!({ "amount": 1001 })).await;
    refused.problem(400);
    assert_eq!(app.status(&intent).await, "Authorized");
    capture(&app, &intent, json!({ "amount": 600 }))
        .await
        .expect(200);
    capture(&app, &intent, json!({ "amount": 401 }))
        .await
        .problem(400);
    capture(&app, &intent, json!({ "amount": 300, "tipsAmount": 101 }))
        .await
        .problem(400);
    capture(&app, &intent, json!({ "amount": 300, "tipsAmount": 100 }))
        .await
        .expect(200);
    let after = app.intent(&intent).await;
    assert_eq!(amounts(&after), [600, 300]);
    assert_eq!(after["captures"][1]["tipsAmount"], 100);
}

#[tokio::test]
async fn amounts_are_positive_bare_integers() {
    let app = App::new();
    let intent = authorized(&app).await;
    for wrong in [
        json!({ "amount": 0 }),
        json!({ "amount": -5 }),
        json!({}),
        json!({ "amount": pounds(5) }),
    ] {
        let blamed = capture(&app, &intent, wrong).await.blames(400);
        assert!(
            blamed.iter().any(|field| field.starts_with("Amount")),
            "{blamed:?}"
        );
    }
    let blamed = capture(&app, &intent, json!({ "amount": 5, "tipsAmount": -1 }))
        .await
        .blames(400);
    assert_eq!(blamed, ["TipsAmount"]);
    assert_eq!(app.status(&intent).await, "Authorized");
}

#[tokio::test]
async fn an_automatic_payment_is_captured_already() {
    let app = App::new();
    let intent = captured(&app).await;
    let sentence = capture(&app, &intent, json!({ "amount": 1 }))
        .await
        .detail(409);
    assert!(sentence.contains("`Captured`"), "{sentence}");
    let created = id(&app.create(json!({})).await);
    capture(&app, &created, json!({ "amount": 1 }))
        .await
        .problem(409);
}

#[tokio::test]
async fn a_hold_that_ends_is_released_or_captured_as_asked() {
    let app = App::new();
    let hold = |action: &str| json!({ "autoExpireIn": "1.00:00:00", "autoExpireAction": action });
    let released = authorized_with(&app, hold("Release")).await;
    let taken = authorized_with(&app, hold("Capture")).await;
    app.advance("23:59:00").await;
    assert_eq!(app.status(&released).await, "Authorized");
    assert_eq!(app.status(&taken).await, "Authorized");
    app.advance("00:01:30").await;
    assert_eq!(app.status(&released).await, "Reversed");
    let taken = app.intent(&taken).await;
    assert_eq!(taken["status"], "Captured");
    assert_eq!(amounts(&taken), [1000]);
}

#[tokio::test]
async fn a_hold_without_a_time_of_its_own_ends_after_seven_days() {
    let app = App::new();
    let intent = authorized_with(&app, json!({ "autoExpireIn": null })).await;
    app.advance("6.23:59:00").await;
    assert_eq!(app.status(&intent).await, "Authorized");
    app.advance("00:01:30").await;
    assert_eq!(app.status(&intent).await, "Reversed");
}

#[tokio::test]
async fn what_is_left_after_a_part_is_let_go_of_whatever_the_terms() {
    let app = App::new();
    let hold = |action: &str| json!({ "autoExpireIn": "1.00:00:00", "autoExpireAction": action });
    let released = authorized_with(&app, hold("Release")).await;
    let taken = authorized_with(&app, hold("Capture")).await;
    for intent in [&released, &taken] {
        capture(&app, intent, json!({ "amount": 400 }))
            .await
            .expect(200);
    }
    // Until then it can be captured in further parts.
    capture(&app, &taken, json!({ "amount": 100 }))
        .await
        .expect(200);
    app.advance("1.00:00:30").await;
    for (intent, parts) in [(&released, vec![400]), (&taken, vec![400, 100])] {
        let after = app.intent(intent).await;
        assert_eq!(amounts(&after), parts);
        assert_eq!(after["status"], "Captured");
        let sentence = capture(&app, intent, json!({ "amount": 1 }))
            .await
            .detail(409);
        assert!(sentence.contains("`Captured`"), "{sentence}");
    }
    let books = app.books().await;
    assert_eq!(booked(&books, "capture"), 900);
    assert_eq!(booked(&books, "release"), 1100);
}

#[tokio::test]
async fn a_capture_by_itself_is_told_by_a_webhook() {
    let receiver = Receiver::open().await;
    let app = App::new();
    let events = ["payment_intent.status_updated"];
    let body = json!({ "events": events, "url": receiver.url("/hook") });
    app.send("/webhooks", body).await.expect(200);
    let hold = json!({ "autoExpireIn": "1.00:00:00", "autoExpireAction": "Capture" });
    let intent = authorized_with(&app, hold).await;
    app.advance("1.00:00:30").await;
    let told: Vec<_> = receiver.got().iter().map(|told| told.status()).collect();
    assert_eq!(told, ["Authorized", "Captured"]);
    assert_eq!(amounts(&app.intent(&intent).await), [1000]);
}

#[tokio::test]
async fn the_tip_of_a_capture_is_the_tip_of_the_intent() {
    let app = App::new();
    let intent = authorized(&app).await;
    capture(&app, &intent, json!({ "amount": 600 }))
        .await
        .expect(200);
    let before = app.intent(&intent).await;
    assert!(before["tipsAmount"].is_null(), "{before}");
    for (tip, tips, total) in [(100, 100, 1100), (30, 130, 1130)] {
        let body = json!({ "amount": 100, "tipsAmount": tip });
        capture(&app, &intent, body).await.expect(200);
        let public = format!("/payment-intents/public/{intent}");
        let public = app.stranger().get(&public).await.expect(200);
        let body = json!({ "statuses": ["Captured"] });
        let found = app.send("/payment-intents/search", body).await.expect(200);
        for told in [app.intent(&intent).await, public, found["data"][0].clone()] {
            assert_eq!(told["amount"], pounds(1000), "{told}");
            assert_eq!(told["tipsAmount"], pounds(tips), "{told}");
            assert_eq!(told["totalAmount"], pounds(total), "{told}");
        }
    }
    let emails = json!({ "emails": ["ada@example.com"] });
    app.send(&format!("/payment-intents/{intent}/receipt"), emails)
        .await
        .expect(204);
    let mail = app.get("/sandbox/mailbox").await.expect(200);
    let mail = format!("/sandbox/mailbox/{}", text(&mail[0], "id"));
    let mail = app.get(&mail).await;
    for sum in ["Tip", "£1.30", "£11.30"] {
        assert!(mail.text().contains(sum), "{}", mail.text());
    }
    // What was taken with the tips can go back, and no more.
    let refund = |amount: i64| {
        let path = format!("/payment-intents/{intent}/refunds");
        app.send(&path, json!({ "amount": amount }))
            .key(&amount.to_string())
    };
    refund(931).await.problem(400);
    refund(930).await.expect(200);
    assert_eq!(app.status(&intent).await, "Refunded");
}
