//! Addresses of people, shops and apps.

use serde_json::{Value, json};
use tatami_tests::{APPROVED, App};

use crate::{captured, id, pounds};

const ADDRESSES: [&str; 4] = [
    "jo@müller.example",
    "jürgen@example.com",
    "用户@例子.example",
    "ada@example.com",
];
const NO_ADDRESSES: [&str; 5] = [
    "a..b@example.com",
    "ada@-b.example",
    "ada@example.com,bob@example.com",
    "ada@example.com\r\nBcc: bob@example.com",
    "ada@exam ple.com",
];

#[tokio::test]
async fn every_door_takes_e_mail_addresses_of_every_script() {
    let app = App::new();
    let paid = captured(&app).await;
    let receipt = format!("/payment-intents/{paid}/receipt");
    for address in ADDRESSES {
        let customer = json!({ "customer": { "emailAddress": address } });
        let intent = app.create(customer.clone()).await;
        assert_eq!(intent["customer"]["emailAddress"], address);
        let setup = app.setup(customer).await;
        assert_eq!(setup["customer"]["emailAddress"], address);
        let made = app
            .send("/customers", json!({ "emailAddress": address }))
            .await
            .expect(200);
        assert_eq!(made["emailAddress"], address);
        app.send(&receipt, json!({ "emails": [address] }))
            .await
            .expect(204);
        let given = pay_as(&app, address).await;
        assert_eq!(given["customer"]["emailAddress"], address);
    }
    let mails = app
        .get("/sandbox/mailbox")
        .header("accept", "application/json")
        .await;
    let mails = mails.expect(200);
    for address in ADDRESSES {
        let kept = mails
            .as_array()
            .expect("mails")
            .iter()
            .any(|mail| mail["to"] == address);
        assert!(kept, "{address} in {mails}");
    }
}

/// Pays a new intent with that address; the intent then.
async fn pay_as(app: &App, address: &str) -> Value {
    let intent = id(&app.create(json!({})).await);
    let secret = app.secret(&intent).await;
    let mut body = APPROVED.body();
    body["userEmailAddress"] = json!(address);
    let path = format!("/connect-e/api/payments/{secret}");
    let paid = app.stranger().send(&path, body).await.expect(200);
    assert_eq!(paid["statusCode"], 0, "{paid}");
    app.intent(&intent).await
}

#[tokio::test]
async fn what_cannot_be_an_e_mail_address_stays_refused() {
    let app = App::new();
    let paid = captured(&app).await;
    let unpaid = id(&app.create(json!({})).await);
    let secret = app.secret(&unpaid).await;
    for address in NO_ADDRESSES {
        let order = json!({
            "amount": pounds(1000), "reference": "r", "customer": { "emailAddress": address },
        });
        let blamed = app.send("/payment-intents", order).await.blames(400);
        assert_eq!(blamed, ["Customer.EmailAddress"], "{address:?}");
        let made = app
            .send("/customers", json!({ "emailAddress": address }))
            .await;
        assert_eq!(made.blames(400), ["EmailAddress"], "{address:?}");
        let receipt = json!({ "emails": ["ada@example.com", address] });
        let receipt = app
            .send(&format!("/payment-intents/{paid}/receipt"), receipt)
            .await;
        assert_eq!(receipt.blames(400), ["Emails[1]"], "{address:?}");
        let mut body = APPROVED.body();
        body["userEmailAddress"] = json!(address);
        let path = format!("/connect-e/api/payments/{secret}");
        let refused = app.stranger().send(&path, body).await.expect(400);
        assert_eq!(refused["errors"][0]["errorType"], "userEmailAddressInvalid");
    }
}

#[tokio::test]
async fn countries_are_those_of_the_standard() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    let secret = app.secret(&intent).await;
    for (code, known) in [
        ("GB", true),
        ("ie", true),
        ("", true),
        ("UK", false),
        ("ZZ", false),
        ("826", false),
    ] {
        let address = json!({ "countryCode": code });
        let order = json!({
            "amount": pounds(1000), "reference": "r", "billingAddress": address,
            "shippingDetails": { "address": address },
        });
        let customer = json!({ "billingAddress": address, "shippingAddress": address });
        let (order, customer) = (
            app.send("/payment-intents", order).await,
            app.send("/customers", customer).await,
        );
        if known {
            assert_eq!(order.expect(200)["billingAddress"]["countryCode"], code);
            customer.expect(200);
            continue;
        }
        let fields = [
            "BillingAddress.CountryCode",
            "ShippingDetails.Address.CountryCode",
        ];
        assert_eq!(order.blames(400), fields, "{code}");
        assert!(
            order.text().contains("ISO 3166-1 alpha-2"),
            "{}",
            order.text()
        );
        let fields = ["BillingAddress.CountryCode", "ShippingAddress.CountryCode"];
        assert_eq!(customer.blames(400), fields, "{code}");
    }
    // The card path publishes numbers.
    for (code, known) in [
        (json!("ZZ"), false),
        (json!("UK"), false),
        (json!("999"), false),
        (json!("826"), true),
    ] {
        let mut body = APPROVED.body();
        body["billingAddress"] = json!({ "countryCode": code });
        let path = format!("/connect-e/api/payments/{secret}");
        let told = app.stranger().send(&path, body).await.json();
        assert_eq!(told["statusCode"] == 0, known, "{code} {told}");
    }
    assert_eq!(
        app.intent(&intent).await["billingAddress"]["countryCode"],
        "GB"
    );
}

#[tokio::test]
async fn payers_are_led_back_to_apps() {
    let app = App::new();
    for (link, leads_to) in [
        ("myapp://", "myapp://?id={id}"),
        ("com.shop.app:/paid", "com.shop.app:/paid?id={id}"),
        ("myapp://paid?x=1", "myapp://paid?x=1&id={id}"),
        (
            "https://shop.example/done",
            "https://shop.example/done?id={id}",
        ),
    ] {
        let config = json!({ "config": { "redirectUrl": link, "cancelUrl": link } });
        let intent = app.create(config.clone()).await;
        assert_eq!(intent["config"]["redirectUrl"], link);
        assert_eq!(intent["config"]["cancelUrl"], link);
        let setup = app.setup(config).await;
        assert_eq!(setup["config"]["redirectUrl"], link);
        let id = id(&intent);
        tatami_tests::pay_intent(&app, &id, APPROVED).await;
        let page = app.stranger().get(&format!("/checkout/{id}")).await.text();
        let leads_to = leads_to.replace("{id}", &id);
        let leads_to = [
            leads_to.replace('&', "&amp;"),
            leads_to.replace('&', "&#38;"),
            leads_to,
        ];
        assert!(
            leads_to.iter().any(|link| page.contains(link.as_str())),
            "{link}: {page}"
        );
    }
}

#[tokio::test]
async fn links_that_run_or_are_not_absolute_stay_refused() {
    let app = App::new();
    for link in [
        "javascript:alert(1)",
        "javascript:/alert(1)",
        "data:text/html,hi",
        "/relative",
        "shop.example/x",
        "shop.example:8080/x",
        "https:/paid",
        "myapp:",
    ] {
        let order = json!({
            "amount": pounds(1000), "reference": "r",
            "config": { "redirectUrl": link, "cancelUrl": link },
        });
        let blamed = app.send("/payment-intents", order).await.blames(400);
        assert_eq!(blamed, ["Config.CancelUrl", "Config.RedirectUrl"], "{link}");
    }
}
