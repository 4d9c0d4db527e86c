//! Refunds.

use serde_json::{Value, json};
use tatami_tests::{App, Reply};

use crate::{authorized, captured, text};

async fn refund(app: &App, id: &str, amount: i64, key: &str) -> Reply {
    let body = json!({ "amount": amount, "refundReason": "Broken", "notes": "One cup" });
    app.send(&format!("/payment-intents/{id}/refunds"), body)
        .key(key)
        .await
}

#[tokio::test]
async fn parts_until_all_of_it_went_back() {
    let app = App::new();
    let intent = captured(&app).await;
    for (key, amount, back, status) in [
        ("a", 300, 300, "Captured"),
        ("b", 300, 600, "Captured"),
        ("c", 400, 1000, "Refunded"),
    ] {
        let answer = refund(&app, &intent, amount, key).await.expect(200);
        assert!(text(&answer, "refundId").starts_with("rfnd_sandbox_"));
        let after = app.intent(&intent).await;
        assert_eq!(after["refundedAmount"], back);
        assert_eq!(after["status"], status);
    }
    let sentence = refund(&app, &intent, 1, "d").await.detail(400);
    assert!(sentence.contains("`Refunded`"), "{sentence}");
}

#[tokio::test]
async fn a_refund_is_found_by_its_id() {
    let app = App::new();
    let intent = captured(&app).await;
    let made = refund(&app, &intent, 300, "a").await.expect(200);
    refund(&app, &intent, 200, "b").await.expect(200);
    let path = format!("/payment-intents/refunds/{}", text(&made, "refundId"));
    let found = app.get(&path).await.expect(200);
    assert_eq!(found["paymentIntentId"], intent);
    assert_eq!(found["refundId"], made["refundId"]);
    assert_eq!(found["refundReason"], "Broken");
    assert_eq!(found["notes"], "One cup");
    App::new().get(&path).await.problem(404);
}

#[tokio::test]
async fn never_more_than_was_captured() {
    let app = App::new();
    let intent = captured(&app).await;
    refund(&app, &intent, 1001, "a").await.problem(400);
    refund(&app, &intent, 600, "b").await.expect(200);
    refund(&app, &intent, 401, "c").await.problem(400);
    assert_eq!(app.intent(&intent).await["refundedAmount"], 600);
    refund(&app, &intent, 400, "d").await.expect(200);
    assert_eq!(app.status(&intent).await, "Refunded");
}

#[tokio::test]
async fn only_captured_money_can_go_back() {
    let app = App::new();
    let held = authorized(&app).await;
    refund(&app, &held, 100, "a").await.problem(400);
    app.send(
        &format!("/payment-intents/{held}/captures"),
        json!({ "amount": 400 }),
    )
    .await
    .expect(200);
    refund(&app, &held, 401, "b").await.problem(400);
    refund(&app, &held, 400, "c").await.expect(200);
    assert_eq!(app.intent(&held).await["refundedAmount"], 400);
}

#[tokio::test]
async fn the_idempotency_key_is_required() {
    let app = App::new();
    let intent = captured(&app).await;
    let path = format!("/payment-intents/{intent}/refunds");
    app.send(&path, json!({ "amount": 100 })).await.problem(400);
    app.send(&path, json!({ "amount": 100 }))
        .key("")
        .await
        .problem(400);
    assert_eq!(app.intent(&intent).await["refundedAmount"], 0);
    for (name, back) in [
        ("IdempotencyKey", 100),
        ("idempotencykey", 200),
        ("Idempotency-Key", 300),
    ] {
        app.send(&path, json!({ "amount": 100 }))
            .header(name, &format!("by {name}"))
            .await
            .expect(200);
        let so_far = app.intent(&intent).await["refundedAmount"].as_i64();
        // `IdempotencyKey` and `idempotencykey` name one header, with other keys.
        assert_eq!(so_far, Some(back), "{name}");
    }
}

#[tokio::test]
async fn amounts_and_texts_have_their_limits() {
    let app = App::new();
    let intent = captured(&app).await;
    let path = format!("/payment-intents/{intent}/refunds");
    let blames = async |body: Value| app.send(&path, body).key("k").await.blames(400);
    for wrong in [json!({}), json!({ "amount": 0 }), json!({ "amount": -1 })] {
        assert_eq!(blames(wrong).await, ["Amount"]);
    }
    assert_eq!(
        blames(json!({ "amount": 1, "refundReason": "x".repeat(1025) })).await,
        ["RefundReason"]
    );
    assert_eq!(
        blames(json!({ "amount": 1, "notes": "x".repeat(4097) })).await,
        ["Notes"]
    );
    assert_eq!(app.intent(&intent).await["refundedAmount"], 0);
}
