//! The rules for an order, all broken ones at once.

use serde_json::{Value, json};
use tatami_tests::App;

use crate::pounds;

async fn blames(app: &App, changes: Value) -> Vec<String> {
    let mut order = json!({ "amount": pounds(1000), "reference": "Order-0001" });
    for (name, value) in changes.as_object().expect("changes by name") {
        order[name] = value.clone();
    }
    app.send("/payment-intents", order).await.blames(400)
}

#[tokio::test]
async fn an_empty_order_lacks_its_amount_and_its_reference() {
    let app = App::new();
    let refused = app.send("/payment-intents", json!({})).await;
    let problem = refused.problem(400);
    assert_eq!(problem["title"], "One or more validation errors occurred.");
    assert_eq!(
        problem["errors"]["Amount"],
        json!(["The Amount field is required."])
    );
    assert_eq!(
        problem["errors"]["Reference"],
        json!(["The Reference field is required."])
    );
}

#[tokio::test]
async fn every_broken_rule_is_named_at_once() {
    let app = App::new();
    let broken = json!({
        "amount": { "value": 0, "currencyCode": "USD" },
        "tipsAmount": { "value": -1, "currencyCode": "GBP" },
        "reference": "x".repeat(61),
        "autoExpireIn": "00:05:00",
        "autoExpireAction": "Capture",
        "expireAt": "2020-01-01T00:00:00Z",
        "customer": { "emailAddress": "nobody" },
        "billingAddress": { "countryCode": "GBR" },
        "paymentMethods": ["Card", "Cheque"],
        "config": { "redirectUrl": "javascript:alert(1)" },
    });
    let blamed = blames(&app, broken).await;
    for field in [
        "Amount.Value",
        "Amount.CurrencyCode",
        "TipsAmount.Value",
        "Reference",
        "AutoExpireIn",
        "AutoExpireAction",
        "ExpireAt",
        "Customer.EmailAddress",
        "BillingAddress.CountryCode",
        "PaymentMethods[1]",
        "Config.RedirectUrl",
    ] {
        assert!(blamed.iter().any(|b| b == field), "{field} of {blamed:?}");
    }
}

#[tokio::test]
async fn each_rule_at_its_edge() {
    let app = App::new();
    let manual = |hold: &str| {
        json!({
            "captureMode": "Manual", "autoExpireIn": hold, "autoExpireAction": "Release",
        })
    };
    for (changes, field) in [
        (json!({ "amount": pounds(0) }), "Amount.Value"),
        (json!({ "amount": pounds(-1) }), "Amount.Value"),
        (
            json!({ "amount": { "value": 1000, "currencyCode": "USD" } }),
            "Amount.CurrencyCode",
        ),
        (
            json!({ "tipsAmount": { "value": 1, "currencyCode": "EUR" } }),
            "TipsAmount.CurrencyCode",
        ),
        (json!({ "reference": "" }), "Reference"),
        (json!({ "reference": "x".repeat(61) }), "Reference"),
        (json!({ "description": "x".repeat(4097) }), "Description"),
        (manual("00:00:30"), "AutoExpireIn"),
        (manual("7.00:00:00"), "AutoExpireIn"),
        (manual("P1D"), "AutoExpireIn"),
        (json!({ "autoExpireIn": "1.00:00:00" }), "AutoExpireIn"),
        (json!({ "autoExpireAction": "Release" }), "AutoExpireAction"),
        (
            json!({ "itemLines": [{ "name": "Cup" }] }),
            "ItemLines[0].AmountTotal",
        ),
        (
            json!({ "taxLines": [{ "caption": "VAT" }] }),
            "TaxLines[0].AmountTotal",
        ),
        (
            json!({ "actionLink": { "url": "https://shop.example", "label": "x".repeat(61) } }),
            "ActionLink.Label",
        ),
        (
            json!({ "actionLink": { "url": "invoice", "label": "Invoice" } }),
            "ActionLink.Url",
        ),
    ] {
        let blamed = blames(&app, changes.clone()).await;
        assert_eq!(blamed, [field], "{changes}");
    }
    for allowed in [
        json!({ "amount": pounds(1) }),
        json!({ "reference": "x" }),
        json!({ "reference": "é".repeat(60) }),
        json!({ "description": "x".repeat(4096) }),
        manual("00:00:31"),
        manual("06.23:59:59"),
        json!({ "tipsAmount": pounds(0) }),
        json!({ "config": { "redirectUrl": "myapp://done" } }),
    ] {
        app.create(allowed).await;
    }
}

#[tokio::test]
async fn a_modifier_needs_all_its_parts() {
    let app = App::new();
    for missing in ["id", "quantity", "name", "amountPerModifier"] {
        let mut modifier = json!({
            "id": "m", "name": "Discount", "quantity": 1, "amountPerModifier": pounds(-1),
        });
        modifier
            .as_object_mut()
            .expect("properties")
            .remove(missing);
        let lines = json!([{ "name": "Cup", "amountTotal": pounds(1), "modifiers": [modifier] }]);
        let blamed = blames(&app, json!({ "itemLines": lines })).await;
        let field = missing[..1].to_uppercase() + &missing[1..];
        assert_eq!(blamed, [format!("ItemLines[0].Modifiers[0].{field}")]);
    }
}

#[tokio::test]
async fn lines_never_change_the_amount() {
    let app = App::new();
    let lines = json!([{ "name": "Palace", "amountTotal": pounds(100_000_000) }]);
    let intent = app.create(json!({ "itemLines": lines })).await;
    assert_eq!(intent["totalAmount"], pounds(1000));
}

#[tokio::test]
async fn a_total_beyond_all_numbers_is_refused() {
    let app = App::new();
    let huge = json!({ "amount": pounds(i64::MAX), "tipsAmount": pounds(1) });
    assert_eq!(blames(&app, huge).await, ["Amount.Value"]);
    app.post("/payment-intents")
        .header("content-type", "application/json")
        .body(r#"{"amount":{"value":92233720368547758070,"currencyCode":"GBP"},"reference":"x"}"#)
        .await
        .problem(400);
}
