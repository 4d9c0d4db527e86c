//! Saving cards, and paying with saved ones.

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{
    APPROVED, App, CHALLENGED, Card, DECLINED, MASTERCARD, Paid, Tatami, booked, complete, pay,
    prove, test_card,
};

use crate::customers::{as_customer, customer, methods_of, secret_of};
use crate::{id, text, unknown};

/// An order of a customer that may be paid with saved cards.
fn order(customer: &str) -> Value {
    json!({ "paymentMethods": ["SavedCard", "Card"], "customer": { "id": customer } })
}

/// Pays and has the card saved.
async fn pay_and_save(app: &App, secret: &str, card: Card<'_>) -> Paid {
    submit_and_save(app, secret, card.body()).await
}

async fn submit_and_save(app: &App, secret: &str, mut body: Value) -> Paid {
    body["savePaymentMethod"] = json!(true);
    let path = format!("/connect-e/api/payments/{secret}");
    Paid::of(&app.stranger().send(&path, body).await)
}

/// Pays with a saved card.
async fn pay_saved(app: &App, secret: &str, method: &str, cv2: &str) -> Paid {
    let path = format!("/connect-e/api/payments/recurring/{secret}");
    let body = json!({ "cV2": cv2, "paymentMethodId": method });
    Paid::of(&app.stranger().send(&path, body).await)
}

/// A customer with a saved card, and the card's id.
async fn saved(app: &App, card: Card<'_>) -> (String, String) {
    let ada = customer(app).await;
    let method = save_for(app, &ada, card).await;
    (ada, method)
}

/// Saves a card for a customer; its id.
pub async fn save_for(app: &App, customer: &str, card: Card<'_>) -> String {
    let intent = id(&app.create(order(customer)).await);
    let secret = app.secret(&intent).await;
    let paid = pay_and_save(app, &secret, card).await;
    assert_eq!(paid.code, 0, "{}", paid.answer);
    text(
        &app.intent(&intent).await["paymentDetails"],
        "paymentMethodId",
    )
}

async fn methods(app: &App, customer: &str) -> Vec<String> {
    let secret = secret_of(app, customer).await;
    let methods = methods_of(app, customer, &secret).await;
    methods.iter().map(id).collect()
}

#[tokio::test]
async fn a_card_is_saved_and_pays_by_its_security_code_alone() {
    let app = App::new();
    let (ada, method) = saved(&app, APPROVED).await;
    assert!(method.starts_with("pm_"), "{method}");
    let secret = secret_of(&app, &ada).await;
    let there = methods_of(&app, &ada, &secret).await;
    let details =
        json!({ "pan": "44565300****1005", "expiryDate": "2039-12-31", "scheme": "VISA" });
    assert_eq!(there, [json!({ "id": method, "cardDetails": details })]);

    let intent = id(&app.create(order(&ada)).await);
    let session = app.secret(&intent).await;
    let paid = pay_saved(&app, &session, &method, "020").await;
    assert_eq!(paid.code, 0, "{}", paid.answer);
    let after = app.intent(&intent).await;
    assert_eq!(after["status"], "Captured");
    assert_eq!(after["paymentDetails"]["paymentMethodId"], method.as_str());
    assert_eq!(
        after["paymentDetails"]["card"]["cardNumber"],
        "44565300****1005"
    );
    assert_eq!(
        after["paymentEvents"][0]["paymentMethodId"],
        method.as_str()
    );
    assert_eq!(booked(&app.books().await, "charge"), 2000);
    assert_eq!(methods(&app, &ada).await, [method]);
}

#[tokio::test]
async fn the_same_card_is_one_payment_method() {
    let app = App::new();
    let (ada, method) = saved(&app, APPROVED).await;
    assert_eq!(save_for(&app, &ada, APPROVED).await, method);
    let other = save_for(&app, &ada, MASTERCARD).await;
    assert_ne!(other, method);
    assert_eq!(methods(&app, &ada).await, [other.clone(), method.clone()]);
    // Of another customer it is another.
    let (_, eves) = saved(&app, APPROVED).await;
    assert_ne!(eves, method);

    // Two payments at once find it out as well.
    let bob = customer(&app).await;
    let mut secrets = Vec::new();
    for _ in 0..4 {
        secrets.push(app.secret(&id(&app.create(order(&bob)).await)).await);
    }
    let pay = |secret: String| {
        let app = app.clone();
        tokio::spawn(async move { pay_and_save(&app, &secret, APPROVED).await })
    };
    let all: Vec<_> = secrets.into_iter().map(pay).collect();
    for paid in all {
        let paid = paid.await.expect("an answer");
        assert_eq!(paid.code, 0, "{}", paid.answer);
    }
    assert_eq!(methods(&app, &bob).await.len(), 1);
}

