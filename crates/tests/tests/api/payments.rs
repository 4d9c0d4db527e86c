//! Paying through the component endpoint.

use serde_json::{Value, json};
use tatami_tests::{
    APPROVED, App, Card, DECLINED, MASTERCARD, PUBLISHED_CARDS, Paid, booked, pay, pay_intent,
};

use crate::{id, manual, pounds, text};

fn events(intent: &Value) -> Vec<String> {
    intent["paymentEvents"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|event| text(event, "eventType"))
        .collect()
}

#[tokio::test]
async fn an_approved_card_captures_at_once_and_is_shown_masked() {
    let app = App::new();
    let intent = app.create(json!({ "tipsAmount": pounds(50) })).await;
    let secret = app.secret(&id(&intent)).await;
    let paid = pay(&app, &secret, APPROVED).await;
    assert_eq!(paid.code, 0, "{}", paid.answer);
    assert!(
        !text(&paid.answer, "authCode").is_empty(),
        "{}",
        paid.answer
    );

    let intent = app.intent(&id(&intent)).await;
    assert_eq!(intent["status"], "Captured");
    let details = &intent["paymentDetails"];
    assert_eq!(details["card"]["cardNumber"], "44565300****1005");
    assert_eq!(details["card"]["last4PAN"], "1005");
    assert_eq!(details["card"]["cardName"], "Ada Lovelace");
    assert_eq!(details["card"]["cardType"], "VISA");
    assert_eq!(details["authCode"], paid.answer["authCode"]);
    assert!(!text(details, "transactionId").is_empty());
    assert!(!text(details, "transactionDateTime").is_empty());
    assert!(!text(details, "message").is_empty());
    assert_eq!(events(&intent), ["Captured"]);
}

#[tokio::test]
async fn a_manual_intent_is_held() {
    let app = App::new();
    let intent = app.create(manual()).await;
    let paid = pay_intent(&app, &id(&intent), MASTERCARD).await;
    assert_eq!(paid["status"], "Authorized");
    assert_eq!(paid["paymentDetails"]["card"]["cardType"], "MASTERCARD");
    assert_eq!(paid["captures"], json!([]));
    assert_eq!(events(&paid), ["Authorized"]);
}

#[tokio::test]
async fn a_declined_try_leaves_the_intent_created_to_be_tried_again() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    for tries in 1..=2 {
        let secret = app.secret(&intent).await;
        assert_eq!(pay(&app, &secret, DECLINED).await.code, 5);
        let after = app.intent(&intent).await;
        assert_eq!(after["status"], "Created");
        assert!(after.get("paymentDetails").is_none(), "{after}");
        assert_eq!(events(&after), vec!["Declined"; tries]);
    }
    let paid = pay_intent(&app, &intent, APPROVED).await;
    assert_eq!(paid["status"], "Captured");
    assert_eq!(events(&paid), ["Declined", "Declined", "Captured"]);
}

#[tokio::test]
async fn every_published_card_does_what_its_table_says() {
    let app = App::new();
    for (number, outcome) in PUBLISHED_CARDS {
        let intent = app.create(json!({})).await;
        let secret = app.secret(&id(&intent)).await;
        let paid = pay(&app, &secret, Card { number, cv2: "020" }).await;
        let (code, status) = match outcome {
            "approved" => (0, "Captured"),
            "declined" => (5, "Created"),
            _ => (3, "Created"),
        };
        assert_eq!(paid.code, code, "{number}: {}", paid.answer);
        assert_eq!(app.status(&id(&intent)).await, status, "{number}");
        if code == 3 {
            for needed in ["md", "stepUpUrl", "paReq"] {
                assert!(
                    !text(&paid.answer, needed).is_empty(),
                    "{number}: {}",
                    paid.answer
                );
            }
        }
    }
}

#[tokio::test]
async fn each_status_code_of_a_submission_has_a_card() {
    let app = App::new();
    for (title, code) in [
        ("referred", 4),
        ("duplicate", 20),
        ("failed", 30),
        ("submission fails", 500),
    ] {
        let intent = id(&app.create(json!({})).await);
        let secret = app.secret(&intent).await;
        let number = tatami_tests::test_card(&app, title).await;
        let paid = pay(&app, &secret, Card::new(&number)).await;
        assert_eq!(paid.code, code, "{title}: {}", paid.answer);
        assert!(!text(&paid.answer, "message").is_empty());
        assert_eq!(app.status(&intent).await, "Created", "{title}");
    }
}

