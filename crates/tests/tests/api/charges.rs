//! Charging the card of a setup intent.

use serde_json::json;
use tatami_tests::{
    APPROVED, App, CHALLENGED, Card, Paid, booked, complete, give, prove, test_card,
};

use crate::{id, text, unknown};

#[tokio::test]
async fn a_charge_completes_both() {
    let app = App::new();
    let setup = app.set_up(json!({}), APPROVED).await;
    let bill = app.bill(&setup).await;
    assert_eq!(app.setup_now(&setup).await["status"], "Authorized");
    let answer = app.charge(&bill).await.expect(200);
    assert_eq!(
        answer,
        json!({ "paymentIntentId": bill, "status": "Successful", "message": "DEPOSITED" })
    );
    let paid = app.intent(&bill).await;
    assert_eq!(paid["status"], "Captured");
    assert_eq!(paid["setupIntentId"], setup.as_str());
    assert_eq!(
        paid["paymentDetails"]["card"]["cardNumber"],
        "44565300****1005"
    );
    let done = app.setup_now(&setup).await;
    assert_eq!(done["status"], "Completed");
    assert_eq!(done["setupEvents"][1]["eventType"], "Captured");
    let books = app.get("/sandbox/acquirer/books").await.expect(200);
    assert_eq!(books[1]["operation"], "charge");
    assert_eq!(
        books[1]["original"], books[0]["networkReference"],
        "{books}"
    );
    assert_eq!(books[1]["cv2Result"], "NOT_CHECKED");
    app.charge(&bill).await.problem(400);
    let refund = app
        .send(
            &format!("/payment-intents/{bill}/refunds"),
            json!({ "amount": 400 }),
        )
        .key("r");
    refund.await.expect(200);
}

#[tokio::test]
async fn nobody_is_asked_even_if_the_holder_was() {
    let app = App::new();
    let setup = app.setup(json!({})).await;
    let secret = text(&setup, "clientSessionSecret");
    let asked = Paid::of(&give(&app, &secret, CHALLENGED, true).await);
    let proof = prove(&app, &asked.answer, "approve").await;
    assert_eq!(complete(&app, &secret, &asked.answer, &proof).await.code, 0);
    let bill = app.bill(&id(&setup)).await;
    let answer = app.charge(&bill).await.expect(200);
    assert_eq!(answer["status"], "Successful", "{answer}");
}

#[tokio::test]
async fn a_decline_is_an_answer_and_the_card_can_be_charged_again() {
    let app = App::new();
    let number = test_card(&app, "insufficient funds").await;
    let poor = Card {
        number: &number,
        cv2: "020",
    };
    let setup = app.set_up(json!({}), poor).await;
    let bill = app.bill(&setup).await;
    for _ in 0..2 {
        let answer = app.charge(&bill).await.expect(200);
        assert_eq!(answer["status"], "Declined", "{answer}");
        assert_eq!(answer["paymentIntentId"], bill.as_str());
        assert_eq!(app.setup_now(&setup).await["status"], "Authorized");
    }
    let intent = app.intent(&bill).await;
    assert_eq!(intent["status"], "Created");
    assert_eq!(intent["paymentEvents"][0]["eventType"], "Declined");
    assert_eq!(booked(&app.books().await, "charge"), 0);
}

#[tokio::test]
async fn a_no_show_is_charged_once() {
    let app = App::new();
    let setup = app.set_up(json!({}), APPROVED).await;
    let (one, two) = (app.bill(&setup).await, app.bill(&setup).await);
    let (a, b) = tokio::join!(app.charge(&one), app.charge(&two));
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    // Whoever comes second is told that it is charged, or is being charged.
    let second = [[200, 400], [200, 409]];
    assert!(second.contains(&statuses), "{} {}", a.text(), b.text());
    assert_eq!(booked(&app.books().await, "charge"), 1000);
    let refused = app.send(
        "/payment-intents",
        json!({
            "amount": { "value": 1, "currencyCode": "GBP" }, "reference": "r",
            "setupIntentId": setup,
        }),
    );
    assert_eq!(refused.await.blames(400), ["SetupIntentId"]);
}

