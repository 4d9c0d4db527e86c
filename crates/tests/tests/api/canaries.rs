//! Card numbers where they do not belong are in no answer and no log.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Map, Value, json};
use tatami_tests::{App, DEVELOPMENT_KEY, Pending, Tatami};

use crate::{id, text};

/// A number that the tests' client looks for in every answer.
const CANARY: &str = "4456530000001005";
const HEADERS: [&str; 6] = [
    "version",
    "idempotencykey",
    "software-house-id",
    "reseller-id",
    "authorization",
    "accept",
];

/// A body of that schema with the number in every place, and as the name of what has
/// no names of its own.
fn canaries(document: &Value, schema: &Value) -> Value {
    if let Some(target) = schema["$ref"].as_str() {
        let target = document.pointer(target.trim_start_matches('#'));
        return canaries(document, target.expect("a schema"));
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        let Some(parts) = schema[key].as_array() else {
            continue;
        };
        let mut whole = Map::new();
        let parts = parts.iter().filter(|part| part["type"] != "null");
        for part in parts {
            match canaries(document, part) {
                Value::Object(more) => whole.extend(more),
                other => return other,
            }
        }
        return Value::Object(whole);
    }
    if let Some(properties) = schema["properties"].as_object() {
        let filled = properties
            .iter()
            .map(|(n, s)| (n.clone(), canaries(document, s)));
        return Value::Object(filled.collect());
    }
    match schema["type"].to_string() {
        kind if kind.contains("array") => json!([canaries(document, &schema["items"])]),
        kind if kind.contains("object") => json!({ CANARY: [CANARY] }),
        _ => json!(CANARY),
    }
}

/// Every operation with its method, path and schema of its body.
async fn operations(app: &App) -> Vec<(Method, String, Value)> {
    let document = app.get("/openapi.json").await.expect(200);
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let method = method.to_uppercase().parse().expect("a method");
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let body = if schema.is_null() {
                json!({})
            } else {
                canaries(&document, schema)
            };
            all.push((method, path.clone(), body));
        }
    }
    all
}

