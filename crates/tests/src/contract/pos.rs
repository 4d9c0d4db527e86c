//! The published descriptions of the API that a POS hosts, over REST and over a
//! WebSocket, where they are at hand: what is sent to a POS, and what the demo POS answers.
//! Events over REST are in none of them.

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
    none(&faults_sent_to_pos(message), message);
}

/// Checks an answer of a POS over REST to an operation of that path template.
pub fn answered_by_pos(method: &str, template: &str, status: u16, answer: &Value) {
    let faults = faults_answered_by_pos(method, template, status, answer);
    none(&faults, answer);
}

fn none(faults: &[String], value: &Value) {
    assert!(faults.is_empty(), "{faults:#?} in {value:#}");
}

/// What is wrong with a message of the platform over a WebSocket.
pub fn faults_sent_to_pos(message: &Value) -> Vec<String> {
    faults_over_ws("subscribe", message, message["method"].as_str())
}

/// What is wrong with the answer of a POS over a WebSocket to a request of that method.
pub fn faults_answered_over_ws(method: &str, answer: &Value) -> Vec<String> {
    // A refusal has no result.
    match answer["error"].is_null() {
        true => faults_over_ws("publish", answer, Some(method)),
        false => Vec::new(),
    }
}

fn faults_over_ws(direction: &str, message: &Value, method: Option<&str>) -> Vec<String> {
    let Some(Descriptions { ws, .. }) = descriptions() else {
        return Vec::new();
    };
    let method = method.unwrap_or_default();
    let payload = &ws["channels"][method][direction]["message"]["payload"];
    faults(ws, payload, message, method)
}

/// The path template of an operation that a POS hosts, if a path is one of it.
pub fn template_of_pos(method: &str, path: &str) -> Option<String> {
    let Descriptions { rest, .. } = descriptions()?;
    let path: Vec<&str> = path.split('/').collect();
    let is_of = |template: &str| {
        let parts: Vec<&str> = template.split('/').collect();
        let same = |(part, given): (&&str, &&str)| part.starts_with('{') || part == given;
        parts.len() == path.len() && parts.iter().zip(&path).all(same)
    };
    let all = rest["paths"].as_object().into_iter().flatten();
    let all = all.filter(|(_, item)| item[method.to_ascii_lowercase()].is_object());
    let mut fitting: Vec<_> = all.filter(|(template, _)| is_of(template)).collect();
    // One that is spelled out comes before one with ids.
    fitting.sort_by_key(|(template, _)| template.matches('{').count());
    fitting.first().map(|(template, _)| (*template).clone())
}

/// What is wrong with a request to a POS over REST of that path template.
pub fn faults_asked_of_pos(method: &str, template: &str, body: &Value) -> Vec<String> {
    let Some(Descriptions { rest, .. }) = descriptions() else {
        return Vec::new();
    };
    let operation = &rest["paths"][template][method.to_ascii_lowercase()];
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let what = format!("{method} {template}");
    match (schema, body) {
        (Value::Null, Value::Null) => Vec::new(),
        (Value::Null, _) => vec![format!("{what} has no body")],
        (schema, body) => faults(rest, schema, body, &what),
    }
}

/// What is wrong with an answer of a POS over REST to an operation of that path template.
pub fn faults_answered_by_pos(
    method: &str,
    template: &str,
    status: u16,
    answer: &Value,
) -> Vec<String> {
    let Some(Descriptions { rest, .. }) = descriptions() else {
        return Vec::new();
    };
    let responses = &rest["paths"][template][method.to_ascii_lowercase()]["responses"];
    let class = format!("{}XX", status / 100);
    let response = match &responses[status.to_string()] {
        Value::Null => &responses[class],
        response => response,
    };
    let what = format!("{method} {template}");
    if !response.is_object() {
        return vec![format!("{what} publishes no {status}")];
    }
    match &response["content"]["application/json"]["schema"] {
        Value::Null => Vec::new(),
        schema => faults(rest, schema, answer, &what),
    }
}

fn faults(document: &Value, schema: &Value, value: &Value, what: &str) -> Vec<String> {
    if !schema.is_object() {
        return vec![format!("{what} is not described")];
    }
    let schema = inlined(document, schema, Strictness::AsDescribed);
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    validator
        .iter_errors(value)
        .map(|error| format!("{what}: {}: {error}", error.instance_path()))
        .collect()
}