#[tokio::test]
async fn a_card_that_is_challenged_is_saved_after_the_challenge() {
    let app = App::new();
    let ada = customer(&app).await;
    let intent = id(&app.create(order(&ada)).await);
    let secret = app.secret(&intent).await;
    let asked = pay_and_save(&app, &secret, CHALLENGED).await;
    assert_eq!(asked.code, 3, "{}", asked.answer);
    assert!(methods(&app, &ada).await.is_empty(), "saved too early");
    let proof = prove(&app, &asked.answer, "approve").await;
    let paid = complete(&app, &secret, &asked.answer, &proof).await;
    assert_eq!(paid.code, 0, "{}", paid.answer);
    let kept = methods(&app, &ada).await;
    let details = app.intent(&intent).await["paymentDetails"].clone();
    assert_eq!(kept, [text(&details, "paymentMethodId")]);

    // The saved card may be challenged too.
    let intent = id(&app.create(order(&ada)).await);
    let secret = app.secret(&intent).await;
    let asked = pay_saved(&app, &secret, &kept[0], "020").await;
    assert_eq!(asked.code, 3, "{}", asked.answer);
    let proof = prove(&app, &asked.answer, "approve").await;
    let paid = complete(&app, &secret, &asked.answer, &proof).await;
    assert_eq!(paid.code, 0, "{}", paid.answer);
    let details = app.intent(&intent).await["paymentDetails"].clone();
    assert_eq!(text(&details, "paymentMethodId"), kept[0]);
}

#[tokio::test]
async fn a_card_whose_payment_does_not_come_about_is_not_kept() {
    let app = App::new();
    let ada = customer(&app).await;
    let intent = id(&app.create(order(&ada)).await);
    let secret = app.secret(&intent).await;
    let declined = pay_and_save(&app, &secret, DECLINED).await;
    assert_eq!(declined.code, 5, "{}", declined.answer);
    let secret = app.secret(&intent).await;
    let asked = pay_and_save(&app, &secret, CHALLENGED).await;
    let proof = prove(&app, &asked.answer, "refuse").await;
    complete(&app, &secret, &asked.answer, &proof).await;
    // One that is left at the bank's page is given up.
    let secret = app.secret(&intent).await;
    let asked = pay_and_save(&app, &secret, CHALLENGED).await;
    let proof = prove(&app, &asked.answer, "approve").await;
    app.advance("01:00:00").await;
    let late = complete(&app, &secret, &asked.answer, &proof).await;
    assert_eq!(late.code, 0, "{}", late.answer);
    assert!(methods(&app, &ada).await.is_empty());
    let details = &app.intent(&intent).await["paymentDetails"];
    assert!(details.get("paymentMethodId").is_none(), "{details}");
    // Not asked for, not kept.
    let intent = id(&app.create(order(&ada)).await);
    pay(&app, &app.secret(&intent).await, APPROVED).await;
    assert!(methods(&app, &ada).await.is_empty());
}

