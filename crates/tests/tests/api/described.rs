//! Every operation in every version. That answers are as their version describes
//! them is checked of all that tests ask; here each version is asked for all there
//! is, and for what it has no words for.

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{
    APPROVED, App, Card, Paid, Till, VERSIONS, booking, give, pay_intent, sale, unlinked_refund,
};

use crate::customers::as_customer;
use crate::{id, manual, pounds, text, unknown};

/// An order with all that an answer can have of it.
fn rich(changes: &Value) -> Value {
    let mut order = json!({
        "amount": pounds(1000),
        "reference": "Order-0001",
        "description": "Cups",
        "customer": { "emailAddress": "ada@example.com", "phoneNumber": "07700900123" },
        "billingAddress": { "address1": "1 High Street", "countryCode": "GB" },
        "shippingDetails": { "name": "Ada", "address": { "city": "Leeds", "countryCode": "GB" } },
        "itemLines": [
            { "id": "1", "quantity": 1, "name": "Cup", "category": "China", "plu": "7",
              "amountTotal": pounds(500) },
        ],
        "taxLines": [{ "id": "t", "caption": "VAT", "amountTotal": pounds(100) }],
        "metadata": { "table": "4" },
        "orderDetails": { "id": "o-1" },
        "paymentMethods": ["Card", "SavedCard"],
        "config": {
            "title": "Cups", "redirectUrl": "https://shop.example/done",
            "payment": { "customAmountAllowed": true, "tipsAllowed": true },
        },
        "generateRemoteToken": true,
    });
    for (name, value) in changes.as_object().expect("changes by name") {
        order[name] = value.clone();
    }
    order
}

/// Who asks in each version.
fn each() -> impl Iterator<Item = App> {
    VERSIONS.into_iter().map(|version| App::new().at(version))
}

#[tokio::test]
async fn payment_intents_are_as_described_in_every_version() {
    for app in each() {
        let made = app
            .send("/payment-intents", rich(&json!({})))
            .await
            .expect(200);
        let path = format!("/payment-intents/{}", id(&made));
        app.get(&path).await.expect(200);
        let amount = json!({ "amount": pounds(1200) });
        app.send(&format!("{path}/amount"), amount)
            .await
            .expect(200);
        let tips = json!({ "tipsAmount": pounds(100) });
        app.send(&format!("{path}/tips-amount"), tips)
            .await
            .expect(200);
        pay_intent(&app, &id(&made), APPROVED).await;
        app.get(&path).await.expect(200);
        app.stranger()
            .get(&format!("/payment-intents/public/{}", id(&made)))
            .await
            .expect(200);
        let emails = json!({ "emails": ["ada@example.com"] });
        app.send(&format!("{path}/receipt"), emails)
            .await
            .expect(204);
        let refund = json!({ "amount": 200, "refundReason": "Broken", "notes": "One cup" });
        let refund = app.send(&format!("{path}/refunds"), refund).key("r-1");
        let refund = text(&refund.await.expect(200), "refundId");
        app.get(&format!("/payment-intents/refunds/{refund}"))
            .await
            .expect(200);
        app.post(&format!("{path}/reversal")).await.problem(409);
        let statuses = json!({ "statuses": ["Captured"] });
        let found = app
            .send("/payment-intents/search", statuses)
            .await
            .expect(200);
        assert_eq!(found["data"][0]["id"], made["id"]);
    }
}

#[tokio::test]
async fn held_and_canceled_payments_are_as_described_in_every_version() {
    for app in each() {
        let made = app.create(manual()).await;
        let path = format!("/payment-intents/{}", id(&made));
        pay_intent(&app, &id(&made), APPROVED).await;
        let part = json!({ "amount": 300 });
        app.send(&format!("{path}/captures"), part)
            .await
            .expect(200);
        app.get(&path).await.expect(200);

        let made = app.create(manual()).await;
        let path = format!("/payment-intents/{}", id(&made));
        pay_intent(&app, &id(&made), APPROVED).await;
        app.post(&format!("{path}/reversal")).await.expect(200);

        let made = app.create(json!({})).await;
        let path = format!("/payment-intents/{}", id(&made));
        assert_eq!(app.delete(&path).await.expect(200)["status"], "Canceled");
        app.send("/payment-intents", json!({})).await.problem(400);
        app.get(&path)
            .header("authorization", "Basic none")
            .await
            .problem(401);
        app.get(&format!("/payment-intents/{}", unknown("pi")))
            .await
            .problem(404);
    }
}

