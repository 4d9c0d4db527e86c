//! Creating, reading and canceling.

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::App;

use crate::{authorized, captured, id, manual, pounds, text};

fn moment(value: &Value, name: &str) -> Timestamp {
    text(value, name).parse().expect("a moment")
}

#[tokio::test]
async fn a_new_intent_has_the_documented_form() {
    let app = App::new();
    let intent = app.create(json!({})).await;
    let name = id(&intent);
    let tail = name.strip_prefix("pi_sandbox_").expect("a sandbox id");
    assert_eq!(tail.len(), 22, "{name}");
    assert_eq!(intent["status"], "Created");
    assert_eq!(intent["captureMode"], "Auto");
    assert_eq!(intent["cardHolderNotPresent"], false);
    assert_eq!(intent["amount"], pounds(1000));
    assert_eq!(intent["totalAmount"], pounds(1000));
    assert_eq!(intent["refundedAmount"], 0);
    assert_eq!(intent["reference"], "Order-0001");
    assert_eq!(intent["paymentMethods"], json!(["Card"]));
    for empty in [
        "itemLines",
        "taxLines",
        "captures",
        "terminalSessionHistory",
        "paymentEvents",
    ] {
        assert_eq!(intent[empty], json!([]), "{empty}");
    }
    for absent in [
        "paymentDetails",
        "autoExpireIn",
        "autoExpireAction",
        "customer",
        "tipsAmount",
    ] {
        assert!(intent.get(absent).is_none(), "{absent}: {intent}");
    }
    assert_eq!(
        intent["paymentLink"],
        format!("{}/checkout/{}", app.base, id(&intent))
    );
    assert!(intent["merchantConfig"]["supportedPaymentMethods"]["cardSchemes"].is_array());
    let thirty_days = SignedDuration::from_hours(30 * 24);
    let life = moment(&intent, "expireAt").duration_since(moment(&intent, "createdAt"));
    assert_eq!(life.as_secs(), thirty_days.as_secs());
    assert_eq!(app.intent(&name).await, intent);
}

#[tokio::test]
async fn everything_about_the_order_comes_back() {
    let app = App::new();
    let address = json!({
        "address1": "1 High Street", "address2": "Flat 2", "city": "London", "state": "Greater London",
        "postcode": "N1 1AA", "countryCode": "GB",
    });
    let changes = json!({
        "description": "Two cups",
        "amount": pounds(1000),
        "tipsAmount": pounds(200),
        "serviceChargeAmount": pounds(30),
        "cashbackAmount": pounds(4),
        "customer": { "emailAddress": "ada@example.com", "phoneNumber": "+44 20 7946 0000" },
        "billingAddress": address,
        "shippingDetails": { "name": "Ada", "deliveryNotes": "Ring twice", "address": address },
        "requestSecurity": { "userAgent": "curl", "ipAddress": "192.0.2.1", "device": "d" },
        "config": {
            "title": "The Company",
            "redirectUrl": "https://shop.example/thanks?order=1",
            "cancelUrl": "https://shop.example/cart",
            "customerEmail": { "collectionRequired": true },
            "details": { "showTotal": true, "showReference": true },
            "billingAddress": { "collectionRequired": true },
            "shippingDetails": { "collectionRequired": false },
            "payment": { "customAmountAllowed": true, "tipsAllowed": false },
        },
        "itemLines": [{
            "id": "1", "quantity": 2, "name": "Cup", "category": "China", "plu": "c1",
            "amountTotal": pounds(700),
            "modifiers": [{ "id": "m", "name": "Discount", "quantity": 1, "amountPerModifier": pounds(-100) }],
        }],
        "taxLines": [{
            "id": "vat", "caption": "VAT", "subCaption": "20%", "affectedPlu": "c1", "amountTotal": pounds(300),
        }],
        "paymentMethods": ["Card", "Wallet"],
        "actionLink": { "url": "https://shop.example/invoice", "action": "OpenLink", "label": "Invoice" },
        "metadata": { "order": "7", "channel": "web" },
        "orderDetails": { "id": "o1", "externalId": "e1", "isUpdate": false },
        "isNotOnlineCheckout": true,
    });
    let intent = app.create(changes.clone()).await;
    for (name, sent) in changes.as_object().expect("properties") {
        if name == "config" {
            for (name, sent) in sent.as_object().expect("properties") {
                assert_eq!(&intent["config"][name], sent, "config.{name}");
            }
        } else if name != "isNotOnlineCheckout" {
            assert_eq!(&intent[name], sent, "{name}");
        }
    }
    assert_eq!(intent["totalAmount"], pounds(1234));
    assert_eq!(app.intent(&id(&intent)).await, intent);
}

