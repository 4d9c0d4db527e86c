//! What a sample takes for granted.

use serde_json::{Value, json};

use super::curl_line::CurlLine;
use crate::curl::{call, curl};
use crate::server::Server;

/// The sample's path with the id of a payment intent that it can work on. The
/// published text has lost the ids, and some of the words after them.
///
/// # Errors
/// If that payment intent cannot be made.
pub fn path(server: &Server, line: &CurlLine) -> Result<String, String> {
    let Some(rest) = line.path().strip_prefix("/payment-intents/") else {
        return Ok(line.path().to_owned());
    };
    let body: Value = serde_json::from_str(line.data()).unwrap_or(Value::Null);
    let operation = match (line.method(), rest.trim_matches('/')) {
        ("POST", "") if body["amount"].is_number() => "captures",
        ("POST", "") if body["amount"].is_object() => "amount",
        ("POST", "") if body["tipsAmount"].is_object() => "tips-amount",
        (_, operation) => operation,
    };
    let id = match operation {
        "captures" => paid(
            server,
            json!({ "captureMode": "Manual", "autoExpireAction": "Release" }),
        )?,
        "refunds" | "reversal" | "receipt" => paid(server, json!({}))?,
        _ => created(server, json!({}))?,
    };
    Ok(format!("/payment-intents/{id}/{operation}"))
}

fn created(server: &Server, changes: Value) -> Result<String, String> {
    let mut order = json!({
        "amount": { "value": 1000, "currencyCode": "GBP" },
        "reference": "Order-0001",
        "config": { "payment": { "customAmountAllowed": true, "tipsAllowed": true } },
    });
    for (name, value) in changes.as_object().into_iter().flatten() {
        order[name] = value.clone();
    }
    let intent = call(server, "POST", "/payment-intents", &order)?;
    Ok(intent["id"].as_str().unwrap_or_default().to_owned())
}

fn paid(server: &Server, changes: Value) -> Result<String, String> {
    let id = created(server, changes)?;
    let path = format!("/payment-intents/{id}/refresh-client-session-secret");
    let fresh = call(server, "POST", &path, &Value::Null)?;
    let secret = fresh["clientSessionSecret"].as_str().unwrap_or_default();
    let card = json!({
        "cardNumber": "4456530000001005",
        "cardName": "Ada Lovelace",
        "expiryDate": "12 / 39",
        "cV2": "020",
    });
    let url = format!("{}/connect-e/api/payments/{secret}", server.base());
    let arguments = [
        "--header",
        "Content-Type: application/json",
        "--data",
        &card.to_string(),
        &url,
    ];
    let answer = curl(&arguments.map(str::to_owned))?;
    if answer.json()["statusCode"] == 0 {
        Ok(id)
    } else {
        Err(format!("not paid: {}", answer.body))
    }
}
