//! Refunds without the card.

use serde_json::json;
use tatami_tests::Till;

use super::sold;

#[tokio::test]
async fn create_a_full_refund() {
    let till = Till::new().await;
    let intent = sold(&till, json!({})).await;
    let path = format!("/payment-intents/{intent}/refunds");
    let body = json!({ "amount": 1000, "refundReason": "Demo refund" });
    let refund = till.app.send(&path, body).key("full").await.expect(200);
    assert!(refund["refundId"].is_string(), "{refund}");
    assert_eq!(till.app.status(&intent).await, "Refunded");
}

#[tokio::test]
async fn create_a_partial_refund() {
    let till = Till::new().await;
    let intent = sold(&till, json!({})).await;
    let path = format!("/payment-intents/{intent}/refunds");
    let body = json!({ "amount": 300 });
    let refund = till.app.send(&path, body).key("part").await.expect(200);
    assert!(refund["refundId"].is_string(), "{refund}");
    let after = till.app.intent(&intent).await;
    assert_eq!(after["status"], "Captured");
    assert_eq!(after["refundedAmount"], 300);
}
