//! 3-D Secure through the component endpoint.

use serde_json::json;
use tatami_tests::{APPROVED, App, CHALLENGED, Paid, complete, pay, prove};

use crate::{id, manual, text};

async fn challenged(app: &App, id: &str) -> (String, Paid) {
    let secret = app.secret(id).await;
    let challenge = pay(app, &secret, CHALLENGED).await;
    assert_eq!(challenge.code, 3, "{}", challenge.answer);
    (secret, challenge)
}

#[tokio::test]
async fn an_approved_challenge_takes_the_money_once() {
    let app = App::new();
    for (order, status) in [(json!({}), "Captured"), (manual(), "Authorized")] {
        let intent = id(&app.create(order).await);
        let (secret, challenge) = challenged(&app, &intent).await;
        assert_eq!(app.status(&intent).await, "Created");
        let proof = prove(&app, &challenge.answer, "approve").await;
        let paid = complete(&app, &secret, &challenge.answer, &proof).await;
        assert_eq!(paid.code, 0, "{}", paid.answer);
        let after = app.intent(&intent).await;
        assert_eq!(after["status"], status);
        assert_eq!(
            after["paymentDetails"]["card"]["cardNumber"],
            "44565300****1096"
        );
        assert_eq!(after["paymentEvents"][0]["eventType"], "AuthChallenged");
        assert_eq!(after["paymentEvents"][1]["eventType"], status);

        let again = complete(&app, &secret, &challenge.answer, &proof).await;
        assert_ne!(again.code, 3, "{}", again.answer);
        let after = app.intent(&intent).await;
        assert_eq!(
            after["paymentEvents"].as_array().map(Vec::len),
            Some(2),
            "{after}"
        );
    }
}

#[tokio::test]
async fn a_refused_or_canceled_one_takes_nothing_and_can_be_tried_again() {
    let app = App::new();
    for decision in ["refuse", "cancel"] {
        let intent = id(&app.create(json!({})).await);
        let (secret, challenge) = challenged(&app, &intent).await;
        let proof = prove(&app, &challenge.answer, decision).await;
        let refused = complete(&app, &secret, &challenge.answer, &proof).await;
        assert!(
            [5, 30, 90].contains(&refused.code),
            "{decision}: {}",
            refused.answer
        );
        assert_eq!(app.status(&intent).await, "Created");

        let secret = app.secret(&intent).await;
        assert_eq!(pay(&app, &secret, APPROVED).await.code, 0);
        assert_eq!(app.status(&intent).await, "Captured");
    }
}

#[tokio::test]
async fn a_proof_is_of_its_own_payment() {
    let app = App::new();
    let (one, other) = (app.create(json!({})).await, app.create(json!({})).await);
    let (secret, mine) = challenged(&app, &id(&one)).await;
    let (_, foreign) = challenged(&app, &id(&other)).await;
    let proof = prove(&app, &foreign.answer, "approve").await;
    for (challenge, proof) in [
        (&foreign.answer, proof.as_str()),
        (&mine.answer, proof.as_str()),
        (&mine.answer, "approved"),
        (&mine.answer, ""),
    ] {
        let refused = complete(&app, &secret, challenge, proof).await;
        assert_ne!(refused.code, 0, "{}", refused.answer);
        assert_ne!(app.status(&id(&one)).await, "Captured");
    }
    assert_eq!(app.status(&id(&other)).await, "Created");
}

#[tokio::test]
async fn mobile_clients_complete_at_their_own_path() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    let (secret, challenge) = challenged(&app, &intent).await;
    let proof = prove(&app, &challenge.answer, "approve").await;
    let body = json!({
        "paRes": proof,
        "transactionId": text(&challenge.answer, "md"),
        "cardinalValidateResponse": {
            "isValidated": true, "errorNumber": 0, "errorDescription": "", "actionCode": "SUCCESS",
        },
    });
    let path = format!("/connect-e/mobile/payments/{secret}/three-ds-complete");
    let reply = app
        .stranger()
        .send(&path, body)
        .header("IS-MOBILE", "true")
        .await;
    assert_eq!(Paid::of(&reply).code, 0, "{}", reply.text());
    assert_eq!(app.status(&intent).await, "Captured");
}

#[tokio::test]
async fn a_bank_may_post_its_proof_to_the_page_it_leads_back_to() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    let (_, challenge) = challenged(&app, &intent).await;
    let proof = prove(&app, &challenge.answer, "approve").await;
    let path = format!("/checkout/{intent}/three-ds-return");
    let fields = |proof: &str| {
        [
            ("PaRes".to_owned(), proof.to_owned()),
            ("MD".to_owned(), text(&challenge.answer, "md")),
        ]
    };
    let back = app.stranger().post(&path).form(&fields(&proof)).await;
    assert_eq!(back.status, 303, "{}", back.text());
    assert_eq!(
        back.header("location"),
        format!("/checkout/{intent}/result")
    );
    assert_eq!(app.status(&intent).await, "Captured");
    for again in [
        app.stranger().post(&path).form(&fields(&proof)),
        app.stranger().post(&path).json(json!({})),
        app.stranger().post(&path),
    ] {
        assert_eq!(again.await.status, 303, "the result page tells");
    }
    assert_eq!(app.status(&intent).await, "Captured");
}

#[tokio::test]
async fn an_absent_card_holder_is_not_asked() {
    let app = App::new();
    let intent = id(&app.create(json!({ "cardHolderNotPresent": true })).await);
    let secret = app.secret(&intent).await;
    assert_eq!(pay(&app, &secret, CHALLENGED).await.code, 0);
    assert_eq!(app.status(&intent).await, "Captured");
}

#[tokio::test]
async fn a_canceled_intent_is_not_paid_after_its_challenge() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    let (secret, challenge) = challenged(&app, &intent).await;
    let proof = prove(&app, &challenge.answer, "approve").await;
    app.delete(&format!("/payment-intents/{intent}"))
        .await
        .expect(200);
    let late = complete(&app, &secret, &challenge.answer, &proof).await;
    assert_ne!(late.code, 0, "{}", late.answer);
    assert_eq!(app.status(&intent).await, "Canceled");
}
