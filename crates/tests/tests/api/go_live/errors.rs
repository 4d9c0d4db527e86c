//! What a till is told when something is wrong.

use serde_json::json;
use tatami_tests::{App, Till, sale, shared};

use super::intent;
use crate::{text, unknown};

#[tokio::test]
async fn http_400_bad_request() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    for (details, field) in [
        (json!({}), "Details.SessionType"),
        (json!({ "sessionType": "Gift" }), "Details.SessionType"),
        (json!({ "sessionType": "Sale" }), "Details.Sale"),
        (
            json!({ "sessionType": "Sale", "sale": { "paymentIntentId": "pi_sandbox_T" } }),
            "Details.Sale.PaymentIntentId",
        ),
        (
            json!({ "sessionType": "UnlinkedRefund", "unlinkedRefund": { "amount": { "value": 0, "currencyCode": "GBP" } } }),
            "Details.UnlinkedRefund.Amount.Value",
        ),
    ] {
        let refused = till.ask("SIP0", details.clone()).await.problem(400);
        assert_eq!(refused["code"], "INVALID_REQUEST");
        assert!(
            refused["errors"].get(field).is_some(),
            "{details}: {refused}"
        );
    }
    // Without its software house.
    let terminal = till.terminal("SIP0").await;
    let body = json!({ "terminalId": terminal["id"], "details": sale(&intent) });
    let refused = till.app.send("/terminal-sessions", body).await.problem(400);
    assert!(
        refused
            .to_string()
            .contains("software house ID header is required"),
        "{refused}"
    );
    assert_eq!(terminal["status"], "Available");
}

#[tokio::test]
async fn http_401_unauthorized() {
    let till = Till::new().await;
    let wrong = Till {
        app: App::with_key(shared(), &format!("{}x", till.app.key)),
    };
    let refused = wrong.get("/terminals").await.problem(401);
    assert_eq!(refused["code"], "INVALID_REQUEST");
    assert!(text(&refused, "detail").contains("API key"), "{refused}");
}

#[tokio::test]
async fn http_404_not_found() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let details = sale(&intent);
    let body = json!({ "terminalId": "tm_sandbox_65c5fe8a104a1222b2d8b968", "details": details });
    let refused = till.named(till.app.send("/terminal-sessions", body)).await;
    assert_eq!(refused.problem(404)["code"], "TERMINAL_UNAVAILABLE");
    // One of another account is as unknown.
    let other = Till::new().await.terminal("SIP0").await;
    let path = format!("/terminals/{}", text(&other, "id"));
    till.get(&path).await.problem(404);
    till.ask("SIP0", sale(&unknown("pi"))).await.problem(404);

    // One that is switched off, or has lost its line, is known and unavailable.
    for (off, on) in [("power-off", "power-on"), ("lose-line", "restore-line")] {
        till.press("SIP0", off, json!({})).await.expect(200);
        assert_eq!(till.terminal("SIP0").await["status"], "Offline");
        let refused = till.ask("SIP0", sale(&intent)).await.problem(404);
        assert_eq!(refused["code"], "TERMINAL_UNAVAILABLE");
        till.press("SIP0", on, json!({})).await.expect(200);
        assert_eq!(till.terminal("SIP0").await["status"], "Available");
    }
}

#[tokio::test]
async fn http_422_unprocessable_entity() {
    let till = Till::new().await;
    let intent = intent(&till, json!({})).await;
    let session = till.sell("SIS0", &intent).await;
    let refused = till.cancel(&session).await.problem(422);
    assert!(
        text(&refused, "detail").contains("only be canceled before a card is presented"),
        "{refused}"
    );
    assert_eq!(till.status(&session).await, "SignatureVerificationRequired");
    till.sign(&session, true).await.expect(200);
    assert_eq!(till.app.status(&intent).await, "Captured");
}
