//! What pages and apps may ask without a key.

use serde_json::json;
use tatami_tests::{APPROVED, App, pay, pay_intent};

use crate::{id, pounds, text, unknown};

#[tokio::test]
async fn a_payer_sees_what_a_payer_may_see() {
    let app = App::new();
    let intent = app
        .create(json!({
            "itemLines": [{ "name": "Cup", "quantity": 1, "amountTotal": pounds(1000) }],
            "metadata": { "margin": "300" },
            "requestSecurity": { "ipAddress": "192.0.2.1" },
            "config": { "title": "The Company", "redirectUrl": "https://shop.example/done" },
        }))
        .await;
    let path = format!("/payment-intents/public/{}", id(&intent));
    for reply in [app.stranger().get(&path).await, app.get(&path).await] {
        let seen = reply.expect(200);
        assert_eq!(seen["id"], intent["id"]);
        assert_eq!(seen["status"], "Created");
        assert_eq!(seen["totalAmount"], pounds(1000));
        assert_eq!(seen["config"]["title"], "The Company");
        assert!(!text(&seen, "clientSessionSecret").is_empty());
        assert!(seen["merchantConfig"]["supportedPaymentMethods"]["cardSchemes"].is_array());
        for private in [
            "metadata",
            "requestSecurity",
            "paymentEvents",
            "refundedAmount",
            "captures",
        ] {
            assert!(seen.get(private).is_none(), "{private}: {seen}");
        }
    }
    pay_intent(&app, &id(&intent), APPROVED).await;
    let seen = app.stranger().get(&path).await.expect(200);
    assert_eq!(seen["status"], "Captured");
    assert!(seen.to_string().find("44565300").is_none(), "{seen}");
}

#[tokio::test]
async fn a_payer_may_start_a_new_session() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    let old = app.secret(&intent).await;
    let path = format!("/payment-intents/public/{intent}/refresh-client-session-secret");
    let fresh = app.stranger().post(&path).await.expect(200);
    let secret = text(&fresh, "clientSessionSecret");
    assert_ne!(secret, old);
    assert_eq!(pay(&app, &old, APPROVED).await.code, 401);
    assert_eq!(pay(&app, &secret, APPROVED).await.code, 0);
    app.stranger().post(&path).await.problem(400);
}

#[tokio::test]
async fn ids_nobody_has_are_unknown_here_too() {
    let stranger = App::new().stranger();
    let path = format!("/payment-intents/public/{}", unknown("pi"));
    stranger.get(&path).await.problem(404);
    stranger
        .post(&format!("{path}/refresh-client-session-secret"))
        .await
        .problem(404);
    stranger
        .get("/payment-intents/public/pi_sandbox_T")
        .await
        .problem(400);
}

#[tokio::test]
async fn a_canceled_intent_is_shown_as_such_or_not_at_all() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    app.delete(&format!("/payment-intents/{intent}"))
        .await
        .expect(200);
    let seen = app
        .stranger()
        .get(&format!("/payment-intents/public/{intent}"))
        .await;
    if seen.status == 200 {
        assert_eq!(seen.json()["status"], "Canceled");
    } else {
        seen.problem(404);
    }
}
