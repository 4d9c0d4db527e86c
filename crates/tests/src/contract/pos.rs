//! The published descriptions of the API that a POS hosts, over REST and over a
//! WebSocket, where they are at hand: what is sent to a POS, and what the demo POS answers.

use std::sync::OnceLock;

use serde_json::Value;

use super::published;
use super::schema::{Strictness, inlined};

struct Descriptions {
    rest: Value,
    ws: Value,
}

fn descriptions() -> Option<&'static Descriptions> {
    static ALL: OnceLock<Option<Descriptions>> = OnceLock::new();
    ALL.get_or_init(|| {
        let rest = published::file("dojo-epos-data-api.json")?;
        let ws = published::file("dojo-epos-data-asyncapi.yml")?;
        Some(Descriptions {
            rest: serde_json::from_str(&rest).expect("JSON"),
            ws: serde_yaml_ng::from_str(&ws).unwrap_or_else(|error| panic!("{error}")),
        })
    })
    .as_ref()
}

/// Checks a message of the platform over a WebSocket.
pub fn sent_to_pos(message: &Value) {
    let Some(Descriptions { ws, .. }) = descriptions() else {
        return;
    };
    let method = message["method"].as_str().unwrap_or_default();
    let payload = &ws["channels"][method]["subscribe"]["message"]["payload"];
    check(ws, payload, message, method);
}

/// Checks an answer of a POS over REST to an operation of that path template.
pub fn answered_by_pos(method: &str, template: &str, status: u16, answer: &Value) {
    let Some(Descriptions { rest, .. }) = descriptions() else {
        return;
    };
    let responses = &rest["paths"][template][method.to_ascii_lowercase()]["responses"];
    let class = format!("{}XX", status / 100);
    let response = match &responses[status.to_string()] {
        Value::Null => &responses[class],
        response => response,
    };
    assert!(
        response.is_object(),
        "{method} {template} publishes no {status}"
    );
    let schema = &response["content"]["application/json"]["schema"];
    if schema.is_object() {
        check(rest, schema, answer, &format!("{method} {template}"));
    }
}

fn check(document: &Value, schema: &Value, value: &Value, what: &str) {
    assert!(schema.is_object(), "{what} is not described");
    let schema = inlined(document, schema, Strictness::AsDescribed);
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let faults: Vec<_> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{what}: {faults:#?} in {value:#}");
}
