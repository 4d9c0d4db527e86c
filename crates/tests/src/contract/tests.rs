//! That what is not as described is seen.

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::document::Document;
use super::{Answer, Source, VERSIONS, examine, normal, spoken};

fn described() -> Value {
    json!({
        "paths": { "/cups/{id}": { "get": { "responses": {
            "200": { "content": { "application/json": {
                "schema": { "$ref": "#/components/schemas/Cup" },
            } } },
            "204": {},
        } } } },
        "components": { "schemas": {
            "Size": { "type": "string", "enum": ["Small", "Large"] },
            "Cup": {
                "type": "object",
                "required": ["size"],
                "additionalProperties": false,
                "properties": {
                    "size": { "$ref": "#/components/schemas/Size" },
                    "lid": { "$ref": "#/components/schemas/Size", "nullable": true },
                    "madeAt": { "type": "string", "format": "date-time", "nullable": true },
                    "sizes": { "type": "array", "items": {
                        "$ref": "#/components/schemas/Size",
                    } },
                },
            },
        } },
    })
}

/// The places that are wrong in an answer.
fn wrong(method: &Method, path: &str, status: u16, body: &Value) -> Vec<String> {
    let body = match body {
        Value::Null => Vec::new(),
        body => body.to_string().into_bytes(),
    };
    let mut headers = HeaderMap::new();
    headers.insert(
        "content-type",
        "application/json".parse().expect("a header"),
    );
    let answer = Answer {
        method,
        path,
        asked: &HeaderMap::new(),
        status,
        headers: &headers,
        body: &body,
    };
    let document = Document::of_published(&described());
    let findings = examine(&answer, Source::Published, VERSIONS[3], &document);
    let places = findings.into_iter().map(|finding| finding.fault.place);
    places.collect()
}

#[test]
fn an_answer_that_is_not_as_described_is_found() {
    let none: [&str; 0] = [];
    let get = |status, body| wrong(&Method::GET, "/cups/7", status, &body);
    let good = json!({ "size": "Small", "lid": null, "madeAt": null, "sizes": ["Large"] });
    assert_eq!(get(200, good), none);
    assert_eq!(get(200, json!({})), ["$"], "a property that must be there");
    assert_eq!(get(200, json!({ "size": "Huge" })), ["$.size"]);
    assert!(!get(200, json!({ "size": null })).is_empty());
    assert_eq!(
        get(200, json!({ "size": "Small", "color": 1 })),
        ["$.color"]
    );
    assert_eq!(
        get(200, json!({ "size": "Small", "sizes": ["Small", "Huge"] })),
        ["$.sizes[]"]
    );
    assert_eq!(
        get(200, json!({ "size": "Small", "madeAt": "noon" })),
        ["$.madeAt"]
    );
    assert_eq!(get(200, Value::Null), ["$"]);
    assert_eq!(get(204, Value::Null), none);
    assert_eq!(get(204, json!({})), ["$"]);
    assert_eq!(get(404, json!({})), ["status"]);
    let head = wrong(&Method::HEAD, "/cups/7", 404, &Value::Null);
    assert_eq!(head, ["status"]);
    let other = wrong(&Method::GET, "/saucers/7", 200, &Value::Null);
    assert_eq!(other, none, "no operation");
}

#[test]
fn what_is_not_described_is_found_in_the_programs_own_answers() {
    let mut described = described();
    let cup = &mut described["components"]["schemas"]["Cup"];
    cup.as_object_mut()
        .map(|cup| cup.remove("additionalProperties"));
    described["components"]["schemas"]["Mug"] = json!({ "allOf": [
        { "$ref": "#/components/schemas/Cup" },
        { "type": "object", "properties": { "handle": { "type": "boolean" } } },
    ] });
    described["paths"]["/cups/{id}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"] =
        json!({ "$ref": "#/components/schemas/Mug" });
    let document = Document::of_own(&described);
    let operation = document.operation("get", "/cups/1").expect("it is there");
    let faults = |body: Value| {
        let body = body.to_string();
        operation
            .faults(200, "application/json", Some(body.as_bytes()))
            .len()
    };
    assert_eq!(faults(json!({ "size": "Small", "handle": true })), 0);
    assert_eq!(faults(json!({ "size": "Small", "spout": true })), 1);
}

#[test]
fn answers_belong_to_the_version_that_was_published_by_a_date() {
    let version = |date: Option<&str>| {
        let mut asked = HeaderMap::new();
        if let Some(date) = date {
            asked.insert("version", date.parse().expect("a header"));
        }
        spoken(&asked)
    };
    assert_eq!(version(Some("2022-07-04")), VERSIONS[0]);
    assert_eq!(version(Some("2024-02-05")), VERSIONS[1]);
    assert_eq!(version(None), VERSIONS[3]);
    assert_eq!(normal("/master//webhooks/?a=b"), "/webhooks");
}