#[tokio::test]
async fn customers_are_as_described_in_every_version() {
    for app in each() {
        let address = json!({ "address1": "1 High Street", "countryCode": "GB" });
        let ada = json!({
            "name": "Ada", "emailAddress": "ada@example.com", "billingAddress": address,
        });
        let ada = id(&app.send("/customers", ada).await.expect(200));
        let path = format!("/customers/{ada}");
        app.get(&path).await.expect(200);
        let change = app
            .request(Method::PATCH, &path)
            .json(json!({ "name": "Ada L" }));
        change.await.expect(200);
        app.send("/customers/search", json!({})).await.expect(200);
        let secret = app.post(&format!("{path}/create-secret")).await.expect(200);
        let secret = text(&secret, "secret");

        let order = rich(&json!({ "customer": { "id": ada } }));
        let made = app.send("/payment-intents", order).await.expect(200);
        let mut card = APPROVED.body();
        card["savePaymentMethod"] = json!(true);
        let session = app.secret(&id(&made)).await;
        let paid = app
            .stranger()
            .send(&format!("/connect-e/api/payments/{session}"), card);
        assert_eq!(Paid::of(&paid.await).code, 0);
        app.get(&format!("/payment-intents/{}", id(&made)))
            .await
            .expect(200);

        let methods = format!("/customers/public/{ada}/payment-methods");
        let saved = as_customer(&app, Method::GET, &methods, &secret)
            .await
            .expect(200);
        let saved = text(&saved["savedPaymentMethods"][0], "id");
        let gone = as_customer(&app, Method::DELETE, &format!("{methods}/{saved}"), &secret);
        gone.await.expect(204);
        app.delete(&path).await.expect(204);
        app.get(&path).await.expect(200);
    }
}

#[tokio::test]
async fn setup_intents_are_as_described_in_every_version() {
    for app in each() {
        let wish = booking(json!({ "customer": { "emailAddress": "ada@example.com" } }));
        let made = app.send("/setup-intents", wish).await.expect(200);
        let path = format!("/setup-intents/{}", id(&made));
        let public = format!("/setup-intents/public/{}", id(&made));
        app.get(&path).await.expect(200);
        app.stranger().get(&public).await.expect(200);
        let refreshed = app.post(&format!("{path}/refresh-client-session-secret"));
        let secret = text(&refreshed.await.expect(200), "clientSessionSecret");
        give(&app, &secret, APPROVED, true).await;
        assert_eq!(app.get(&path).await.expect(200)["status"], "Authorized");
        let bill = app.bill(&id(&made)).await;
        app.charge(&bill).await.expect(200);
        app.get(&path).await.expect(200);

        let kept = app.set_up(json!({}), APPROVED).await;
        let path = format!("/setup-intents/{kept}");
        let deleted = app.delete(&format!("{path}?includeAuthorized=true"));
        deleted.await.expect(200);
        app.get(&path).await.expect(200);
        app.get(&format!("/setup-intents/{}", unknown("si")))
            .await
            .problem(404);
    }
}

#[tokio::test]
async fn webhooks_are_as_described_in_every_version() {
    for app in each() {
        app.get("/webhooks/events").await.expect(200);
        let wish = json!({
            "events": ["payment_intent.created"], "url": "https://shop.example/hook",
        });
        let made = app.send("/webhooks", wish).await.expect(200);
        let path = format!("/webhooks/{}", id(&made));
        app.get("/webhooks").await.expect(200);
        let change = json!({
            "events": ["payment_intent.created"], "url": "https://shop.example/other",
        });
        app.request(Method::PATCH, &path)
            .json(change)
            .await
            .expect(200);
        let secrets = format!("{path}/secrets");
        app.get(&secrets).await.expect(200);
        app.post(&secrets).await.expect(200);
        app.send("/webhooks", json!({})).await.problem(400);
        app.delete(&path).await.expect(204);
        app.delete(&path).await.problem(404);
    }
}

/// A till of each version that has card machines.
async fn tills() -> Vec<(Till, &'static str)> {
    let mut tills = Vec::new();
    for version in &VERSIONS[1..] {
        let mut till = Till::new().await;
        till.app = till.app.at(version);
        tills.push((till, *version));
    }
    tills
}

#[tokio::test]
async fn card_machines_are_as_described_in_every_version() {
    for (till, version) in tills().await {
        let terminal = till.terminal("SIP0").await;
        till.get(&format!("/terminals/{}", id(&terminal)))
            .await
            .expect(200);
        till.get(&format!("/terminals/{}", unknown("tm")))
            .await
            .problem(404);
        for (machine, status) in [
            ("SIP0", "Captured"),
            ("SIS0", "SignatureVerificationRequired"),
            ("DIP0", "Declined"),
            ("UIP0", "Canceled"),
        ] {
            let intent = id(&till.app.create(json!({})).await);
            let session = till.sell(machine, &intent).await;
            let session = till.session(&session).await;
            assert_eq!(session["status"], status, "{version}: {session}");
            if status == "SignatureVerificationRequired" {
                till.sign(&id(&session), true).await.expect(200);
            }
            till.app
                .get(&format!("/payment-intents/{intent}"))
                .await
                .expect(200);
        }
        let refund = till.start("SIP0", unlinked_refund(300)).await;
        till.session(&refund).await;
        till.cancel(&refund).await.problem(422);
        till.cancel(&unknown("ts")).await.problem(404);
    }
}

