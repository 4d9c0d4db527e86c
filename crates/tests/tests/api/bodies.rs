//! Bodies as clients write them.

use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{APPROVED, App, pay};

use crate::{id, pounds, text};

const MARK: &[u8] = b"\xef\xbb\xbf";

fn marked(body: &Value) -> Vec<u8> {
    [MARK, body.to_string().as_bytes()].concat()
}

#[tokio::test]
async fn a_byte_order_mark_before_the_json_is_read_over() {
    let app = App::new();
    let order = json!({ "amount": pounds(1000), "reference": "Order 1" });
    let send = |path: &str, body: Vec<u8>| {
        app.post(path)
            .body(body)
            .header("content-type", "application/json")
    };
    let intent = id(&send("/payment-intents", marked(&order)).await.expect(200));
    let subscription = json!({
        "events": ["payment_intent.created"], "url": "https://shop.example/hook",
    });
    for (path, body) in [
        ("/payment-intents/search", json!({})),
        ("/customers", json!({ "name": "Ada" })),
        ("/customers/search", json!({})),
        ("/setup-intents", tatami_tests::booking(json!({}))),
        ("/webhooks", subscription),
        ("/sandbox/clock/advance", json!({ "by": "00:00:01" })),
    ] {
        send(path, marked(&body)).await.expect(200);
    }
    // The path that pages and apps send cards to.
    let secret = app.secret(&intent).await;
    let path = format!("/connect-e/api/payments/{secret}");
    let paid = app.stranger().post(&path).body(marked(&APPROVED.body()));
    let paid = paid.header("content-type", "application/json").await;
    assert_eq!(paid.expect(200)["statusCode"], 0);
    // Under a key it is the same request.
    let path = format!("/payment-intents/{intent}/refunds");
    let body = json!({ "amount": 100 });
    let first = app.send(&path, body.clone()).key("1").await;
    let again = send(&path, marked(&body)).key("1").await;
    assert_eq!(again.text(), first.text());
    assert_eq!(app.intent(&intent).await["refundedAmount"], 100);
}

#[tokio::test]
async fn a_mark_elsewhere_and_other_encodings_are_refused() {
    let app = App::new();
    let order = json!({ "amount": pounds(1000), "reference": "Order 1" }).to_string();
    let intent = id(&app.create(json!({})).await);
    let secret = app.secret(&intent).await;
    let wide = |mark: &str| -> Vec<u8> {
        let units: Vec<u16> = format!("{mark}{order}").encode_utf16().collect();
        units.iter().flat_map(|unit| unit.to_le_bytes()).collect()
    };
    let inside = format!("{{\u{feff}{}", &order[1..]).into_bytes();
    let twice = [MARK, MARK, order.as_bytes()].concat();
    for (body, word) in [
        (wide("\u{feff}"), "UTF-8"),
        (wide(""), "UTF-8"),
        (inside, "valid JSON"),
        (twice, "valid JSON"),
    ] {
        let send = app.post("/payment-intents").body(body.clone());
        let problem = send
            .header("content-type", "application/json")
            .await
            .problem(400);
        assert!(
            problem["errors"]["$"][0]
                .as_str()
                .is_some_and(|e| e.contains(word)),
            "{problem}"
        );
        let path = format!("/connect-e/api/payments/{secret}");
        let send = app.stranger().post(&path).body(body);
        let refused = send.header("content-type", "application/json").await;
        assert_eq!(refused.status, 400, "{}", refused.text());
    }
    assert_eq!(
        pay(&app, &secret, APPROVED).await.code,
        0,
        "nothing was used up"
    );
}

#[tokio::test]
async fn a_required_body_that_is_missing_is_refused() {
    let app = App::new();
    let document = app.get("/openapi.json").await.expect(200);
    let mut seen = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            if operation["requestBody"]["required"] != true || path.starts_with("/pci-api") {
                continue;
            }
            seen += 1;
            let method: Method = method.to_uppercase().parse().expect("a method");
            let path = filled(path);
            for body in ["", " \n", "\u{feff}"] {
                let reply = app
                    .request(method.clone(), &path)
                    .header("software-house-id", "softwareHouse1")
                    .key("1")
                    .body(body)
                    .await;
                assert_eq!(reply.blames(400), ["$"], "{method} {path}");
            }
        }
    }
    assert!(seen > 12, "{seen}");
}

/// A path with an id of the right form in each place.
fn filled(path: &str) -> String {
    let prefixes = [
        ("{paymentIntentId}", "pi"),
        ("{setupIntentId}", "si"),
        ("{customerId}", "cust"),
        ("{subscriptionId}", "ws"),
        ("{terminalSessionId}", "ts"),
    ];
    let path = prefixes
        .iter()
        .fold(path.to_owned(), |path, (place, prefix)| {
            path.replace(place, &crate::unknown(prefix))
        });
    path.replace("{tid}", "VCMTEST01SIP0")
}

