//! Terminal sessions that refund.

use serde_json::{Value, json};
use tatami_tests::{Till, booked, matched_refund, unlinked_refund};

use super::{events, lines, sold, statuses};

/// What becomes of a refund of £8.00 on that machine, and of its session.
async fn unlinked(till: &Till, ending: &str) -> Value {
    let session = till.start(ending, unlinked_refund(800)).await;
    till.session(&session).await
}

#[tokio::test]
async fn unlinked_refund_successful() {
    let till = Till::new().await;
    let session = unlinked(&till, "SIP0").await;
    assert_eq!(session["status"], "Captured");
    assert_eq!(session["paymentDetails"]["message"], "REFUNDED");
    let receipt = lines(&session["receipt"]);
    assert!(receipt.contains(&"REFUND".to_owned()), "{receipt:?}");
    assert_eq!(booked(&till.app.books().await, "credit"), 800);
}

#[tokio::test]
async fn unlinked_refund_declined() {
    let till = Till::new().await;
    assert_eq!(unlinked(&till, "DIP0").await["status"], "Declined");
    assert_eq!(booked(&till.app.books().await, "credit"), 0);
}

#[tokio::test]
async fn unlinked_refund_expired() {
    let till = Till::new().await;
    let session = unlinked(&till, "TIP0").await;
    assert_eq!(session["status"], "Expired");
    till.app.advance("00:01:00").await;
    let session = till.session(session["id"].as_str().expect("an id")).await;
    assert_eq!(session["status"], "Expired");
    assert_eq!(booked(&till.app.books().await, "credit"), 0);
    // Nothing stays open, and the machine is free.
    assert_eq!(unlinked(&till, "SIP0").await["status"], "Captured");
}

#[tokio::test]
async fn unlinked_refund_cancelled() {
    let till = Till::new().await;
    let session = till.start("MAN0", unlinked_refund(800)).await;
    let machine = till.machine("MAN0").await;
    assert_eq!(machine["screen"]["name"], "refundPresentCard");
    till.press("MAN0", "cancel", json!({})).await.expect(200);
    assert_eq!(till.status(&session).await, "Canceled");
    assert_eq!(unlinked(&till, "CIP0").await["status"], "Canceled");
    assert!(till.app.books().await.is_empty());
}

#[tokio::test]
async fn unlinked_refund_successful_with_signature_accepted() {
    let till = Till::new().await;
    let session = till.start("SIS0", unlinked_refund(800)).await;
    assert_eq!(till.status(&session).await, "SignatureVerificationRequired");
    let accepted = till.sign(&session, true).await.expect(200);
    assert_eq!(accepted["status"], "SignatureVerificationAccepted");
    let successful = "SUCCESSFUL".to_owned();
    for copy in ["customerReceipt", "merchantReceipt"] {
        let slip = lines(&accepted[copy]);
        assert!(!slip.is_empty() && !slip.contains(&successful), "{slip:?}");
    }
    let refunded = till.session(&session).await;
    assert_eq!(refunded["status"], "Captured");
    assert!(lines(&refunded["merchantReceipt"]).contains(&successful));
    assert_eq!(booked(&till.app.books().await, "credit"), 800);
}

#[tokio::test]
async fn unlinked_refund_unsuccessful_with_signature_rejected() {
    let till = Till::new().await;
    let session = till.start("SIS0", unlinked_refund(800)).await;
    till.sign(&session, false).await.expect(200);
    assert_eq!(till.status(&session).await, "SignatureVerificationRejected");
    assert_eq!(booked(&till.app.books().await, "credit"), 0);
}

#[tokio::test]
async fn matched_refund_successful() {
    let till = Till::new().await;
    let intent = sold(&till, json!({})).await;
    let session = till.start("SIP0", matched_refund(&intent)).await;
    assert_eq!(till.status(&session).await, "Captured");
    let refunded = till.app.intent(&intent).await;
    assert_eq!(refunded["status"], "Refunded");
    assert_eq!(refunded["refundedAmount"], 1000);
    assert_eq!(events(&refunded), ["Captured", "Refunded"]);
    assert_eq!(booked(&till.app.books().await, "refund"), 1000);

    // A part, and no more than is left.
    let intent = sold(&till, json!({})).await;
    let part = |pence: i64| {
        let mut details = matched_refund(&intent);
        details["matchedRefund"]["amount"] = json!({ "value": pence, "currencyCode": "GBP" });
        details
    };
    till.start("SCN0", part(400)).await;
    let after = till.app.intent(&intent).await;
    assert_eq!(after["status"], "Captured");
    assert_eq!(after["refundedAmount"], 400);
    till.ask("SCN0", part(601)).await.problem(400);
    till.start("SCN0", matched_refund(&intent)).await;
    assert_eq!(till.app.status(&intent).await, "Refunded");
}

#[tokio::test]
async fn matched_refund_declined() {
    let till = Till::new().await;
    let intent = sold(&till, json!({})).await;
    let session = till.start("DIP0", matched_refund(&intent)).await;
    assert_eq!(till.status(&session).await, "Declined");
    assert_eq!(till.app.status(&intent).await, "Captured");
    assert_eq!(booked(&till.app.books().await, "refund"), 0);
}

#[tokio::test]
async fn matched_refund_expired() {
    let till = Till::new().await;
    let intent = sold(&till, json!({})).await;
    let session = till.start("TIP0", matched_refund(&intent)).await;
    assert_eq!(till.status(&session).await, "Expired");
    till.ask("SIP0", matched_refund(&intent)).await.problem(409);
    till.app.advance("00:00:31").await;
    assert_eq!(till.app.status(&intent).await, "Captured");
    till.start("SIP0", matched_refund(&intent)).await;
    assert_eq!(till.app.status(&intent).await, "Refunded");
    assert_eq!(booked(&till.app.books().await, "refund"), 1000);
}

#[tokio::test]
async fn matched_refund_cancelled() {
    let till = Till::new().await;
    let intent = sold(&till, json!({})).await;
    let session = till.start("CIP0", matched_refund(&intent)).await;
    assert_eq!(till.status(&session).await, "Canceled");
    assert_eq!(till.app.status(&intent).await, "Captured");
}

#[tokio::test]
async fn matched_refund_successful_with_signature_accepted() {
    let till = Till::new().await;
    let intent = sold(&till, json!({})).await;
    let session = till.start("SIS0", matched_refund(&intent)).await;
    assert_eq!(till.status(&session).await, "SignatureVerificationRequired");
    assert_eq!(till.app.status(&intent).await, "Captured");
    till.sign(&session, true).await.expect(200);
    let session = till.session(&session).await;
    assert_eq!(session["status"], "Captured");
    assert!(statuses(&session).contains(&"SignatureVerificationAccepted".to_owned()));
    assert_eq!(till.app.status(&intent).await, "Refunded");
}

#[tokio::test]
async fn matched_refund_unsuccessful_with_signature_rejected() {
    let till = Till::new().await;
    let intent = sold(&till, json!({})).await;
    let session = till.start("SIS0", matched_refund(&intent)).await;
    till.sign(&session, false).await.expect(200);
    assert_eq!(till.status(&session).await, "SignatureVerificationRejected");
    assert_eq!(till.app.status(&intent).await, "Captured");
    assert_eq!(booked(&till.app.books().await, "refund"), 0);
}
