//! Refunds of payments that were taken at a table.

use serde_json::json;
use tatami_tests::{Restaurant, TRANSPORTS, matched_refund};

async fn paid(place: &Restaurant) -> String {
    place.choose("ord_1").await;
    place.pays(json!({ "split": { "kind": "full" } })).await
}

#[tokio::test]
async fn successful_matched_refund() {
    for transport in TRANSPORTS {
        let place = Restaurant::open(transport, &[]).await;
        let intent = paid(&place).await;
        place.till.start("SIP0", matched_refund(&intent)).await;
        assert_eq!(place.app().status(&intent).await, "Refunded");
    }
}

#[tokio::test]
async fn unsuccessful_matched_refund() {
    for transport in TRANSPORTS {
        let place = Restaurant::open(transport, &[]).await;
        let intent = paid(&place).await;
        let session = place.till.start("DIP0", matched_refund(&intent)).await;
        assert_eq!(place.till.status(&session).await, "Declined");
        assert_eq!(place.app().status(&intent).await, "Captured");
        let missing = "pi_sandbox_0123456789012345678901";
        let refused = place.till.ask("SIP0", matched_refund(missing)).await;
        assert_eq!(refused.status.as_u16(), 404, "{}", refused.text());
    }
}
