//! AsyncAPI of the messages over a WebSocket.

use serde_json::{Map, Value, json};

use super::operation::{self, Operation};
use super::{CONTRACT, reference, schemas, tags};
use crate::request::REQUESTOR;
use crate::routes::SUBMIT_EVENT;

/// A method that one side calls and the other answers.
struct Method {
    name: String,
    tag: &'static str,
    summary: &'static str,
    description: String,
    params: Value,
    result: Value,
}

/// The document. Its side is the platform's: what it sends, a POS receives.
pub fn socket_document() -> Value {
    let mut document = frame();
    for operation in operation::all() {
        add(&mut document, "send", called(&operation));
    }
    add(&mut document, "receive", submitted());
    document
}

fn frame() -> Value {
    let schemas = schemas::all();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "EPOS Data API over a WebSocket",
            "version": CONTRACT,
            "description": "A point of sale (POS) opens one connection and keeps it open. Over it \
                the platform calls the capabilities that the POS registered by \
                `PUT /epos/integrations/ws`, and the POS submits events: JSON-RPC 2.0, a text \
                frame each message.",
            "tags": tags(),
        },
        "servers": {
            "installation": {
                "host": "127.0.0.1:8080",
                "protocol": "ws",
                "pathname": "/epos",
                "description": "This installation. Whether it is the sandbox follows from the key.",
                "security": [{ "$ref": "#/components/securitySchemes/key" }],
            },
        },
        "channels": {
            "epos": {
                "address": "/",
                "title": "The connection of a POS",
                "servers": [{ "$ref": "#/servers/installation" }],
                "messages": {},
                "bindings": {
                    "ws": {
                        "method": "GET",
                        "bindingVersion": "0.1.0",
                        "headers": {
                            "type": "object",
                            "required": ["Authorization", "software-house-id"],
                            "properties": {
                                "Authorization": { "type": "string", "description": "`Basic` and the secret key of the account, which is sent as it is." },
                                "software-house-id": { "type": "string", "description": "The id of the company whose POS it is." },
                                "reseller-id": { "type": "string", "description": "The id of the reseller, if there is one." },
                            },
                        },
                    },
                },
            },
        },
        "operations": {},
        "components": {
            "schemas": schemas,
            "messages": {},
            "securitySchemes": {
                "key": {
                    "type": "httpApiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`Basic` and the secret key of the account, which is sent as it is.",
                },
            },
        },
    })
}

/// A capability, as it is called.
fn called(operation: &Operation) -> Method {
    let Operation {
        capability,
        tag,
        summary,
        ..
    } = *operation;
    let path = capability.rest().map_or("", |(_, path)| path);
    let is_renamed = capability.has_plain_id();
    let ids: Map<String, Value> = operation::ids(path)
        .map(|id| {
            let name = if is_renamed { "id" } else { id };
            let said = "The id at the POS of what it is about.";
            (
                name.to_owned(),
                json!({ "type": "string", "description": said }),
            )
        })
        .collect();
    let required: Vec<&str> = ids.keys().map(String::as_str).chain(["headers"]).collect();
    let mut own = json!({ "type": "object", "required": required, "properties": ids });
    own["properties"]["headers"] = requestor();
    let params = match operation.body {
        Some(body) => json!({ "allOf": [reference(body), own] }),
        None => own,
    };
    let done = json!({ "type": "object", "description": "Any result says that it was done." });
    let registered = match capability.event() {
        Some(_) => "Capabilities: `HandleEvent:` and the name of the event.".to_owned(),
        None => format!("Capability: `{}`.", capability.name()),
    };
    Method {
        name: capability.rpc_method(),
        tag,
        summary,
        description: format!("{} {registered}", operation.description),
        params,
        result: operation.result.map_or(done, reference),
    }
}

/// What a POS calls.
fn submitted() -> Method {
    Method {
        name: SUBMIT_EVENT.to_owned(),
        tag: "Events",
        summary: "Submit an event",
        description:
            "The POS reports that an order, a party or a reservation was created, changed \
                      or deleted, as by `POST /epos/events`. It is fetched when it is needed."
                .to_owned(),
        params: reference("EventRequest"),
        result: reference("EventRequest"),
    }
}

fn requestor() -> Value {
    let headers = REQUESTOR.iter().map(|(name, _, said)| {
        let header = json!({ "type": "string", "description": said });
        ((*name).to_owned(), header)
    });
    json!({
        "type": "object",
        "description": "Who asks, as far as it is known.",
        "properties": headers.collect::<Map<String, Value>>(),
    })
}

fn add(document: &mut Value, action: &str, method: Method) {
    let Method {
        name,
        tag,
        summary,
        description,
        params,
        result,
    } = method;
    let id = json!({ "type": "string", "description": "The id of the request, which the answer repeats." });
    let version =
        json!({ "type": "string", "const": "2.0", "description": "The version of JSON-RPC." });
    let messages = [
        (
            format!("{name}Request"),
            json!({
                "type": "object",
                "required": ["jsonrpc", "id", "method", "params"],
                "properties": {
                    "jsonrpc": version,
                    "id": id,
                    "method": { "type": "string", "const": name, "description": "The method that is called." },
                    "params": params,
                },
            }),
        ),
        (
            format!("{name}Answer"),
            json!({
                "type": "object",
                "required": ["jsonrpc", "id"],
                "properties": { "jsonrpc": version, "id": id, "result": result, "error": error(action) },
            }),
        ),
    ];
    let channel = json!({ "$ref": "#/channels/epos" });
    let mut links = Vec::new();
    for (message, payload) in messages {
        let title = message.clone();
        document["components"]["messages"][&message] = json!({ "name": message, "title": title, "contentType": "application/json", "payload": payload });
        document["channels"]["epos"]["messages"][&message] =
            json!({ "$ref": format!("#/components/messages/{message}") });
        links.push(json!({ "$ref": format!("#/channels/epos/messages/{message}") }));
    }
    document["operations"][name] = json!({
        "action": action,
        "channel": channel,
        "summary": summary,
        "description": description,
        "tags": [{ "name": tag }],
        "messages": [links[0]],
        "reply": { "channel": channel, "messages": [links[1]] },
    });
}

/// How a request is refused: by a POS in its own words, by the platform as JSON-RPC has it.
fn error(action: &str) -> Value {
    match action {
        "send" => reference("Fault"),
        _ => json!({
            "type": "object",
            "description": "Why the event was not taken.",
            "properties": {
                "code": { "type": "integer", "description": "A code of JSON-RPC, or -32000 if there is too much to do." },
                "message": { "type": "string", "description": "What is wrong, in a sentence." },
            },
        }),
    }
}
