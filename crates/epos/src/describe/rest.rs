//! OpenAPI of what a POS serves.

use serde_json::{Map, Value, json};

use super::operation::{self, Operation};
use super::{CONTRACT, reference, schemas, tags};
use crate::request::REQUESTOR;

/// The document.
pub fn rest_document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in operation::all() {
        if let Some((method, path)) = operation.capability.rest() {
            let item = paths.entry(path).or_insert_with(|| json!({}));
            item[method.as_str().to_lowercase()] = described(&operation, path);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "EPOS Data API over REST",
            "version": CONTRACT,
            "description": "What a point of sale (POS) serves, and the platform calls. A POS \
                registers its base URL, its credentials and its capabilities by \
                `PUT /epos/integrations/rest`.",
        },
        "servers": [{ "url": "https://pos.example", "description": "The base URL that the POS registered." }],
        "tags": tags(),
        "security": [{ "basic": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas::all(),
            "securitySchemes": {
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The user name and the password that the POS registered.",
                },
            },
        },
    })
}

fn described(operation: &Operation, path: &str) -> Value {
    let ids = operation::ids(path).map(|id| {
        json!({
            "name": id,
            "in": "path",
            "required": true,
            "description": "The id at the POS of what it is about.",
            "schema": { "type": "string" },
        })
    });
    let headers = REQUESTOR.iter().map(|(_, header, said)| {
        json!({
            "name": header,
            "in": "header",
            "required": false,
            "description": said,
            "schema": { "type": "string" },
        })
    });
    let parameters: Vec<Value> = ids.chain(headers).collect();
    let mut described = json!({
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": parameters,
        "responses": {
            "200": {
                "description": match operation.result {
                    Some(_) => "It was carried out.",
                    None => "It was carried out. The body is not read.",
                },
            },
            "400": refusal("The request is not valid."),
            "404": refusal("What it is about is not there, or not any more."),
            "409": refusal("The state does not allow it."),
            "500": refusal("Something is wrong at the POS; the request is sent again later."),
        },
    });
    if let Some(body) = operation.body {
        described["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": reference(body) } },
        });
    }
    if let Some(result) = operation.result {
        described["responses"]["200"]["content"] =
            json!({ "application/json": { "schema": reference(result) } });
    }
    described
}

fn refusal(said: &str) -> Value {
    json!({
        "description": said,
        "content": { "application/json": { "schema": reference("Fault") } },
    })
}