#[tokio::test]
async fn truth_values_come_as_words_too() {
    let app = App::new();
    let intent = app
        .create(json!({
            "cardHolderNotPresent": "true",
            "config": {
                "customerEmail": { "collectionRequired": "False" },
                "payment": { "tipsAllowed": " TRUE ", "customAmountAllowed": "true" },
            },
        }))
        .await;
    assert_eq!(intent["cardHolderNotPresent"], true);
    assert_eq!(
        intent["config"]["customerEmail"]["collectionRequired"],
        false
    );
    assert_eq!(intent["config"]["payment"]["tipsAllowed"], true);
    for wrong in [json!("yes"), json!("1"), json!(1), json!("truefalse")] {
        let order = json!({
            "amount": pounds(1000), "reference": "r", "cardHolderNotPresent": wrong,
        });
        let blamed = app.send("/payment-intents", order).await.blames(400);
        assert_eq!(blamed, ["CardHolderNotPresent"], "{wrong}");
    }
}

#[tokio::test]
async fn tips_may_be_sent_as_an_amount_alone() {
    let app = App::new();
    let tipped = json!({ "config": { "payment": { "tipsAllowed": true } } });
    let path = format!(
        "/payment-intents/{}/tips-amount",
        id(&app.create(tipped).await)
    );
    for (body, tips) in [
        (json!({ "value": 500, "currencyCode": "GBP" }), 500),
        (json!({ "Value": "400", "CurrencyCode": "GBP" }), 400),
        (json!({ "tipsAmount": pounds(300) }), 300),
    ] {
        let changed = app.send(&path, body).await.expect(200);
        assert_eq!(changed["tipsAmount"], pounds(tips));
    }
    let negative = json!({ "value": -1, "currencyCode": "GBP" });
    assert_eq!(
        app.send(&path, negative).await.blames(400),
        ["TipsAmount.Value"]
    );
    let half = json!({ "value": 5 });
    assert_eq!(app.send(&path, half).await.blames(400), ["TipsAmount"]);
}

#[tokio::test]
async fn a_setup_intent_is_read_by_post_as_well() {
    let app = App::new();
    let setup = id(&app.setup(json!({})).await);
    let path = format!("/setup-intents/{setup}");
    let read = app.get(&path).await.expect(200);
    for reply in [app.post(&path).await, app.send(&path, json!({})).await] {
        assert_eq!(reply.expect(200), read);
    }
    app.post("/setup-intents/si_1").await.problem(400);
    app.stranger().post(&path).await.problem(401);
}

#[tokio::test]
async fn the_source_of_a_payment_is_kept_as_it_was_sent() {
    let app = App::new();
    let source = async |changes: Value| {
        let intent = app.create(changes).await;
        let path = format!("/payment-intents/public/{}", id(&intent));
        let page = app.stranger().get(&path).await.expect(200);
        let read = app.intent(&id(&intent)).await;
        assert_eq!(read["paymentSource"], intent["paymentSource"]);
        [text(&intent, "paymentSource"), text(&page, "paymentSource")]
    };
    assert_eq!(source(json!({})).await, ["api", "api"]);
    assert_eq!(source(json!({ "paymentSource": "" })).await, ["api", "api"]);
    let plugin = json!({ "paymentSource": "plugin" });
    assert_eq!(source(plugin).await, ["plugin", "plugin"]);
    let absent = json!({ "cardHolderNotPresent": true });
    assert_eq!(
        source(absent).await,
        ["virtual-terminal", "virtual-terminal"]
    );
    let absent = json!({ "cardHolderNotPresent": true, "paymentSource": "plugin" });
    assert_eq!(source(absent).await, ["plugin", "virtual-terminal"]);
    let setup = app.setup(json!({ "paymentSource": "plugin" })).await;
    assert_eq!(setup["paymentSource"], "plugin");
}

#[tokio::test]
async fn a_merchant_id_has_fifteen_digits() {
    let app = App::new();
    let ada = crate::customers::customer(&app).await;
    let secret = crate::customers::secret_of(&app, &ada).await;
    let path = format!("/customers/public/{ada}/payment-methods");
    let methods = app
        .stranger()
        .get(&path)
        .header("authorization", &format!("Basic {secret}"));
    let merchant = text(&methods.await.expect(200), "merchantId");
    assert!(
        merchant.len() == 15 && merchant.bytes().all(|b| b.is_ascii_digit()),
        "{merchant}"
    );
}

#[tokio::test]
async fn a_signature_is_judged_in_a_word() {
    let app = App::new();
    let path = format!("/terminal-sessions/{}/signature", crate::unknown("ts"));
    let put = |body: Value| {
        let request = app.request(Method::PUT, &path).json(body);
        request.header("software-house-id", "softwareHouse1")
    };
    // It is read: there is only no such session.
    let refused = put(json!({ "accepted": "false" })).await;
    let told = refused.text();
    assert!(!told.contains("Accepted"), "{told}");
    assert_eq!(
        put(json!({ "accepted": "no" })).await.blames(400),
        ["Accepted"]
    );
}