#[tokio::test]
async fn an_outcome_that_comes_late_still_saves_the_card() {
    let app = App::new();
    let ada = customer(&app).await;
    let number = test_card(&app, "time-out, then approved").await;
    let intent = id(&app.create(order(&ada)).await);
    let secret = app.secret(&intent).await;
    let asked = pay_and_save(&app, &secret, Card::new(&number)).await;
    assert!([0, 40].contains(&asked.code), "{}", asked.answer);
    app.advance("00:05:00").await;
    assert_eq!(app.status(&intent).await, "Captured");
    assert_eq!(methods(&app, &ada).await.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_saved_or_used_is_refused_before_the_acquirer_is_asked() {
    let app = App::new();
    let (ada, method) = saved(&app, APPROVED).await;
    let (_, eves) = saved(&app, MASTERCARD).await;
    let before = app.books().await.len();
    let session = |order: Value| {
        let app = app.clone();
        async move { app.secret(&id(&app.create(order).await)).await }
    };

    // Nobody to save it for.
    for nobody in [json!({}), json!({ "customer": { "id": "shop-7" } })] {
        let secret = session(nobody).await;
        let refused = pay_and_save(&app, &secret, APPROVED).await;
        assert_eq!(refused.code, 400, "{}", refused.answer);
        assert!(text(&refused.answer, "message").contains("no customer"));
        // The session is still good.
        assert_eq!(pay(&app, &secret, DECLINED).await.code, 5);
    }
    let before_saved = app.books().await.len();
    assert_eq!(before_saved, before + 2);

    let secret = session(order(&ada)).await;
    for (wrong, words) in [
        (eves.as_str(), "not a saved card"),
        (&unknown("pm"), "not a saved card"),
        ("pm_1", "paymentMethodId"),
        ("", "paymentMethodId"),
    ] {
        let refused = pay_saved(&app, &secret, wrong, "020").await;
        assert_eq!(refused.code, 400, "{wrong}: {}", refused.answer);
        let message = text(&refused.answer, "message");
        assert!(message.contains(words), "{wrong}: {message}");
    }
    for (cv2, kind) in [
        ("", "cv2Required"),
        ("1234", "cv2Invalid"),
        ("12a", "cv2Invalid"),
    ] {
        let refused = pay_saved(&app, &secret, &method, cv2).await;
        assert_eq!(refused.code, 400, "{}", refused.answer);
        assert_eq!(refused.answer["errors"][0]["errorType"], kind);
    }
    assert_eq!(pay_saved(&app, "nothing", &method, "020").await.code, 401);
    let other = session(json!({})).await;
    assert_eq!(pay_saved(&app, &other, &method, "020").await.code, 400);

    // A card that was removed, and one that has expired.
    let mut soon = MASTERCARD.body();
    soon["expiryDate"] = json!("01 / 30");
    let intent = id(&app.create(order(&ada)).await);
    let soon = submit_and_save(&app, &app.secret(&intent).await, soon).await;
    assert_eq!(soon.code, 0, "{}", soon.answer);
    let old = text(
        &app.intent(&intent).await["paymentDetails"],
        "paymentMethodId",
    );
    let key = secret_of(&app, &ada).await;
    let path = format!("/customers/public/{ada}/payment-methods/{method}");
    as_customer(&app, Method::DELETE, &path, &key)
        .await
        .expect(204);
    as_customer(&app, Method::DELETE, &path, &key)
        .await
        .problem(404);
    let refused = pay_saved(&app, &secret, &method, "020").await;
    assert_eq!(refused.code, 400, "{}", refused.answer);
    let before = app.books().await.len();
    app.advance("1500.00:00:00").await;
    let secret = session(order(&ada)).await;
    let refused = pay_saved(&app, &secret, &old, "020").await;
    assert_eq!(refused.code, 400, "{}", refused.answer);
    assert!(
        text(&refused.answer, "message").contains("expired"),
        "{}",
        refused.answer
    );
    assert_eq!(app.books().await.len(), before, "the acquirer was asked");
}

#[tokio::test]
async fn a_declined_saved_card_stays_saved() {
    let app = App::new();
    let (ada, method) = saved(&app, APPROVED).await;
    let intent = id(&app.create(order(&ada)).await);
    let secret = app.secret(&intent).await;
    // The sandbox's issuer looks at the code.
    let number = test_card(&app, "cv2 does not match").await;
    let other = pay_and_save(&app, &secret, Card::new(&number)).await;
    assert_ne!(other.code, 0, "{}", other.answer);
    assert_eq!(methods(&app, &ada).await, [method]);
}

#[tokio::test]
async fn a_card_that_an_order_names_is_preferred_until_another_is_or_it_is_removed() {
    let app = App::new();
    let (ada, visa) = saved(&app, APPROVED).await;
    let mastercard = save_for(&app, &ada, MASTERCARD).await;
    assert_eq!(
        methods(&app, &ada).await,
        [mastercard.as_str(), visa.as_str()]
    );
    let name = async |card: &str| {
        let mut order = order(&ada);
        order["customer"]["savedCardId"] = json!(card);
        app.create(order).await
    };
    name(&visa).await;
    app.create(order(&ada)).await;
    assert_eq!(
        methods(&app, &ada).await,
        [visa.as_str(), mastercard.as_str()]
    );
    let third = save_for(&app, &ada, Card::new("4111111111111111")).await;
    assert_eq!(
        methods(&app, &ada).await,
        [visa.as_str(), third.as_str(), mastercard.as_str()]
    );
    name(&mastercard).await;
    assert_eq!(
        methods(&app, &ada).await,
        [mastercard.as_str(), third.as_str(), visa.as_str()]
    );
    let key = secret_of(&app, &ada).await;
    let path = format!("/customers/public/{ada}/payment-methods/{mastercard}");
    as_customer(&app, Method::DELETE, &path, &key)
        .await
        .expect(204);
    assert_eq!(methods(&app, &ada).await, [third.as_str(), visa.as_str()]);
}

#[tokio::test]
async fn an_intent_names_a_customer_whose_secret_it_has() {
    let app = App::new();
    let (ada, method) = saved(&app, APPROVED).await;
    let (eve, eves) = saved(&app, APPROVED).await;
    let secret = secret_of(&app, &ada).await;
    let link = |intent: &Value| text(intent, "paymentLink");
    let with =
        |customer: Value| json!({ "paymentMethods": ["SavedCard", "Card"], "customer": customer });

    let made = app
        .create(with(
            json!({ "id": ada, "secret": secret, "SavedCardId": method }),
        ))
        .await;
    let tail = format!(
        "/checkout/{}?cid={ada}&csc={secret}&cpm={method}",
        id(&made)
    );
    assert!(link(&made).ends_with(&tail), "{}", link(&made));
    assert_eq!(made["customer"], json!({ "id": ada }));
    assert_eq!(link(&app.intent(&id(&made)).await), link(&made));
    let public = format!("/payment-intents/public/{}", id(&made));
    let public = app.stranger().get(&public).await.text();
    assert!(
        !public.contains(&secret),
        "a payer's secret is told to anybody"
    );
    let plain = app
        .create(with(json!({ "id": ada, "secret": secret })))
        .await;
    assert!(
        link(&plain).ends_with(&format!("?cid={ada}&csc={secret}")),
        "{}",
        link(&plain)
    );
    let bare = app.create(with(json!({ "customerId": ada }))).await;
    assert!(link(&bare).ends_with(&id(&bare)), "{}", link(&bare));
    assert_eq!(bare["customer"]["id"], ada.as_str());

    let refused = |customer: Value| {
        let body = json!({
            "amount": { "value": 1000, "currencyCode": "GBP" }, "reference": "R",
            "paymentMethods": ["SavedCard"], "customer": customer,
        });
        app.send("/payment-intents", body)
    };
    for (customer, blamed) in [
        (
            json!({ "id": ada, "secret": "cs_sandbox_nothing" }),
            "Customer.Secret",
        ),
        (json!({ "id": eve, "secret": secret }), "Customer.Secret"),
        (
            json!({ "id": ada, "savedCardId": eves }),
            "Customer.SavedCardId",
        ),
        (
            json!({ "id": ada, "savedCardId": unknown("pm") }),
            "Customer.SavedCardId",
        ),
        (
            json!({ "id": ada, "savedCardId": "pm_1" }),
            "Customer.SavedCardId",
        ),
        (
            json!({ "id": unknown("cust"), "secret": secret }),
            "Customer.Id",
        ),
        (json!({ "id": "shop-7" }), "Customer.Id"),
        (json!({ "secret": secret }), "Customer.Id"),
        (json!({ "savedCardId": method }), "Customer.Id"),
    ] {
        assert_eq!(
            refused(customer.clone()).await.blames(400),
            [blamed],
            "{customer}"
        );
    }
    app.advance("00:31:00").await;
    let late = refused(json!({ "id": ada, "secret": secret })).await;
    assert_eq!(late.blames(400), ["Customer.Secret"]);
    // Of another account it is nobody.
    let other = App::new();
    let body = json!({
        "amount": { "value": 1000, "currencyCode": "GBP" }, "reference": "R",
        "paymentMethods": ["SavedCard"], "customer": { "id": ada },
    });
    let foreign = other.send("/payment-intents", body).await;
    assert_eq!(foreign.blames(400), ["Customer.Id"]);
}

#[tokio::test]
async fn a_deleted_customer_leaves_no_card() {
    let app = App::new();
    let (ada, method) = saved(&app, APPROVED).await;
    let intent = id(&app.create(order(&ada)).await);
    let (session, unpaid) = (
        app.secret(&intent).await,
        id(&app.create(order(&ada)).await),
    );
    let unpaid_session = app.secret(&unpaid).await;
    let asked = pay_and_save(&app, &unpaid_session, CHALLENGED).await;
    app.delete(&format!("/customers/{ada}")).await.expect(204);
    let refused = pay_saved(&app, &session, &method, "020").await;
    assert_eq!(refused.code, 400, "{}", refused.answer);
    // A payment under way is made, and its card not kept.
    let proof = prove(&app, &asked.answer, "approve").await;
    let paid = complete(&app, &unpaid_session, &asked.answer, &proof).await;
    assert_eq!(paid.code, 0, "{}", paid.answer);
    let details = &app.intent(&unpaid).await["paymentDetails"];
    assert!(details.get("paymentMethodId").is_none(), "{details}");
}

#[tokio::test]
async fn keys_change_while_cards_are_saved_and_used() {
    let mut server = Tatami::start_with(&[]);
    let app = App::on(&server);
    let (ada, method) = saved(&app, APPROVED).await;
    let eve = customer(&app).await;
    let intent = id(&app.create(order(&eve)).await);
    let secret = app.secret(&intent).await;
    let asked = pay_and_save(&app, &secret, CHALLENGED).await;

    let file = server.data().join("vault.key");
    let old = std::fs::read_to_string(&file).expect("the vault's key");
    let rotate = |server: &Tatami| {
        let place = server.place();
        let arguments = ["vault", "rotate"].into_iter().chain(place);
        tatami_tests::run(arguments)
    };
    let on_postgres = server.place().contains(&"--database");
    if on_postgres {
        // Other programs must know a new key first.
        let refused = rotate(&server);
        assert!(!refused.status.success(), "{}", refused.output);
        let new = tatami_tests::run(["vault", "new-key"]).output;
        std::fs::write(&file, format!("{new}{old}")).expect("two keys");
    }
    let rotated = rotate(&server);
    assert!(rotated.status.success(), "{}", rotated.output);
    assert!(
        rotated.output.contains("2 cards wrapped"),
        "{}",
        rotated.output
    );
    assert!(
        rotated.output.contains("no longer needed"),
        "{}",
        rotated.output
    );
    let mut keys = std::fs::read_to_string(&file).expect("the vault's key");
    if on_postgres {
        keys = keys.lines().next().expect("the new key").to_owned();
        std::fs::write(&file, &keys).expect("the new key alone");
    }
    assert!(!keys.contains(old.trim()), "the old key is still there");

    let pay_again = |app: App| {
        let (ada, method) = (ada.clone(), method.clone());
        async move {
            let intent = id(&app.create(order(&ada)).await);
            let session = app.secret(&intent).await;
            let paid = pay_saved(&app, &session, &method, "020").await;
            assert_eq!(paid.code, 0, "{}", paid.answer);
        }
    };
    pay_again(app.clone()).await;
    // What was under way goes on, and the same card is still known.
    let proof = prove(&app, &asked.answer, "approve").await;
    let paid = complete(&app, &secret, &asked.answer, &proof).await;
    assert_eq!(paid.code, 0, "{}", paid.answer);
    assert_eq!(methods(&app, &eve).await.len(), 1);
    assert_eq!(save_for(&app, &ada, APPROVED).await, method);

    // The old key alone opens nothing any more.
    assert!(server.sigterm().success());
    std::fs::write(&file, &old).expect("the old key");
    let mut serve = vec!["serve", "--listen", "127.0.0.1:0"];
    serve.extend(server.place());
    let refused = tatami_tests::run(serve);
    assert!(!refused.status.success(), "{}", refused.output);
    assert!(
        refused.output.contains("encrypted with other vault keys"),
        "{}",
        refused.output
    );
    std::fs::write(&file, &keys).expect("the new key");
    server.again();
    pay_again(app.moved_to(&server)).await;
}

#[tokio::test]
async fn cards_whose_keys_are_lost_can_be_given_up_and_no_others() {
    let mut server = Tatami::start_with(&[]);
    let app = App::on(&server);
    let (ada, _) = saved(&app, APPROVED).await;
    let forget =
        |server: &Tatami| tatami_tests::run(["vault", "forget"].into_iter().chain(server.place()));
    let refused = forget(&server);
    assert!(!refused.status.success(), "{}", refused.output);
    assert!(
        refused.output.contains("No card was deleted"),
        "{}",
        refused.output
    );
    assert_eq!(methods(&app, &ada).await.len(), 1);

    assert!(server.sigterm().success());
    std::fs::remove_file(server.data().join("vault.key")).expect("the keys are lost");
    let serve = ["serve", "--listen", "127.0.0.1:0"].into_iter();
    let refused = tatami_tests::run(serve.chain(server.place()));
    assert!(!refused.status.success(), "{}", refused.output);
    assert!(
        refused.output.contains("tatami vault forget"),
        "{}",
        refused.output
    );
    let forgotten = forget(&server);
    assert!(forgotten.status.success(), "{}", forgotten.output);
    assert!(
        forgotten.output.contains("1 cards deleted"),
        "{}",
        forgotten.output
    );
    server.again();
    let app = app.moved_to(&server);
    assert!(methods(&app, &ada).await.is_empty());
    save_for(&app, &ada, APPROVED).await;
    assert_eq!(methods(&app, &ada).await.len(), 1);
}

#[tokio::test]
async fn the_page_offers_saved_cards_to_whoever_has_the_link() {
    let app = App::new();
    let (ada, method) = saved(&app, APPROVED).await;
    let other = save_for(&app, &ada, MASTERCARD).await;
    let secret = secret_of(&app, &ada).await;
    let customer = json!({ "id": ada, "secret": secret });
    let made = app
        .create(json!({ "paymentMethods": ["SavedCard", "Card"], "customer": customer }))
        .await;
    let path = |link: &str| link[link.find("/checkout/").expect("a page")..].to_owned();
    let link = path(&text(&made, "paymentLink"));
    let page = app.stranger().get(&link).await.text();
    assert!(page.contains(&method) && page.contains(&other), "{page}");
    for closed in [
        format!("/checkout/{}", id(&made)),
        format!("{link}x"),
        link.replace(&ada, &unknown("cust")),
    ] {
        let page = app.stranger().get(&closed).await;
        assert_eq!(page.status, 200, "{closed}");
        assert!(
            !page.text().contains(&method),
            "{closed} shows a saved card"
        );
    }
    // One is preferred from now on.
    let prefer = |card: &str, secret: &str| {
        let path = format!("/checkout/{}/saved-cards/{card}/prefer", id(&made));
        as_customer(&app, Method::POST, &path, secret)
    };
    assert_eq!(prefer(&method, "cs_sandbox_x").await.status, 401);
    assert_eq!(prefer(&unknown("pm"), &secret).await.status, 404);
    assert_eq!(methods(&app, &ada).await, [other.clone(), method.clone()]);
    assert_eq!(prefer(&method, &secret).await.status, 204);
    assert_eq!(prefer(&method, &secret).await.status, 204);
    assert_eq!(methods(&app, &ada).await, [method.clone(), other.clone()]);
    assert_eq!(prefer(&other, &secret).await.status, 204);
    assert_eq!(methods(&app, &ada).await, [other, method]);
    app.advance("00:31:00").await;
    let late = app.stranger().get(&link).await.text();
    assert!(
        !late.contains("saved-card"),
        "a secret that is over opens the page"
    );
}