#[tokio::test]
async fn a_manual_intent_says_what_becomes_of_its_hold() {
    let app = App::new();
    let intent = app.create(manual()).await;
    assert_eq!(intent["autoExpireIn"], "6.00:00:00");
    assert_eq!(intent["autoExpireAction"], "Release");
    let order = |changes: Value| {
        let mut order = json!({
            "captureMode": "Manual", "amount": pounds(1000), "reference": "Order-0001",
        });
        for (name, value) in changes.as_object().expect("changes by name") {
            order[name] = value.clone();
        }
        app.send("/payment-intents", order)
    };
    let silent = order(json!({ "autoExpireIn": "6.00:00:00" }));
    assert_eq!(silent.await.blames(400), ["AutoExpireAction"]);
    let silent = order(json!({})).version("2024-02-05").await;
    assert_eq!(silent.blames(400), ["AutoExpireAction"]);
    let whole_hold = order(json!({ "autoExpireAction": "Capture" }))
        .await
        .expect(200);
    assert!(whole_hold.get("autoExpireIn").is_none(), "{whole_hold}");
    // The first version does not ask for it.
    let first = order(json!({})).version("2022-04-07").await.expect(200);
    assert_eq!(first["autoExpireAction"], "Release");
}

#[tokio::test]
async fn euros_are_taken_too() {
    let app = App::new();
    let amount = json!({ "value": 250, "currencyCode": "EUR" });
    let intent = app.create(json!({ "amount": amount })).await;
    assert_eq!(intent["totalAmount"], amount);
}

#[tokio::test]
async fn a_canceled_intent_is_found_only_when_asked_for() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    let path = format!("/payment-intents/{intent}");
    let canceled = app.delete(&path).await.expect(200);
    assert_eq!(canceled["status"], "Canceled");
    assert_eq!(canceled["id"], intent);
    app.get(&path).await.problem(404);
    app.get(&format!("{path}?returnCanceled=false"))
        .await
        .problem(404);
    let found = app
        .get(&format!("{path}?returnCanceled=true"))
        .await
        .expect(200);
    assert_eq!(found["status"], "Canceled");
    app.get(&format!("{path}?returnCanceled=perhaps"))
        .await
        .problem(400);
}

#[tokio::test]
async fn only_a_created_intent_can_be_canceled() {
    let app = App::new();
    let created = id(&app.create(json!({})).await);
    let canceled = format!("/payment-intents/{created}");
    app.delete(&canceled).await.expect(200);
    let reversed = captured(&app).await;
    app.post(&format!("/payment-intents/{reversed}/reversal"))
        .await
        .expect(200);
    for (id, status) in [
        (created, "Canceled"),
        (authorized(&app).await, "Authorized"),
        (captured(&app).await, "Captured"),
        (reversed, "Reversed"),
    ] {
        let refused = app.delete(&format!("/payment-intents/{id}")).await;
        let sentence = refused.detail(400);
        assert!(sentence.contains(&format!("`{status}`")), "{sentence}");
        assert_eq!(app.status(&id).await, status);
    }
}

#[tokio::test]
async fn every_status_refuses_what_it_does_not_allow_and_says_which_it_is() {
    let app = App::new();
    let created = id(&app.create(json!({})).await);
    let canceled = id(&app.create(json!({})).await);
    app.delete(&format!("/payment-intents/{canceled}"))
        .await
        .expect(200);
    let refunded = captured(&app).await;
    app.send(
        &format!("/payment-intents/{refunded}/refunds"),
        json!({ "amount": 1000 }),
    )
    .key("all")
    .await
    .expect(200);
    let reversed = captured(&app).await;
    app.post(&format!("/payment-intents/{reversed}/reversal"))
        .await
        .expect(200);
    let (held, taken) = (authorized(&app).await, captured(&app).await);

    let table = [
        (
            "Created",
            created.as_str(),
            ["captures", "refunds", "reversal"].as_slice(),
        ),
        (
            "Canceled",
            &canceled,
            &[
                "captures",
                "refunds",
                "reversal",
                "refresh-client-session-secret",
            ],
        ),
        (
            "Authorized",
            &held,
            &["refunds", "refresh-client-session-secret"],
        ),
        (
            "Captured",
            &taken,
            &["captures", "refresh-client-session-secret"],
        ),
        (
            "Refunded",
            &refunded,
            &[
                "captures",
                "refunds",
                "reversal",
                "refresh-client-session-secret",
            ],
        ),
        (
            "Reversed",
            &reversed,
            &[
                "captures",
                "refunds",
                "reversal",
                "refresh-client-session-secret",
            ],
        ),
    ];
    for (status, id, refused) in table {
        for operation in refused {
            let path = format!("/payment-intents/{id}/{operation}");
            let mut request = app.request(Method::POST, &path);
            if matches!(*operation, "captures" | "refunds") {
                request = request.json(json!({ "amount": 1 })).key(operation);
            }
            let published = match *operation {
                "captures" | "reversal" => 409,
                _ => 400,
            };
            let sentence = request.await.detail(published);
            assert!(
                sentence.contains(&format!("`{status}`")),
                "{operation}: {sentence}"
            );
        }
        assert_eq!(app.status(id).await, status);
    }
}

#[tokio::test]
async fn a_charge_needs_a_setup_intent() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    let refused = app.post(&format!("/payment-intents/{intent}/charge")).await;
    assert!(refused.status.is_client_error(), "{}", refused.text());
    assert!(refused.json().is_object(), "{}", refused.text());
}
