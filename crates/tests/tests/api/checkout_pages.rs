//! The hosted checkout's page and its calls: the payer sees the amount that is
//! taken, and reading takes nothing away.

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{
    APPROVED, App, CHALLENGED, DECLINED, Paid, Reply, booked, complete, give, pay, prove,
};

use crate::{id, pounds, text};

/// What allows an order's amount and tips to be changed.
fn changeable() -> Value {
    json!({ "config": { "payment": { "customAmountAllowed": true, "tipsAllowed": true } } })
}

async fn page(app: &App, id: &str) -> String {
    app.stranger().get(&format!("/checkout/{id}")).await.text()
}

/// A value that the page gives to its script.
fn given(page: &str, name: &str) -> String {
    let start = format!(" data-{name}=\"");
    let at = page.find(&start).unwrap_or_else(|| panic!("no {name}")) + start.len();
    page[at..].split('"').next().unwrap_or_default().to_owned()
}

/// Asks for a new secret as a page that shows that body's amount.
async fn renew(app: &App, id: &str, shown: Value) -> Reply {
    let path = format!("/checkout/{id}/session");
    app.stranger().send(&path, shown).await
}

async fn secret_for(app: &App, id: &str, shown: i64) -> Option<String> {
    let reply = renew(app, id, json!({ "amount": pounds(shown) })).await;
    let secret = reply.json()["clientSessionSecret"]
        .as_str()
        .map(str::to_owned);
    assert_eq!(reply.status, if secret.is_some() { 200 } else { 409 });
    secret
}

async fn change(app: &App, id: &str, tips: bool) {
    let (operation, body) = match tips {
        false => ("amount", json!({ "amount": pounds(5000) })),
        true => ("tips-amount", json!({ "tipsAmount": pounds(4000) })),
    };
    let path = format!("/payment-intents/{id}/{operation}");
    app.send(&path, body).await.expect(200);
}

#[tokio::test]
async fn a_page_that_shows_another_amount_gets_no_secret_and_takes_no_money() {
    let app = App::new();
    for tips in [false, true] {
        let intent = id(&app.create(changeable()).await);
        let shown = page(&app, &intent).await;
        assert_eq!(given(&shown, "amount"), "1000");
        assert_eq!(given(&shown, "label"), "Pay £10.00");
        let old = given(&shown, "secret");
        change(&app, &intent, tips).await;
        assert_eq!(pay(&app, &old, APPROVED).await.code, 401);
        assert_eq!(secret_for(&app, &intent, 1000).await, None);
        let refused = renew(&app, &intent, json!({})).await;
        assert_eq!(refused.status, 400, "a page that shows nothing");
        let euros = json!({ "amount": { "value": 5000, "currencyCode": "EUR" } });
        assert_eq!(renew(&app, &intent, euros).await.status, 409);
        assert_eq!(app.status(&intent).await, "Created");

        let standing = app
            .stranger()
            .get(&format!("/checkout/{intent}/status"))
            .await;
        let standing = standing.json();
        assert_eq!(
            standing,
            json!({ "state": "payable", "amount": pounds(5000) })
        );
        let anew = page(&app, &intent).await;
        assert_eq!(given(&anew, "label"), "Pay £50.00");
        let secret = secret_for(&app, &intent, 5000).await.expect("a secret");
        assert_eq!(pay(&app, &secret, APPROVED).await.code, 0);
        let paid = app.intent(&intent).await;
        assert_eq!(paid["totalAmount"], pounds(5000));
    }
}

#[tokio::test]
async fn a_secret_that_is_merely_old_or_used_is_renewed_for_the_same_amount() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    let old = given(&page(&app, &intent).await, "secret");
    app.advance("00:31:00").await;
    assert_eq!(pay(&app, &old, APPROVED).await.code, 401);
    let secret = secret_for(&app, &intent, 1000).await.expect("a secret");
    assert_eq!(pay(&app, &secret, DECLINED).await.code, 5);
    let secret = secret_for(&app, &intent, 1000).await.expect("a secret");
    assert_eq!(pay(&app, &secret, APPROVED).await.code, 0);
    assert_eq!(secret_for(&app, &intent, 1000).await, None, "it is paid");
}