#[tokio::test]
async fn a_refusal_of_a_session_has_a_sentence() {
    for (till, version) in tills().await {
        let refuse = |body: Value| till.named(till.app.send("/terminal-sessions", body));
        let nothing = refuse(json!({})).await.problem(400);
        let told = text(&nothing, "detail");
        assert!(
            told.contains("The TerminalId field is required."),
            "{version}: {told}"
        );
        let wrong = json!({ "terminalId": "tm_1", "details": { "sessionType": "Dance" } });
        assert!(!text(&refuse(wrong).await.problem(400), "detail").is_empty());
        let body = json!({ "terminalId": unknown("tm"), "details": sale(&unknown("pi")) });
        let nameless = till.app.send("/terminal-sessions", body).await.problem(400);
        assert!(
            !text(&nameless, "detail").is_empty(),
            "{version}: {nameless}"
        );
    }
}

#[tokio::test]
async fn a_till_is_told_only_words_of_its_version() {
    for (till, version) in tills().await {
        let intent = id(&till.app.create(json!({})).await);
        let session = till.session(&till.sell("UIP0", &intent).await).await;
        let shown = session["notificationEvents"].to_string();
        let history = till.app.intent(&intent).await["terminalSessionHistory"].to_string();
        let found = till
            .app
            .send("/payment-intents/search", json!({}))
            .await
            .expect(200);
        let known = version != VERSIONS[1];
        for told in [shown, history, found.to_string()] {
            assert!(told.contains("PresentCard"), "{version}: {told}");
            assert_eq!(told.contains("CardError"), known, "{version}: {told}");
        }
    }
}

#[tokio::test]
async fn ways_to_pay_are_words_of_the_version() {
    let app = App::new();
    let intent = app
        .create(json!({ "paymentMethods": ["Card", "SavedCard"] }))
        .await;
    for version in VERSIONS {
        let seen = app.at(version).intent(&id(&intent)).await;
        let known = match version == VERSIONS[0] {
            true => json!(["Card"]),
            false => json!(["Card", "SavedCard"]),
        };
        assert_eq!(seen["paymentMethods"], known, "{version}");
    }
}

#[tokio::test]
async fn a_canceled_intent_is_found_in_the_first_version_and_on_request_later() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    let path = format!("/payment-intents/{intent}");
    app.delete(&path).await.expect(200);
    for version in VERSIONS {
        let app = app.at(version);
        let asked = app.get(&format!("{path}?returnCanceled=true")).await;
        assert_eq!(asked.expect(200)["status"], "Canceled", "{version}");
        let plain = app.get(&path).await;
        if version == VERSIONS[0] {
            assert_eq!(plain.expect(200)["status"], "Canceled");
        } else {
            plain.problem(404);
        }
    }
    // The parameter is none of the first version's, so its value does not matter.
    let odd = format!("{path}?returnCanceled=perhaps");
    app.at(VERSIONS[0]).get(&odd).await.expect(200);
    app.get(&odd).await.problem(400);
}

#[tokio::test]
async fn an_intent_of_the_first_version_is_readable_in_all() {
    let app = App::new();
    let order = json!({
        "amount": pounds(1000),
        "reference": "Order-0001",
        "itemLines": [
            { "id": "1", "quantity": 2, "caption": "Cup" },
            { "id": "2", "quantity": 1, "caption": "Pot", "amountTotal": pounds(500) },
        ],
    });
    let made = app
        .at(VERSIONS[0])
        .send("/payment-intents", order)
        .await
        .expect(200);
    pay_intent(&app, &id(&made), APPROVED).await;
    for version in VERSIONS {
        let app = app.at(version);
        let found = app
            .send("/payment-intents/search", json!({}))
            .await
            .expect(200);
        for seen in [app.intent(&id(&made)).await, found["data"][0].clone()] {
            let [cup, pot] = [&seen["itemLines"][0], &seen["itemLines"][1]];
            assert_eq!(pot["amountTotal"], pounds(500), "{version}");
            let total = cup.get("amountTotal");
            let wanted = (version != VERSIONS[0]).then_some(&Value::Null);
            assert_eq!(total, wanted, "{version}: {cup}");
        }
    }
}

#[tokio::test]
async fn a_setup_intent_is_told_in_words_of_the_version() {
    let app = App::new();
    let wish = json!({ "merchantInitiatedTransactionType": "Unscheduled" });
    let given = app.set_up(wish, Card::new("4456530000001005")).await;
    for version in VERSIONS {
        let seen = app.at(version).setup_now(&given).await;
        let kind = seen.get("merchantInitiatedTransactionType");
        assert_eq!(kind.is_some(), version != VERSIONS[0], "{version}: {seen}");
    }
}
