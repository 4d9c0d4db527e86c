//! What time does to an intent.

use serde_json::json;
use tatami_tests::{APPROVED, App, pay};

use crate::{captured, id, text};

#[tokio::test]
async fn an_unpaid_intent_is_voided_after_thirty_days() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    app.advance("29.23:59:00").await;
    assert_eq!(app.status(&intent).await, "Created");
    app.advance("00:01:30").await;
    app.get(&format!("/payment-intents/{intent}"))
        .await
        .problem(404);
    assert_eq!(app.status(&intent).await, "Canceled");
}

#[tokio::test]
async fn or_when_its_merchant_said() {
    let app = App::new();
    let soon = app.now().await + jiff::SignedDuration::from_mins(10);
    let intent = id(&app.create(json!({ "expireAt": soon.to_string() })).await);
    let paid = captured(&app).await;
    let secret = app.secret(&intent).await;
    app.advance("00:10:01").await;
    assert_eq!(app.status(&intent).await, "Canceled");
    assert_ne!(pay(&app, &secret, APPROVED).await.code, 0);
    app.advance("60.00:00:00").await;
    assert_eq!(app.status(&paid).await, "Captured");
}

#[tokio::test]
async fn each_account_has_its_own_clock_and_it_only_goes_forward() {
    let (app, other) = (App::new(), App::new());
    let (intent, others) = (app.create(json!({})).await, other.create(json!({})).await);
    app.advance("31.00:00:00").await;
    assert_eq!(app.status(&id(&intent)).await, "Canceled");
    assert_eq!(other.status(&id(&others)).await, "Created");
    let later = app.create(json!({})).await;
    assert!(text(&later, "createdAt") > text(&intent, "expireAt"));

    for wrong in [
        json!({ "by": "-1.00:00:00" }),
        json!({ "by": "P1D" }),
        json!({}),
        json!({ "by": 5 }),
    ] {
        app.send("/sandbox/clock/advance", wrong).await.problem(400);
    }
    app.stranger()
        .send("/sandbox/clock/advance", json!({ "by": "00:00:01" }))
        .await
        .problem(401);
}