#[tokio::test]
async fn unscheduled_charges_each_have_their_payment_intent() {
    let app = App::new();
    let changes = json!({ "merchantInitiatedTransactionType": "Unscheduled" });
    let setup = app.set_up(changes, APPROVED).await;
    for nth in 1..=3 {
        let bill = app.bill(&setup).await;
        let answer = app.charge(&bill).await.expect(200);
        assert_eq!(answer["status"], "Successful", "{answer}");
        assert_eq!(app.setup_now(&setup).await["status"], "Completed");
        assert_eq!(booked(&app.books().await, "charge"), 1000 * nth);
        app.charge(&bill).await.problem(400);
    }
    let path = format!("/setup-intents/{setup}?includeAuthorized=true");
    let closed = app.delete(&path).await.expect(200);
    assert_eq!(closed["status"], "Closed");
}

#[tokio::test]
async fn every_wrong_order_has_its_refusal() {
    let app = App::new();
    let plain = id(&app.create(json!({})).await);
    assert_eq!(app.charge(&plain).await.blames(400), ["SetupIntentId"]);
    app.charge(&unknown("pi")).await.problem(404);
    app.charge("pi_sandbox_T").await.problem(400);
    app.stranger()
        .post(&format!("/payment-intents/{plain}/charge"))
        .await
        .problem(401);

    let setup = id(&app.setup(json!({})).await);
    let early = app.bill(&setup).await;
    let told = app.charge(&early).await.detail(400);
    assert!(told.contains("`Created`"), "{told}");

    let kept = app.set_up(json!({}), APPROVED).await;
    let manual = json!({
        "setupIntentId": kept, "captureMode": "Manual", "autoExpireIn": "6.00:00:00",
        "autoExpireAction": "Release",
        "amount": { "value": 1000, "currencyCode": "GBP" }, "reference": "r",
    });
    let reply = app.send("/payment-intents", manual).await;
    assert_eq!(reply.blames(400), ["CaptureMode"]);
    let canceled = app.bill(&kept).await;
    app.delete(&format!("/payment-intents/{canceled}"))
        .await
        .expect(200);
    app.charge(&canceled).await.problem(400);
    let other = App::new();
    for named in [unknown("si"), "si_sandbox_T".to_owned(), kept.clone()] {
        let body = json!({
            "setupIntentId": named, "reference": "r",
            "amount": { "value": 1000, "currencyCode": "GBP" },
        });
        let reply = other.send("/payment-intents", body).await;
        assert_eq!(reply.blames(400), ["SetupIntentId"], "{named}");
    }
    let nothing = app.create(json!({ "setupIntentId": "" })).await;
    assert!(nothing.get("setupIntentId").is_none(), "{nothing}");
    assert!(app.books().await.iter().all(|entry| !entry.is("charge")));
}

#[tokio::test]
async fn a_charge_that_is_sent_again_is_answered_again() {
    let app = App::new();
    let setup = app.set_up(json!({}), APPROVED).await;
    let bill = app.bill(&setup).await;
    let path = format!("/payment-intents/{bill}/charge");
    let first = app.post(&path).key("charge").await.expect(200);
    assert_eq!(app.post(&path).key("charge").await.expect(200), first);
    assert_eq!(booked(&app.books().await, "charge"), 1000);
}

#[tokio::test]
async fn a_charge_whose_answer_was_lost_settles_and_completes_both() {
    let app = App::new();
    for (about, status) in [
        ("its answer is lost", "Completed"),
        ("request is lost", "Authorized"),
    ] {
        let number = test_card(&app, about).await;
        let card = Card {
            number: &number,
            cv2: "020",
        };
        let setup = app.setup(json!({})).await;
        let mut given = give(&app, &text(&setup, "clientSessionSecret"), card, true).await;
        if Paid::of(&given).code != 0 {
            // Its verification never arrives either: it cannot be charged.
            assert_eq!(status, "Authorized", "{}", given.text());
            given = app.charge(&app.bill(&id(&setup)).await).await;
            given.problem(400);
            continue;
        }
        let bill = app.bill(&id(&setup)).await;
        let answer = app.charge(&bill).await.expect(200);
        assert_eq!(answer["status"], "Successful", "{answer}");
        assert_eq!(app.setup_now(&id(&setup)).await["status"], status);
        assert_eq!(app.status(&bill).await, "Captured");
    }
}