fn with_ids(path: &str, id: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { id } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn till(request: Pending) -> Pending {
    request.header("software-house-id", "softwareHouse1")
}

#[tokio::test]
async fn a_number_in_any_place_of_a_request_is_not_told() {
    let mut server = Tatami::start_with(&["--log-format", "json"]);
    let app = App::with_key(&server, DEVELOPMENT_KEY);
    let known = "pi_sandbox_0123456789012345678901";
    let mut statuses = BTreeSet::new();
    for (method, path, body) in operations(&app).await {
        // A stream of events does not end.
        if path.ends_with("/live") {
            continue;
        }
        let ask = |path: &str| till(app.request(method.clone(), path));
        let spaced = "4456-5300-0000-1005";
        for id in [
            CANARY,
            spaced,
            "pi_sandbox_4456530000001005",
            "4456%20530000001005",
        ] {
            statuses.insert(
                ask(&with_ids(&path, id))
                    .json(body.clone())
                    .await
                    .status
                    .as_u16(),
            );
        }
        let path = with_ids(&path, known);
        let query = format!(
            "{path}?{CANARY}={CANARY}&returnCanceled={CANARY}&statuses={CANARY}&includeAuthorized={CANARY}"
        );
        statuses.insert(ask(&query).json(body.clone()).await.status.as_u16());
        for header in HEADERS {
            let value = match header {
                "authorization" => format!("Basic {CANARY}"),
                _ => CANARY.to_owned(),
            };
            let asked = ask(&path).json(body.clone()).header(header, &value).await;
            statuses.insert(asked.status.as_u16());
        }
        // JSON that breaks off right after it.
        let broken = format!("{{\"{CANARY}\": {CANARY}");
        let asked = ask(&path)
            .body(broken)
            .header("content-type", "application/json");
        statuses.insert(asked.await.status.as_u16());
    }
    for path in [
        format!("/{CANARY}"),
        format!("/checkout/{CANARY}"),
        format!("/checkout/{CANARY}?csc={CANARY}&cid={CANARY}"),
        format!("/checkout/setup/{CANARY}"),
    ] {
        app.stranger().get(&path).await;
    }
    for path in ["payments", "payments/recurring", "device-data"] {
        let path = format!("/connect-e/api/{path}/{CANARY}");
        let body = json!({ CANARY: CANARY, "metaData": { CANARY: CANARY }, "cardName": CANARY });
        app.stranger().send(&path, body).await;
    }
    assert!(
        statuses.contains(&400) && statuses.contains(&404),
        "{statuses:?}"
    );
    assert!(statuses.iter().all(|status| *status < 500), "{statuses:?}");
    assert!(server.sigterm().success());
    let output = server.output();
    for form in [CANARY, "4456-5300-0000-1005"] {
        assert!(!output.contains(form), "it is in the log");
        let logged = logged(&server);
        assert!(!logged.contains(form), "it is in the request log");
    }
}

/// All that the request log holds.
fn logged(server: &Tatami) -> String {
    let parts = server.stored().into_iter().filter_map(|(place, bytes)| {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let name = place.file_name()?.to_str()?;
        match name.starts_with("requests.db") {
            true => Some(text),
            false => text
                .split("COPY public.request_log ")
                .nth(1)?
                .split("\n\\.\n")
                .next()
                .map(str::to_owned),
        }
    });
    let text: String = parts.collect();
    assert!(text.contains("/payment-intents"), "there is no request log");
    text
}

#[tokio::test]
async fn what_is_secret_is_not_in_the_request_log() {
    let mut server = Tatami::start();
    let app = App::with_key(&server, DEVELOPMENT_KEY);
    let customer = app.send("/customers", json!({ "emailAddress": "a@example.com" }));
    let customer = id(&customer.await.expect(200));
    let made = app.post(&format!("/customers/{customer}/create-secret"));
    let customer_secret = text(&made.await.expect(200), "secret").to_owned();
    let intent = app
        .create(json!({
            "generateRemoteToken": true,
            "customer": { "id": customer, "secret": customer_secret },
            "metadata": { "key": DEVELOPMENT_KEY, "header": format!("Basic {DEVELOPMENT_KEY}") },
        }))
        .await;
    let secret = text(&intent, "clientSessionSecret").to_owned();
    let link = text(&intent, "paymentLink").to_owned();
    assert!(link.contains("csc="), "{link}");
    let odd = json!({
        "cardNumber": CANARY, "cv2": "canary-cv2", "expiryDate": "canary-expiry",
        "securityCode": "canary-code", "token": { "data": "canary-token" },
        "metaData": { "pin": "canary-pin" },
    });
    for path in [
        "api/payments/{}",
        "api/payments/recurring/{}",
        "api/device-data/{}",
        "api/payments/{}/apple-pay",
        "api/payments/{}/google-pay",
        "api/payments/{}/three-ds-complete",
    ] {
        let path = format!("/connect-e/{}", path.replace("{}", &secret));
        app.stranger().send(&path, odd.clone()).await;
    }
    app.stranger()
        .get(&format!("/connect-e/api/payments/{secret}"))
        .await;
    app.stranger()
        .get(&format!("/payment-intents/{secret}"))
        .await;
    app.get(&format!(
        "/payment-intents/{secret}?csc={customer_secret}&q={DEVELOPMENT_KEY}"
    ))
    .await;
    let hook = json!({ "url": "https://127.0.0.1:1/", "events": ["payment_intent.created"] });
    let hook = app.send("/webhooks", hook).await.expect(200);
    let hook_secret = text(&hook["secrets"][0], "value").to_owned();
    app.get("/webhooks").await.expect(200);
    let rest = json!({
        "url": "http://127.0.0.1:1/",
        "auth": { "authType": "Basic", "basic": { "username": "u", "password": "canary-password" } },
        "capabilities": [],
    });
    till(app.request(Method::PUT, "/epos/integrations/rest"))
        .json(rest)
        .await;
    app.post("/tap/apple-terminal/secret").await;
    app.request(Method::GET, "/payment-intents")
        .key(DEVELOPMENT_KEY)
        .await;
    assert!(server.sigterm().success());
    let logged = logged(&server);
    for canary in [
        DEVELOPMENT_KEY,
        &DEVELOPMENT_KEY["sk_sandbox_".len()..],
        &secret,
        &customer_secret,
        &hook_secret,
        CANARY,
        "canary-",
        "ttp_sandbox_a",
    ] {
        assert!(!logged.contains(canary), "{canary} is in the request log");
    }
    for shown in [
        "/connect-e/api/payments/{token}",
        "a@example.com",
        "authType",
    ] {
        assert!(logged.contains(shown), "{shown} is not in the request log");
    }
}

#[tokio::test]
async fn what_is_secret_says_so_in_the_document() {
    let server = tatami_tests::shared();
    let document = App::with_key(server, "")
        .get("/openapi.json")
        .await
        .expect(200);
    let mut unmarked = BTreeSet::new();
    let schemas = document["components"]["schemas"]
        .as_object()
        .expect("schemas");
    for (schema, described) in schemas {
        for (name, property) in described["properties"].as_object().into_iter().flatten() {
            let lower = name.to_ascii_lowercase();
            let is_named = ["secret", "password", "cv2", "cardnumber", "pin"]
                .iter()
                .any(|secret| lower.ends_with(secret));
            // Answers show the number of a card with its middle left out.
            let is_masked = lower == "cardnumber" && !schema.contains("Captured");
            let is_text = property["type"].to_string().contains("string");
            if is_named && !is_masked && is_text && property["format"] != "password" {
                unmarked.insert(format!("{schema}.{name}"));
            }
        }
    }
    assert_eq!(unmarked, BTreeSet::new());
}
