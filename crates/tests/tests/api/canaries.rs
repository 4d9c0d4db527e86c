//! Card numbers where they do not belong are in no answer and no log.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Map, Value, json};
use tatami_tests::{App, DEVELOPMENT_KEY, Pending, Tatami};

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
    }
}
