//! How often cards can be tried.

use serde_json::json;
use tatami_tests::{APPROVED, App, DECLINED, Paid, Tatami, give, pay};

use crate::customers::{customer, secret_of};
use crate::id;
use crate::operating::sample;

const WORDS: &str = "Too many cards were declined. Nothing was taken from this card. Try again in";

async fn try_card(app: &App, intent: &str, card: tatami_tests::Card<'_>) -> Paid {
    let secret = app.secret(intent).await;
    pay(app, &secret, card).await
}

#[tokio::test]
async fn ten_declined_cards_are_the_most_that_a_payment_takes_in_an_hour() {
    let server = Tatami::start();
    let app = App::on(&server);
    let intent = id(&app.create(json!({})).await);
    for n in 0..10 {
        let paid = try_card(&app, &intent, DECLINED).await;
        assert_eq!(paid.code, 5, "{n}: {}", paid.answer);
    }
    let books = app.books().await.len();
    // A good card, too, and again and again with the same secret.
    let secret = app.secret(&intent).await;
    for _ in 0..3 {
        let refused = pay(&app, &secret, APPROVED).await;
        assert_eq!(refused.code, 30, "{}", refused.answer);
        let message = refused.answer["message"].as_str().expect("a message");
        assert!(message.starts_with(WORDS), "{message}");
        assert!(message.ends_with("minutes."), "{message}");
    }
    assert_eq!(app.books().await.len(), books, "the acquirer was not asked");
    let told = app.metrics().await.text();
    let account = format!("account=\"{}\"", app.account);
    let seen = |name, label| sample(&told, name, &[&account, label]);
    assert_eq!(seen("tatami_payer_tries_total", "declined"), Some(10.0));
    assert_eq!(
        seen("tatami_payer_tries_refused_total", "payment"),
        Some(3.0)
    );

    // Another payment is another matter; and an hour later it is over.
    let other = id(&app.create(json!({})).await);
    assert_eq!(try_card(&app, &other, APPROVED).await.code, 0);
    app.advance("0.00:30:00").await;
    let refused = try_card(&app, &intent, APPROVED).await;
    assert_eq!(refused.code, 30, "{}", refused.answer);
    app.advance("0.00:30:00").await;
    assert_eq!(try_card(&app, &intent, APPROVED).await.code, 0);
}

#[tokio::test]
async fn a_saved_card_is_refused_like_any_other_after_too_many_tries() {
    let app = App::new();
    let ada = customer(&app).await;
    let wish = json!({ "customer": { "id": ada }, "paymentMethods": ["Card", "SavedCard"] });
    let first = id(&app.create(wish.clone()).await);
    let mut body = APPROVED.body();
    body["savePaymentMethod"] = true.into();
    let secret = app.secret(&first).await;
    let path = format!("/connect-e/api/payments/{secret}");
    app.stranger().send(&path, body).await.expect(200);
    let opened = secret_of(&app, &ada).await;
    let methods = crate::customers::methods_of(&app, &ada, &opened).await;
    let card = crate::text(&methods[0], "id");

    let intent = id(&app.create(wish).await);
    for _ in 0..10 {
        try_card(&app, &intent, DECLINED).await;
    }
    let secret = app.secret(&intent).await;
    let path = format!("/connect-e/api/payments/recurring/{secret}");
    let body = json!({ "paymentMethodId": card, "cv2": "020" });
    let refused = app.stranger().send(&path, body).await.expect(200);
    assert_eq!(refused["statusCode"], 30, "{refused}");
}

#[tokio::test]
async fn a_setup_intent_takes_no_more_declined_cards_than_a_payment() {
    let app = App::new();
    let setup = id(&app.setup(json!({})).await);
    let refresh = format!("/setup-intents/{setup}/refresh-client-session-secret");
    for n in 0..11 {
        let renewed = app.post(&refresh).await.expect(200);
        let secret = crate::text(&renewed, "clientSessionSecret");
        let given = give(&app, &secret, DECLINED, true).await.json();
        let expected = if n < 10 { 5 } else { 30 };
        assert_eq!(given["statusCode"], expected, "{n}: {given}");
    }
}

#[tokio::test]
async fn an_address_waits_after_five_declines_and_others_do_not() {
    let server = Tatami::start_with(&[
        "--sandbox-payer-limits",
        "--payer-address-header",
        "x-forwarded-for",
    ]);
    let app = App::on(&server);
    let from = async |address: &str, card: tatami_tests::Card<'_>| {
        let intent = id(&app.create(json!({})).await);
        let path = format!("/connect-e/api/payments/{}", app.secret(&intent).await);
        let paying = app.stranger().send(&path, card.body());
        paying.header("x-forwarded-for", address).await.json()
    };
    for _ in 0..5 {
        let paid = from("203.0.113.7, 198.51.100.1", DECLINED).await;
        assert_eq!(paid["statusCode"], 5, "{paid}");
    }
    // What comes before the last address is anybody's word.
    let refused = from("192.0.2.77, 198.51.100.1", APPROVED).await;
    assert_eq!(refused["statusCode"], 30, "{refused}");
    let message = refused["message"].as_str().expect("a message");
    assert_eq!(message, format!("{WORDS} 10 seconds."));
    assert_eq!(from("198.51.100.2", APPROVED).await["statusCode"], 0);
    app.advance("00:00:10").await;
    assert_eq!(from("198.51.100.1", APPROVED).await["statusCode"], 0);
}

#[tokio::test]
async fn in_a_sandbox_an_address_can_try_as_often_as_it_likes() {
    let app = App::new();
    for _ in 0..12 {
        let intent = id(&app.create(json!({})).await);
        assert_eq!(try_card(&app, &intent, DECLINED).await.code, 5);
    }
}
