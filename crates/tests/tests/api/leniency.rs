//! What clients in production get away with.

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use tatami_tests::{App, DEVELOPMENT_KEY, shared};

use crate::{captured, id, pounds, text};

#[tokio::test]
async fn property_names_come_in_any_case() {
    let app = App::new();
    let body = json!({
        "Amount": { "Value": 560, "CurrencyCode": "GBP" },
        "Reference": "Order-0002",
        "CaptureMode": "Manual",
        "AutoExpireIn": "00:05:00",
        "AutoExpireAction": "Capture",
        "tipsAmount": { "VALUE": 40, "currencycode": "GBP" },
    });
    let intent = app.send("/payment-intents", body).await.expect(200);
    assert_eq!(intent["amount"], pounds(560));
    assert_eq!(intent["tipsAmount"], pounds(40));
    assert_eq!(intent["totalAmount"], pounds(600));
    assert_eq!(intent["captureMode"], "Manual");
    assert_eq!(intent["autoExpireAction"], "Capture");
    assert_eq!(intent["autoExpireIn"], "00:05:00");
}

/// The plugin's order: numbers as texts, `""` for `null`, unknown properties,
/// an expiry with an offset, HTML entities in a URL.
#[tokio::test]
async fn a_shop_plugin_s_order_is_taken_as_it_is() {
    let app = App::new();
    let expire_at = shop_time(60);
    let body = json!({
        "captureMode": "Auto",
        "amount": { "value": "2468", "currencyCode": "GBP" },
        "reference": "45",
        "description": "",
        "customer": { "id": null, "emailAddress": "ada@example.com", "phoneNumber": "" },
        "billingAddress": {
            "address1": "1 High Street", "address2": "", "city": "London",
            "state": "", "postcode": "N1 1AA", "countryCode": "GB",
        },
        "shippingDetails": "",
        "config": {
            "title": null,
            "redirectUrl": "https://shop.example/?wc-api=wc_dojo",
            "cancelUrl": "https://shop.example/cart/?cancel_order=true&amp;order=wc_1&amp;order_id=45",
        },
        "itemLines": [{
            "id": "7", "quantity": "2", "caption": "Cup",
            "amountTotal": { "value": "2468", "currencyCode": "GBP" },
        }],
        "taxLines": [{
            "id": "vat", "caption": "VAT", "subCaption": null,
            "amountTotal": { "value": "0", "currencyCode": "GBP" },
        }],
        "metadata": { "plugin": "shop", "version": "2.0.10" },
        "paymentSource": "plugin",
        "expireAt": expire_at,
        "somethingNew": { "deep": [1, 2, 3] },
    });
    let intent = app
        .send("/payment-intents", body)
        .version("2022-04-27")
        .await
        .expect(200);
    assert_eq!(intent["amount"], pounds(2468));
    assert_eq!(intent["itemLines"][0]["quantity"], 2);
    assert_eq!(intent["itemLines"][0]["caption"], "Cup");
    assert_eq!(intent["itemLines"][0]["amountTotal"], pounds(2468));
    assert_eq!(intent["metadata"]["version"], "2.0.10");
    assert!(intent.get("shippingDetails").is_none(), "{intent}");
    assert!(!holds_null(&intent), "{intent}");
}

/// A time so many minutes from now with a numeric offset.
fn shop_time(minutes: i64) -> String {
    let text = machine_time() + SignedDuration::from_mins(minutes);
    format!("{}+00:00", text.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// The machine's time; the sandbox clocks of new accounts agree with it.
#[expect(clippy::disallowed_methods, reason = "a client has no clock port")]
fn machine_time() -> Timestamp {
    Timestamp::now()
}

fn holds_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.iter().any(holds_null),
        Value::Object(map) => map.values().any(holds_null),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[tokio::test]
async fn numbers_may_be_texts_in_every_request() {
    let app = App::new();
    let paid = captured(&app).await;
    let refund = app
        .send(
            &format!("/payment-intents/{paid}/refunds"),
            json!({ "amount": "500" }),
        )
        .key("first")
        .await
        .expect(200);
    assert!(text(&refund, "refundId").starts_with("rfnd_sandbox_"));
    assert_eq!(app.intent(&paid).await["refundedAmount"], 500);
}

#[tokio::test]
async fn paths_may_end_in_a_slash_start_with_master_or_double_one() {
    let app = App::new();
    let order = json!({ "amount": pounds(1000), "reference": "Order-0001" });
    for path in [
        "/payment-intents/",
        "/master/payment-intents",
        "/master/payment-intents/",
        "//payment-intents",
        "/payment-intents//",
    ] {
        let intent = app.send(path, order.clone()).await.expect(200);
        let id = id(&intent);
        for path in [
            format!("/payment-intents/{id}/"),
            format!("/master/payment-intents/{id}"),
            format!("//payment-intents//{id}"),
        ] {
            assert_eq!(app.get(&path).await.expect(200)["id"], id, "{path}");
        }
    }
    assert!(app.get("/webhooks/").await.expect(200).is_array());
}

#[tokio::test]
async fn headers_come_in_any_case_and_a_json_body_needs_no_type() {
    let server = shared();
    let app = App::with_key(server, DEVELOPMENT_KEY);
    let order = r#"{"amount":{"value":1000,"currencyCode":"GBP"},"reference":"Order-0001"}"#;
    let reply = app.post("/payment-intents").body(order).await;
    assert_eq!(reply.status, 200, "{}", reply.text());

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = server.base().strip_prefix("http://").expect("an address");
    let mut line = tokio::net::TcpStream::connect(address)
        .await
        .expect("the server listens");
    let request = format!(
        "POST /payment-intents HTTP/1.1\r\nHost: {address}\r\nAUTHORIZATION: Basic {DEVELOPMENT_KEY}\r\n\
         Version: 2024-02-05\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{order}",
        order.len()
    );
    line.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    line.read_to_string(&mut answer).await.expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn a_change_without_content_comes_with_any_or_no_body() {
    let app = App::new();
    for body in [None, Some(""), Some("{}")] {
        let intent = app.create(json!({})).await;
        let mut cancel = app.request(Method::DELETE, &format!("/payment-intents/{}", id(&intent)));
        if let Some(body) = body {
            cancel = cancel.body(body).header("content-type", "application/json");
        }
        assert_eq!(cancel.await.expect(200)["status"], "Canceled");

        let paid = captured(&app).await;
        let mut reverse = app.post(&format!("/payment-intents/{paid}/reversal"));
        if let Some(body) = body {
            reverse = reverse.body(body);
        }
        assert!(text(&reverse.await.expect(200), "reversalId").starts_with("rvs_"));
    }
}

#[tokio::test]
async fn the_documented_manual_sample_of_an_older_property_is_taken() {
    let app = App::new();
    let body = json!({
        "captureMode": "Manual",
        "autoExpireAt": "2023-12-01T00:00:00",
        "autoExpireAction": "Release",
        "amount": pounds(1000),
        "reference": "Order-0001",
    });
    let intent = app
        .send("/payment-intents", body)
        .version("2022-07-04")
        .await
        .expect(200);
    assert_eq!(intent["captureMode"], "Manual");
    assert_eq!(intent["autoExpireAction"], "Release");
}
