//! Terminal sessions that hold an amount.

use serde_json::{Value, json};
use tatami_tests::{Till, booked};

use super::{events, held, intent, sold};
use crate::{manual, pounds, text, unknown};

async fn authorized_by(ending: &str) -> Value {
    let till = Till::new().await;
    let intent = intent(&till, manual()).await;
    let session = till.sell(ending, &intent).await;
    assert_eq!(till.status(&session).await, "Authorized");
    let held = till.app.intent(&intent).await;
    assert_eq!(held["status"], "Authorized");
    assert_eq!(events(&held), ["Authorized"]);
    held["paymentDetails"]["card"].clone()
}

#[tokio::test]
async fn successful_with_inserting_card() {
    let card = authorized_by("SIP0").await;
    assert_eq!(card["entryMode"], "ContactChip");
    assert_eq!(card["verificationMethod"], "Pin");
}

#[tokio::test]
async fn successful_with_contactless() {
    let card = authorized_by("SCD0").await;
    assert_eq!(card["entryMode"], "Contactless");
    assert_eq!(card["verificationMethod"], "Device");
}

#[tokio::test]
async fn successful_with_different_card_type() {
    let till = Till::new().await;
    let mut schemes = Vec::new();
    for card in ["visa-debit", "mastercard", "amex"] {
        let intent = intent(&till, manual()).await;
        let session = till.sell("MAN0", &intent).await;
        till.press("MAN0", "insert", json!({ "card": card }))
            .await
            .expect(200);
        till.press("MAN0", "pin", json!({ "digits": "1234" }))
            .await
            .expect(200);
        assert_eq!(till.status(&session).await, "Authorized");
        let held = till.app.intent(&intent).await;
        schemes.push(text(&held["paymentDetails"]["card"], "cardType"));
    }
    assert_eq!(schemes, ["VISA", "MASTERCARD", "AMEX"]);
}

#[tokio::test]
async fn declined() {
    let till = Till::new().await;
    let intent = intent(&till, manual()).await;
    let session = till.sell("DIP0", &intent).await;
    assert_eq!(till.status(&session).await, "Declined");
    assert_eq!(till.app.status(&intent).await, "Created");
    till.sell("SIP0", &intent).await;
    assert_eq!(till.app.status(&intent).await, "Authorized");
}

#[tokio::test]
async fn successful_with_increasing_amount() {
    let till = Till::new().await;
    let intent = held(&till).await;
    let path = format!("/payment-intents/{intent}/amount");
    for pence in [2500, 5500] {
        let raised = till
            .app
            .send(&path, json!({ "amount": pounds(pence) }))
            .await;
        let raised = raised.expect(200);
        assert_eq!(raised["status"], "Authorized");
        assert_eq!(raised["amount"]["value"], pence);
    }
    // Less is captured, and the rest let go of.
    let path = format!("/payment-intents/{intent}/captures");
    till.app
        .send(&path, json!({ "amount": 2000 }))
        .await
        .expect(200);
    assert_eq!(till.app.status(&intent).await, "Captured");
    let books = till.app.books().await;
    assert_eq!(booked(&books, "capture"), 2000);
    assert_eq!(booked(&books, "release"), 3500);
}

#[tokio::test]
async fn what_is_not_captured_goes_back_at_once() {
    let till = Till::new().await;
    let mut order = manual();
    order["autoExpireAction"] = json!("Capture");
    let intent = sold(&till, order).await;
    let path = format!("/payment-intents/{intent}/captures");
    let capture = |amount: i64| till.app.send(&path, json!({ "amount": amount }));
    capture(400).await.expect(200);
    let sentence = capture(1).await.detail(409);
    assert!(sentence.contains("`Captured`"), "{sentence}");
    assert_eq!(booked(&till.app.books().await, "release"), 600);
    // The money can be refunded, and the end of the hold takes no more.
    let refund = format!("/payment-intents/{intent}/refunds");
    let refund = till.app.send(&refund, json!({ "amount": 100 }));
    refund.key("refund").await.expect(200);
    till.app.advance("7.00:00:00").await;
    let books = till.app.books().await;
    assert_eq!(booked(&books, "capture"), 400);
    assert_eq!(booked(&books, "release"), 600);
    let after = till.app.intent(&intent).await;
    assert_eq!(after["captures"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn unsuccessful_amount_change() {
    let till = Till::new().await;
    let intent = held(&till).await;
    let path = format!("/payment-intents/{intent}/captures");
    till.app
        .send(&path, json!({ "amount": 1000 }))
        .await
        .expect(200);
    let path = format!("/payment-intents/{intent}/amount");
    let refused = till
        .app
        .send(&path, json!({ "amount": pounds(2000) }))
        .await;
    let detail = text(&refused.problem(400), "detail");
    let documented = format!(
        "Invalid request for payment with id `{intent}`. The status `Captured` does not allow this change."
    );
    assert_eq!(detail, documented);
}

#[tokio::test]
async fn failure_with_non_existing_payment_intent_id() {
    let till = Till::new().await;
    let path = format!("/payment-intents/{}/amount", unknown("pi"));
    let refused = till
        .app
        .send(&path, json!({ "amount": pounds(2000) }))
        .await;
    refused.problem(404);
}

#[tokio::test]
async fn failure_when_updating_amount_to_zero() {
    let till = Till::new().await;
    let intent = held(&till).await;
    let path = format!("/payment-intents/{intent}/amount");
    let refused = till.app.send(&path, json!({ "amount": pounds(0) })).await;
    refused.problem(400);
    assert_eq!(till.app.intent(&intent).await["amount"]["value"], 1000);
}
