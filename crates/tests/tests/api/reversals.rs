//! Reversals: the documented table.

use serde_json::json;
use tatami_tests::{App, Reply, booked};

use crate::{authorized, captured, id, text};

async fn reverse(app: &App, id: &str) -> Reply {
    app.post(&format!("/payment-intents/{id}/reversal")).await
}

#[tokio::test]
async fn an_automatic_payment_on_its_calendar_day() {
    let app = App::new();
    app.next_day().await;
    let intent = captured(&app).await;
    app.advance("21:00:00").await;
    let answer = reverse(&app, &intent).await.expect(200);
    assert!(text(&answer, "reversalId").starts_with("rvs_sandbox_"));
    assert!(!text(&answer, "message").is_empty());
    assert_eq!(app.status(&intent).await, "Reversed");
    let sentence = reverse(&app, &intent).await.detail(409);
    assert!(sentence.contains("`Reversed`"), "{sentence}");

    // Some two hours on it is another day, although not a day has passed.
    let late = captured(&app).await;
    app.next_day().await;
    reverse(&app, &late).await.problem(409);
    assert_eq!(app.status(&late).await, "Captured");
    let refunded = app
        .send(
            &format!("/payment-intents/{late}/refunds"),
            json!({ "amount": 1000 }),
        )
        .key("instead")
        .await;
    refunded.expect(200);
}

#[tokio::test]
async fn a_manual_authorization_within_seven_days() {
    let app = App::new();
    for by in ["00:00:01", "5.23:00:00"] {
        let intent = authorized(&app).await;
        app.advance(by).await;
        reverse(&app, &intent).await.expect(200);
        assert_eq!(app.status(&intent).await, "Reversed");
    }
}

#[tokio::test]
async fn never_a_captured_manual_one() {
    let app = App::new();
    for part in [1000, 400] {
        let intent = authorized(&app).await;
        app.send(
            &format!("/payment-intents/{intent}/captures"),
            json!({ "amount": part }),
        )
        .await
        .expect(200);
        let sentence = reverse(&app, &intent).await.detail(409);
        assert!(sentence.contains("`Captured`"), "{sentence}");
        assert_eq!(app.status(&intent).await, "Captured");
    }
}

#[tokio::test]
async fn nothing_that_was_not_paid() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    let sentence = reverse(&app, &intent).await.detail(409);
    assert!(sentence.contains("`Created`"), "{sentence}");
}

#[tokio::test]
async fn the_acquirer_s_books_show_the_whole_amount_once() {
    let app = App::new();
    let intent = captured(&app).await;
    reverse(&app, &intent).await.expect(200);
    reverse(&app, &intent).await.problem(409);
    assert_eq!(booked(&app.books().await, "reverse"), 1000);
}
