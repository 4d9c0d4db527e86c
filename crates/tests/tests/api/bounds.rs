//! How much may be sent.

use serde_json::{Map, Value, json};
use tatami_tests::{APPROVED, App};

use crate::{id, pounds};

fn notes(keys: usize, key: usize, value: usize) -> Value {
    let note = |n: usize| {
        (
            format!("{n:02}{}", "k".repeat(key - 2)),
            json!("v".repeat(value)),
        )
    };
    Value::Object((0..keys).map(note).collect::<Map<_, _>>())
}

fn lines(lines: usize, modifiers: usize) -> Value {
    let modifier = json!({
        "id": "1", "name": "Cream", "quantity": 1, "amountPerModifier": pounds(10),
    });
    let line = json!({
        "name": "Cup", "amountTotal": pounds(10), "modifiers": vec![modifier; modifiers],
    });
    json!(vec![line; lines])
}

fn taxes(lines: usize) -> Value {
    json!(vec![
        json!({ "caption": "VAT", "amountTotal": pounds(1) });
        lines
    ])
}

/// What is as large as it may be, and what is larger, with the field that is told.
fn edges() -> Vec<(&'static str, Value, Value, &'static str)> {
    vec![
        ("metadata", notes(50, 40, 60), notes(51, 40, 1), "Metadata"),
        ("metadata", notes(1, 40, 1), notes(1, 41, 1), "Metadata"),
        (
            "metadata",
            notes(1, 40, 500),
            notes(2, 40, 501),
            "Metadata.00kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
        ),
        (
            "metadata",
            notes(16, 12, 500),
            notes(17, 12, 500),
            "Metadata",
        ),
        (
            "paymentMethods",
            json!(["Card"]),
            json!(vec!["Card"; 21]),
            "PaymentMethods",
        ),
    ]
}

#[tokio::test]
async fn what_a_merchant_notes_has_bounds() {
    let app = App::new();
    let order = json!({ "amount": pounds(1000), "reference": "r" });
    let booking = tatami_tests::booking(json!({}));
    for (path, body) in [("/payment-intents", order), ("/setup-intents", booking)] {
        for (name, most, more, field) in edges() {
            let with = |value: Value| {
                let mut body = body.clone();
                body[name] = value;
                app.send(path, body)
            };
            let kept = with(most.clone()).await.expect(200);
            assert_eq!(kept[name], most, "{path}");
            let blamed = with(more).await.blames(400);
            assert_eq!(blamed[0], field, "{path} {name}");
        }
    }
}

#[tokio::test]
async fn an_order_has_bounds_when_it_is_made_and_when_it_changes() {
    let app = App::new();
    let open = json!({ "config": { "payment": { "customAmountAllowed": true } } });
    let change = format!("/payment-intents/{}/amount", id(&app.create(open).await));
    let order = json!({ "amount": pounds(1000), "reference": "r" });
    for (path, body) in [("/payment-intents", &order), (change.as_str(), &order)] {
        for (name, most, more, field) in [
            ("itemLines", lines(500, 0), lines(501, 0), "ItemLines"),
            (
                "itemLines",
                lines(1, 50),
                lines(2, 51),
                "ItemLines[0].Modifiers",
            ),
            ("taxLines", taxes(100), taxes(101), "TaxLines"),
        ] {
            let with = |value: Value| {
                let mut body = body.clone();
                body[name] = value;
                app.send(path, body)
            };
            with(most).await.expect(200);
            assert_eq!(with(more).await.blames(400)[0], field, "{path}");
        }
    }
}

#[tokio::test]
async fn what_a_payer_sends_with_the_card_has_bounds() {
    let app = App::new();
    let intent = id(&app.create(json!({})).await);
    let secret = app.secret(&intent).await;
    let send = |name: &str, value: Value| {
        let mut body = APPROVED.body();
        body[name] = value;
        app.stranger()
            .send(&format!("/connect-e/api/payments/{secret}"), body)
    };
    for (name, value) in [
        ("metaData", notes(51, 4, 1)),
        ("metaData", notes(1, 41, 1)),
        ("metaData", notes(1, 4, 501)),
        ("metaData", notes(20, 4, 500)),
        ("userPhoneNumber", json!("1".repeat(51))),
        ("billingAddress", json!({ "city": "x".repeat(101) })),
        (
            "shippingDetails",
            json!({ "address": { "city": "x".repeat(101) } }),
        ),
    ] {
        let refused = send(name, value).await;
        assert_eq!(refused.status, 400, "{}", refused.text());
        let told = refused.json();
        let field = told["errors"][0]["field"].as_str().unwrap_or_default();
        assert!(field.starts_with(name), "{told}");
    }
    assert_eq!(
        send("metaData", notes(50, 10, 100)).await.json()["statusCode"],
        0
    );
}

/// Every text, list and map of a schema without a bound.
fn unbounded(document: &Value, schema: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(target) = schema["$ref"].as_str() {
        let schema = document
            .pointer(target.trim_start_matches('#'))
            .expect("a schema");
        return unbounded(document, schema, at, found);
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        for part in schema[key].as_array().into_iter().flatten() {
            unbounded(document, part, at, found);
        }
    }
    let is = |name: &str| {
        let kinds = &schema["type"];
        *kinds == name
            || kinds
                .as_array()
                .is_some_and(|all| all.contains(&json!(name)))
    };
    let formed = matches!(schema["format"].as_str(), Some("date-time" | "timespan"));
    let words = schema["enum"].is_array();
    if is("string") && !formed && !words && !schema["maxLength"].is_u64() {
        found.push(at.to_owned());
    }
    if is("array") {
        if !schema["maxItems"].is_u64() {
            found.push(at.to_owned());
        }
        unbounded(document, &schema["items"], &format!("{at}[]"), found);
    }
    if schema["additionalProperties"].is_object() {
        let bounds = [
            &schema["maxProperties"],
            &schema["propertyNames"]["maxLength"],
        ];
        if !bounds.iter().all(|bound| bound.is_u64()) {
            found.push(at.to_owned());
        }
        unbounded(
            document,
            &schema["additionalProperties"],
            &format!("{at}.*"),
            found,
        );
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        unbounded(document, property, &format!("{at}.{name}"), found);
    }
}

#[tokio::test]
async fn the_description_bounds_everything_that_can_be_sent() {
    let document = App::new().get("/openapi.json").await.expect(200);
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let content = operation["requestBody"]["content"].as_object();
            for (_, body) in content.into_iter().flatten() {
                let at = format!("{method} {path} ");
                unbounded(&document, &body["schema"], &at, &mut found);
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}