#[tokio::test]
async fn an_amount_that_is_changed_while_the_payer_is_at_the_bank_is_not_taken() {
    let app = App::new();
    let intent = id(&app.create(changeable()).await);
    let secret = given(&page(&app, &intent).await, "secret");
    let asked = pay(&app, &secret, CHALLENGED).await;
    let proof = prove(&app, &asked.answer, "approve").await;
    change(&app, &intent, false).await;
    let late = complete(&app, &secret, &asked.answer, &proof).await;
    assert_eq!(late.code, 401, "{}", late.answer);
    let back = format!("/checkout/{intent}/three-ds-return");
    let fields = [
        ("md".to_owned(), text(&asked.answer, "md")),
        ("paRes".to_owned(), proof),
    ];
    app.stranger().post(&back).form(&fields).await;
    assert_eq!(app.status(&intent).await, "Created");
    assert_eq!(booked(&app.books().await, "charge"), 0);
}

#[tokio::test]
async fn reading_a_link_ends_nothing_that_its_payer_has_begun() {
    let app = App::new();
    for (order, result) in [(json!({}), "Captured"), (crate::manual(), "Authorized")] {
        let intent = id(&app.create(order).await);
        let secret = given(&page(&app, &intent).await, "secret");
        let asked = pay(&app, &secret, CHALLENGED).await;
        let before = app.intent(&intent).await;
        for path in ["", "/result", "/status"] {
            for method in [Method::GET, Method::HEAD] {
                let path = format!("/checkout/{intent}{path}");
                app.stranger().request(method, &path).await;
            }
        }
        assert_eq!(app.intent(&intent).await, before, "reading changed it");
        assert_eq!(given(&page(&app, &intent).await, "secret"), "");
        // Another window that asks for a secret does not end it either.
        secret_for(&app, &intent, 1000).await.expect("a secret");
        let proof = prove(&app, &asked.answer, "approve").await;
        let paid = complete(&app, &secret, &asked.answer, &proof).await;
        assert_eq!(paid.code, 0, "{}", paid.answer);
        assert_eq!(app.status(&intent).await, result);
    }
}

#[tokio::test]
async fn a_payer_who_was_overtaken_in_another_window_takes_nothing_and_is_told() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    let secret = given(&page(&app, &intent).await, "secret");
    let asked = pay(&app, &secret, CHALLENGED).await;
    let proof = prove(&app, &asked.answer, "approve").await;
    let other = secret_for(&app, &intent, 1000).await.expect("a secret");
    assert_eq!(pay(&app, &other, DECLINED).await.code, 5);
    let late = complete(&app, &secret, &asked.answer, &proof).await;
    assert_eq!(late.code, 401, "{}", late.answer);
    let md = text(&asked.answer, "md");
    let back = format!("/checkout/{intent}/three-ds-return?md={md}&paRes=x");
    let told = app.stranger().get(&back).await;
    let place = told.headers["location"]
        .to_str()
        .expect("a place")
        .to_owned();
    let told = app.stranger().get(&place).await;
    let place = told.headers["location"]
        .to_str()
        .expect("a place")
        .to_owned();
    let told = app.stranger().get(&place).await.text();
    assert!(told.contains("another window"), "{told}");
    assert_eq!(app.status(&intent).await, "Created");
}

#[tokio::test]
async fn reading_a_setup_link_ends_nothing_either() {
    let app = App::new();
    let setup = app.setup(json!({})).await;
    let intent = id(&setup);
    let secret = text(&setup, "clientSessionSecret");
    let asked = Paid::of(&give(&app, &secret, CHALLENGED, true).await);
    assert_eq!(asked.code, 3, "{}", asked.answer);
    let before = app.setup_now(&intent).await;
    for path in ["", "/result", "/status"] {
        for method in [Method::GET, Method::HEAD] {
            let path = format!("/checkout/{intent}{path}");
            app.stranger().request(method, &path).await;
        }
    }
    assert_eq!(app.setup_now(&intent).await, before, "reading changed it");
    assert_eq!(given(&page(&app, &intent).await, "secret"), "");
    renew(&app, &intent, json!({})).await.expect(200);
    let proof = prove(&app, &asked.answer, "approve").await;
    let given = complete(&app, &secret, &asked.answer, &proof).await;
    assert_eq!(given.code, 0, "{}", given.answer);
    assert_eq!(app.setup_now(&intent).await["status"], "Authorized");
}