#[tokio::test]
async fn a_secret_pays_once_and_for_half_an_hour() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    let secret = app.secret(&intent).await;
    assert_eq!(pay(&app, &secret, DECLINED).await.code, 5);
    assert_eq!(pay(&app, &secret, APPROVED).await.code, 401);
    assert_eq!(app.status(&intent).await, "Created");

    let secret = app.secret(&intent).await;
    app.advance("00:30:01").await;
    assert_eq!(pay(&app, &secret, APPROVED).await.code, 401);
    assert_eq!(app.status(&intent).await, "Created");

    let older = app.secret(&intent).await;
    let newer = app.secret(&intent).await;
    assert_eq!(pay(&app, &older, APPROVED).await.code, 401);
    assert_eq!(pay(&app, &newer, APPROVED).await.code, 0);
    assert_eq!(pay(&app, &newer, APPROVED).await.code, 401);
    let books = app.books().await;
    assert_eq!(books.len(), 2, "one decline and one approval: {books:?}");
    assert_eq!(booked(&books, "charge"), 1000);
}

#[tokio::test]
async fn a_secret_that_is_none_pays_nothing() {
    let app = App::new();
    for wrong in ["nonsense", "a.b.c", &"x".repeat(400)] {
        let code = pay(&app, wrong, APPROVED).await.code;
        assert!([401, 404].contains(&code), "{wrong}: {code}");
    }
}

#[tokio::test]
async fn a_card_is_read_in_the_forms_that_clients_send() {
    let app = App::new();
    for (number, expiry) in [
        ("4456 5300 0000 1005", "12/39"),
        ("4456-5300-0000-1005", "12 / 39"),
        ("4456530000001005", "12/2039"),
    ] {
        let intent = app.create(json!({})).await;
        let secret = app.secret(&id(&intent)).await;
        let mut body = APPROVED.body();
        body["cardNumber"] = json!(number);
        body["expiryDate"] = json!(expiry);
        body["savePaymentMethod"] = json!(false);
        body["mitConsentGiven"] = Value::Null;
        body["userEmailAddress"] = json!("ada@example.com");
        body["userPhoneNumber"] = json!("");
        body["billingAddress"] = json!({ "address1": "1 High Street", "countryCode": "826" });
        body["shippingDetails"] = Value::Null;
        body["metaData"] = json!({ "dojo-sdk-core-version": "1.0" });
        let path = format!("/connect-e/api/payments/{secret}");
        let reply = app
            .stranger()
            .send(&path, body)
            .header("IS-MOBILE", "true")
            .await;
        assert_eq!(Paid::of(&reply).code, 0, "{}", reply.text());
        let paid = app.intent(&id(&intent)).await;
        assert_eq!(paid["customer"]["emailAddress"], "ada@example.com");
    }
}

#[tokio::test]
async fn cards_that_cannot_be_are_refused_before_the_acquirer_hears_of_them() {
    let app = App::new();
    for (name, value) in [
        ("cardNumber", json!("4456530000001006")),
        ("cardNumber", json!("")),
        ("cardNumber", json!("4456")),
        ("expiryDate", json!("12/24")),
        ("expiryDate", json!("13/39")),
        ("expiryDate", json!("")),
        ("cV2", json!("12")),
        ("cV2", json!("1234")),
        ("cV2", json!("")),
    ] {
        let intent = id(&app.create(json!({})).await);
        let secret = app.secret(&intent).await;
        let mut body = APPROVED.body();
        body[name] = value.clone();
        let path = format!("/connect-e/api/payments/{secret}");
        let reply = app.stranger().send(&path, body).await;
        assert_eq!(
            Paid::of(&reply).code,
            400,
            "{name} {value}: {}",
            reply.text()
        );
        assert!(
            !reply.text().contains("4456530000001006"),
            "{}",
            reply.text()
        );
        assert_eq!(app.status(&intent).await, "Created");
        // A slip of the pen does not use the secret up.
        assert_eq!(pay(&app, &secret, APPROVED).await.code, 0, "{name} {value}");
    }
}

#[tokio::test]
async fn a_canceled_intent_is_not_paid() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    let secret = app.secret(&intent).await;
    app.delete(&format!("/payment-intents/{intent}"))
        .await
        .expect(200);
    let code = pay(&app, &secret, APPROVED).await.code;
    assert!([400, 401, 404, 409].contains(&code), "{code}");
    assert!(app.books().await.is_empty());
}
