//! What a sample takes for granted.

use serde_json::{Value, json};

use super::curl_line::CurlLine;
use crate::curl::{call, curl};
use crate::server::Server;

/// What takes the place of the ids of a sample.
#[derive(Default)]
pub struct Filled {
    /// The path.
    pub path: String,
    /// What is in the body, and what takes its place.
    pub ids: Vec<(String, String)>,
}

/// A sample's path and ids with those of what it can work on. Of payment intents,
/// the published text has lost the ids, and some of the words after them.
///
/// # Errors
/// If what it works on cannot be made.
pub fn filled(server: &Server, line: &CurlLine) -> Result<Filled, String> {
    let path = line.path().strip_prefix('/').unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let at = |path: String| Filled {
        path,
        ..Filled::default()
    };
    Ok(match parts[..] {
        ["payment-intents", _, ..] => at(of_payment_intent(server, line)?),
        ["customers", _, operation] => {
            let made = call(server, "POST", "/customers", &json!({ "name": "Ada" }))?;
            at(format!("/customers/{}/{operation}", text(&made["id"])))
        }
        ["setup-intents", _] => at(format!("/setup-intents/{}", set_up(server)?)),
        ["terminals", _] => at(format!("/terminals/{}", terminal(server, "SIP0")?)),
        ["terminal-sessions", _, "signature"] => {
            let pace = json!({ "pace": "immediate" });
            call(server, "PUT", "/sandbox/card-machines/pace", &pace)?;
            at(format!(
                "/terminal-sessions/{}/signature",
                session(server, "SIS0")?
            ))
        }
        // A machine that nobody presents a card to.
        ["terminal-sessions", _, operation] => {
            let session = session(server, "MAN0")?;
            at(format!("/terminal-sessions/{session}/{operation}"))
        }
        ["terminal-sessions", _] => at(format!("/terminal-sessions/{}", session(server, "MAN0")?)),
        ["terminal-sessions"] => Filled {
            path: line.path().to_owned(),
            ids: ids_of_session(server, line)?,
        },
        _ => at(line.path().to_owned()),
    })
}

fn of_payment_intent(server: &Server, line: &CurlLine) -> Result<String, String> {
    let rest = line.path().trim_start_matches("/payment-intents/");
    let body: Value = serde_json::from_str(line.data()).unwrap_or(Value::Null);
    let last = rest.trim_matches('/').rsplit('/').next();
    let operation = match (line.method(), last.unwrap_or_default()) {
        ("POST", "") if body["amount"].is_number() => "captures",
        ("POST", "") if body["amount"].is_object() => "amount",
        ("POST", "") if body["tipsAmount"].is_object() => "tips-amount",
        (_, operation) => operation,
    };
    let id = match operation {
        "captures" => {
            let held = json!({ "captureMode": "Manual", "autoExpireAction": "Release" });
            paid(server, held)?
        }
        "refunds" | "reversal" | "receipt" => paid(server, json!({}))?,
        "charge" => created(server, json!({ "setupIntentId": set_up(server)? }))?,
        _ => created(server, json!({}))?,
    };
    Ok(format!("/payment-intents/{id}/{operation}"))
}

/// The ids in the body of a sample that asks for a session.
fn ids_of_session(server: &Server, line: &CurlLine) -> Result<Vec<(String, String)>, String> {
    let body: Value = serde_json::from_str(line.data()).map_err(|error| error.to_string())?;
    let intent = text(&body["details"]["sale"]["paymentIntentId"]);
    Ok(vec![
        (text(&body["terminalId"]), terminal(server, "SIP0")?),
        (intent, created(server, json!({}))?),
    ])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The id of the terminal whose number ends so.
fn terminal(server: &Server, ending: &str) -> Result<String, String> {
    let all = call(server, "GET", "/terminals", &Value::Null)?;
    let found = all.as_array().into_iter().flatten().find(|terminal| {
        let tid = terminal["properties"]["tid"].as_str();
        tid.is_some_and(|tid| tid.ends_with(ending))
    });
    let found = found.ok_or_else(|| format!("no {ending} in {all}"))?;
    Ok(text(&found["id"]))
}

/// A session that sells a payment intent on that terminal.
fn session(server: &Server, ending: &str) -> Result<String, String> {
    let intent = created(server, json!({}))?;
    let sale = json!({
        "terminalId": terminal(server, ending)?,
        "details": { "sessionType": "Sale", "sale": { "paymentIntentId": intent } },
    });
    let made = call(server, "POST", "/terminal-sessions", &sale)?;
    Ok(text(&made["id"]))
}

/// A setup intent that has a card.
fn set_up(server: &Server) -> Result<String, String> {
    let booking = json!({
        "reference": "Table 4",
        "merchantInitiatedTransactionType": "NoShow",
        "terms": "If you do not come, we charge your card.",
        "intendedAmount": { "value": 1000, "currencyCode": "GBP" },
    });
    let made = call(server, "POST", "/setup-intents", &booking)?;
    submit(server, &text(&made["clientSessionSecret"]))?;
    Ok(text(&made["id"]))
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
    submit(server, &text(&fresh["clientSessionSecret"]))?;
    Ok(id)
}

/// Gives a card under a client session secret.
fn submit(server: &Server, secret: &str) -> Result<(), String> {
    let card = json!({
        "cardNumber": "4456530000001005",
        "cardName": "Ada Lovelace",
        "expiryDate": "12 / 39",
        "cV2": "020",
        "mitConsentGiven": true,
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
    match answer.json()["statusCode"] == 0 {
        true => Ok(()),
        false => Err(format!("not paid: {}", answer.body)),
    }
}