#[tokio::test]
async fn what_the_merchant_gave_is_filled_in() {
    let app = App::new();
    let collect = json!({ "collectionRequired": true });
    let intent = app
        .create(json!({
            "customer": { "emailAddress": "ada@example.com" },
            "billingAddress": {
                "address1": "1 \"High\" Street", "address2": "Flat 2", "address3": "North Wing",
                "city": "Paris", "postcode": "75001", "countryCode": "FR",
            },
            "shippingDetails": {
                "name": "Mary", "deliveryNotes": "Ring twice",
                "address": { "address1": "2 Low Street", "city": "Lyon", "postcode": "69001", "countryCode": "FR" },
            },
            "config": { "customerEmail": collect, "billingAddress": collect, "shippingDetails": collect },
        }))
        .await;
    let html = page(&app, &id(&intent)).await;
    let input = |id: &str| {
        let at = html
            .find(&format!(" id=\"{id}\""))
            .unwrap_or_else(|| panic!("no {id}"));
        let tag = html[at..].split('>').next().unwrap_or_default();
        let value = tag.split(" value=\"").nth(1).unwrap_or_default();
        value.split('"').next().unwrap_or_default().to_owned()
    };
    for (field, value) in [
        ("email", "ada@example.com"),
        ("billing-address1", "1 &#34;High&#34; Street"),
        ("billing-address2", "Flat 2"),
        ("billing-address3", "North Wing"),
        ("billing-city", "Paris"),
        ("billing-postcode", "75001"),
        ("shipping-name", "Mary"),
        ("shipping-address1", "2 Low Street"),
        ("shipping-city", "Lyon"),
    ] {
        assert_eq!(input(field), value, "{field}");
    }
    assert_eq!(html.matches("value=\"FR\"").count(), 2);
    let chosen = html.split("value=\"FR\"").skip(1);
    assert!(chosen.into_iter().all(|rest| {
        rest.split('>')
            .next()
            .unwrap_or_default()
            .contains("selected")
    }));
    assert!(html.contains("Ring twice"));
    let same = html.split("id=\"same-address\"").nth(1).unwrap_or_default();
    let same = same.split('>').next().unwrap_or_default();
    assert!(!same.contains("checked"), "the addresses differ");
}

#[tokio::test]
async fn a_link_that_was_paid_says_so() {
    let app = App::new();
    for order in [json!({}), crate::manual()] {
        let intent = id(&app.create(order).await);
        crate::pay_intent(&app, &intent, APPROVED).await;
        assert!(page(&app, &intent).await.contains("Payment successful"));
    }
}

#[tokio::test]
async fn only_the_ways_to_pay_that_the_merchant_named_are_offered_and_accepted() {
    let app = App::new();
    let ada = crate::customers::customer(&app).await;
    let order = |methods: Value| json!({ "paymentMethods": methods, "customer": { "id": ada } });
    let intent = id(&app.create(order(json!(["SavedCard", "Card"]))).await);
    let mut body = APPROVED.body();
    body["savePaymentMethod"] = json!(true);
    let path = format!("/connect-e/api/payments/{}", app.secret(&intent).await);
    app.stranger().send(&path, body).await.expect(200);
    let details = app.intent(&intent).await["paymentDetails"].clone();
    let method = text(&details, "paymentMethodId");

    let typed = async |methods: Value| {
        let intent = id(&app.create(order(methods)).await);
        let html = page(&app, &intent).await;
        let paid = pay(&app, &app.secret(&intent).await, APPROVED).await;
        (html.contains("id=\"card-number\""), paid.code, intent)
    };
    for (methods, offered, code) in [
        (json!(["Card"]), true, 0),
        (json!(["Card", "Wallet"]), true, 0),
        (Value::Null, true, 0),
        (json!(["Wallet"]), false, 400),
        (json!(["SavedCard"]), false, 400),
    ] {
        let (shown, paid, intent) = typed(methods.clone()).await;
        assert_eq!((shown, paid), (offered, code), "{methods}");
        let status = if code == 0 { "Captured" } else { "Created" };
        assert_eq!(app.status(&intent).await, status, "{methods}");
    }

    let saved = async |order: Value| {
        let intent = id(&app.create(order).await);
        let path = format!(
            "/connect-e/api/payments/recurring/{}",
            app.secret(&intent).await
        );
        let body = json!({ "cV2": "020", "paymentMethodId": method });
        Paid::of(&app.stranger().send(&path, body).await).code
    };
    for (methods, code) in [
        (json!(["SavedCard"]), 0),
        (json!(["SavedCard", "Card"]), 0),
        (json!(["Card"]), 400),
        (json!(["Wallet"]), 400),
        // Apps' orders name the customer and no ways to pay.
        (Value::Null, 0),
    ] {
        assert_eq!(saved(order(methods.clone())).await, code, "{methods}");
    }

    let setup = app.setup(json!({ "paymentMethods": ["Wallet"] })).await;
    let given = give(&app, &text(&setup, "clientSessionSecret"), APPROVED, true).await;
    assert_eq!(Paid::of(&given).code, 400);
    assert!(!page(&app, &id(&setup)).await.contains("id=\"card-number\""));
}
