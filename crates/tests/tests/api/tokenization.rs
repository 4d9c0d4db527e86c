//! Setup intents that are authorized with a card that the shop's own server
//! captured.

use serde_json::{Value, json};
use tatami_tests::{App, DEVELOPMENT_KEY, booking, shared};

use crate::{id, text};

const PATH: &str = "/pci-api/setup-intents";

fn permitted() -> App {
    let server = shared();
    let account = server.admin(
        &[
            "accounts",
            "create",
            "Hotel",
            "--permission",
            "tokenization",
        ],
        "account",
    );
    App::of(server, &account, "sandbox")
}

fn captured(number: &str, changes: Value) -> Value {
    let mut body = booking(json!({}));
    body["card"] = json!({
        "cardNumber": number, "expiryDate": "12/39", "cv2": "020", "cardholderName": "Ada Payer",
    });
    body["consent"] = json!({ "given": true });
    for (name, value) in changes.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_captured_card_is_authorized_in_one_call_and_charged() {
    let app = permitted();
    // Its holder was asked by the shop: nobody is asked again.
    let secure = json!({ "threeDSecure": {
        "version": "2.2.0", "eci": "05", "authenticationValue": "AAABCSIIAAAAAAACcwgAAAAAAAA=",
        "dsTransactionId": "d65e93c3-35ab-41ba-b307-767bfc19eae3",
    } });
    let reply = app
        .send(PATH, captured("4456 5300 0000 1096", secure))
        .await;
    let setup = reply.expect(200);
    assert_eq!(setup["status"], "Authorized", "{setup}");
    assert_eq!(setup["paymentDetails"]["card"]["last4PAN"], "1096");
    assert!(!reply.text().contains("4456530000001096"));
    let bill = app.bill(&id(&setup)).await;
    assert_eq!(app.charge(&bill).await.expect(200)["status"], "Successful");
    assert_eq!(app.setup_now(&id(&setup)).await["status"], "Completed");
}

#[tokio::test]
async fn a_refused_card_is_told_by_the_status() {
    let app = permitted();
    let failed = json!({ "threeDSecure": { "eci": "07" } });
    for body in [
        captured("4456530000001013", json!({})),
        captured("4456530000001005", failed),
    ] {
        let setup = app.send(PATH, body).await.expect(200);
        assert_eq!(setup["status"], "Created", "{setup}");
        assert_eq!(setup["setupEvents"][0]["eventType"], "Declined");
    }
}

#[tokio::test]
async fn only_those_who_may() {
    let app = App::new();
    let body = captured("4456530000001005", json!({}));
    app.send(PATH, body.clone()).await.problem(403);
    app.stranger().send(PATH, body.clone()).await.problem(401);
    assert!(app.books().await.is_empty());
    let development = App::with_key(shared(), DEVELOPMENT_KEY);
    let setup = development.send(PATH, body).await.expect(200);
    assert_eq!(setup["status"], "Authorized");
}

#[tokio::test]
async fn every_broken_rule_is_named_and_no_number_repeated() {
    let app = permitted();
    let card = |name: &str, value: Value| {
        let mut body = captured("4456530000001005", json!({}));
        body["card"][name] = value;
        body
    };
    for (body, field) in [
        (
            card("cardNumber", json!("4456530000001006")),
            "Card.CardNumber",
        ),
        (card("expiryDate", json!("13/39")), "Card.ExpiryDate"),
        (card("expiryDate", json!("01/20")), "Card.ExpiryDate"),
        (card("cv2", json!("12")), "Card.Cv2"),
        (card("cardholderName", json!("")), "Card.CardholderName"),
        (
            card("cardholderName", json!("4456530000001005")),
            "Card.CardholderName",
        ),
        (
            captured("4456530000001005", json!({ "card": null })),
            "Card",
        ),
        (
            captured("4456530000001005", json!({ "consent": { "given": false } })),
            "Consent.Given",
        ),
        (
            captured(
                "4456530000001005",
                json!({ "consent": { "given": true, "givenAt": "2099-01-01T00:00:00Z" } }),
            ),
            "Consent.GivenAt",
        ),
        (
            captured("4456530000001005", json!({ "terms": "" })),
            "Terms",
        ),
        (
            captured(
                "4456530000001005",
                json!({ "threeDSecure": { "eci": "5" } }),
            ),
            "ThreeDSecure.Eci",
        ),
    ] {
        let reply = app.send(PATH, body).await;
        let blamed = reply.blames(400);
        assert!(blamed.iter().any(|f| f == field), "{field}: {blamed:?}");
        assert!(
            !reply.text().contains("445653000000100"),
            "{}",
            reply.text()
        );
    }
    assert!(app.books().await.is_empty());
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_answered_again() {
    let app = permitted();
    let ask = || {
        app.send(PATH, captured("4456530000001005", json!({})))
            .key("token")
    };
    let first = ask().await.expect(200);
    let again = ask().await.expect(200);
    assert_eq!(text(&again, "id"), text(&first, "id"));
    assert_eq!(app.books().await.len(), 1);
}
