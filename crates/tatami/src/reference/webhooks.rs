//! AsyncAPI of the events that webhooks get.

use serde_json::{Map, Value, json};
use tatami_core::event::EventType;
use tatami_delivery::SIGNATURE_HEADER;
use tatami_docs::TriedBy;
use tatami_http::event::EventBody;
use utoipa::{PartialSchema, ToSchema};

const TAG: &str = "Events";

/// The document.
pub fn document() -> Value {
    let mut schemas = vec![(EventBody::name().into_owned(), EventBody::schema())];
    EventBody::schemas(&mut schemas);
    let schemas: Map<String, Value> = schemas
        .into_iter()
        .map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default()))
        .collect();
    let (mut operations, mut messages, mut links) = (Map::new(), Map::new(), Map::new());
    for kind in EventType::ALL {
        let message = message_of(&kind);
        let link = json!({ "$ref": format!("#/channels/receiver/messages/{message}") });
        operations.insert(message.clone(), operation(&kind, &link));
        links.insert(
            message.clone(),
            json!({ "$ref": format!("#/components/messages/{message}") }),
        );
        messages.insert(message, described(&kind));
    }
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Webhooks",
            "version": "1.0.0",
            "description": "The events that the platform posts to the URLs that subscribed to them \
                by `POST /webhooks`. A receiver verifies the signature and answers 2xx within 10 \
                seconds; else the event is sent again.",
            "tags": [{ "name": TAG, "description": "What happened to a payment intent." }],
        },
        "channels": {
            "receiver": {
                "address": "{url}",
                "title": "A receiver",
                "parameters": { "url": { "description": "The URL that subscribed." } },
                "messages": links,
                "bindings": { "http": {} },
            },
        },
        "operations": operations,
        "components": { "schemas": schemas, "messages": messages },
    })
}

/// Names of messages have no dots.
fn message_of(kind: &EventType) -> String {
    kind.name().replace(['.', '-'], "_")
}

/// The page of the portal that sends a test event to the endpoint of an event.
pub fn tried_by(operation: &str) -> Option<TriedBy> {
    let mut kinds = EventType::ALL.into_iter();
    let kind = kinds.find(|kind| message_of(kind) == operation)?;
    let page = format!("/portal?to=webhooks&event={}", kind.name());
    Some(TriedBy::Portal(page))
}

fn operation(kind: &EventType, link: &Value) -> Value {
    json!({
        "action": "send",
        "title": kind.name(),
        "summary": summary(kind),
        "description": format!(
            "Posted to each subscription to `{}`. The events of one payment intent come one after \
             another, in the order in which they happened.",
            kind.name()
        ),
        "channel": { "$ref": "#/channels/receiver" },
        "tags": [{ "name": TAG }],
        "messages": [link],
        "bindings": { "http": { "method": "POST", "bindingVersion": "0.3.0" } },
    })
}

pub fn summary(kind: &EventType) -> &'static str {
    let summaries = [
        (
            EventType::PAYMENT_INTENT_CREATED,
            "A payment intent was created",
        ),
        (
            EventType::PAYMENT_INTENT_STATUS_UPDATED,
            "The status of a payment intent changed",
        ),
        (
            EventType::PAYMENT_INTENT_SEND_RECEIPT,
            "A receipt of a payment intent was sent",
        ),
    ];
    let found = summaries.into_iter().find(|(known, _)| known == kind);
    found.map_or("An event", |(_, summary)| summary)
}

fn described(kind: &EventType) -> Value {
    let mut properties = Map::new();
    properties.insert(
        SIGNATURE_HEADER.to_owned(),
        json!({
            "type": "string",
            "description": "`sha256=` and the HMAC-SHA256 of the body under the subscription's \
                active secret.",
        }),
    );
    json!({
        "name": kind.name(),
        "title": summary(kind),
        "contentType": "application/json",
        "headers": { "type": "object", "required": [SIGNATURE_HEADER], "properties": properties },
        "payload": {
            "allOf": [
                { "$ref": "#/components/schemas/EventBody" },
                { "type": "object", "properties": { "event": { "type": "string", "const": kind.name() } } },
            ],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_words_of_its_own() {
        for kind in EventType::ALL {
            assert_ne!(summary(&kind), "An event", "{}", kind.name());
        }
    }
}
