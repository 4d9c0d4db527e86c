//! The schema of events, for descriptions: webhooks and POS systems get the same body.

use tatami_core::event::EventType;
use tatami_core::payment_intent::{CaptureMode, Status};
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

/// Something that happened to a resource of an account.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "documents what core writes")]
pub struct EventBody {
    /// Unique id of the event: the same whenever it is sent again.
    id: String,
    /// Name of the event.
    #[schema(schema_with = event_name)]
    event: String,
    /// Id of the account that it happened in.
    account_id: String,
    /// When it happened (ISO 8601, UTC).
    #[schema(format = DateTime)]
    created_at: String,
    /// What it is about, as it was at that moment.
    data: EventData,
}

/// A payment intent in an event.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "documents what core writes")]
pub struct EventData {
    /// Unique id of the payment intent.
    payment_intent_id: String,
    /// Status that the payment intent had at that moment.
    #[schema(schema_with = payment_status)]
    payment_status: String,
    /// Whether the payment is captured by itself or by another request.
    #[schema(schema_with = capture_mode)]
    capture_mode: String,
}

fn one_of(words: impl IntoIterator<Item = String>, description: &str) -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .description(Some(description))
        .into()
}

fn event_name() -> Schema {
    let names = EventType::ALL.map(|kind| kind.name().to_owned());
    one_of(names, "Name of the event.")
}

fn payment_status() -> Schema {
    let names = Status::ALL.map(|status| status.name().to_owned());
    let said = "Status that the payment intent had at that moment.";
    one_of(names, said)
}

fn capture_mode() -> Schema {
    let names = [CaptureMode::Auto, CaptureMode::Manual].map(|mode| mode.name().to_owned());
    let said = "Whether the payment is captured by itself or by another request.";
    one_of(names, said)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};
    use tatami_core::event::{Event, Subject};
    use tatami_core::id::{Environment, EventId};
    use utoipa::PartialSchema;

    use super::*;

    fn names(value: &Value) -> BTreeSet<&str> {
        let members = value.as_object().expect("an object");
        members.keys().map(String::as_str).collect()
    }

    #[test]
    fn it_is_described_as_it_is_written() {
        let scope = tatami_core::account::Scope {
            account: tatami_core::id::AccountId::parse("acc_0000000000000000000000")
                .expect("an id"),
            environment: Environment::Sandbox,
        };
        let event = Event {
            id: EventId::parse("evt_sandbox_0000000000000000000000").expect("an id"),
            kind: EventType::PAYMENT_INTENT_CREATED,
            subject: Subject {
                kind: "payment-intent".into(),
                id: String::new(),
            },
            scope: scope.into(),
            at: "2026-11-30T08:32:54Z".parse().expect("a moment"),
            data: json!({}).to_string(),
        };
        let written: Value = serde_json::from_str(&event.payload()).expect("JSON");
        let described = serde_json::to_value(EventBody::schema()).expect("JSON");
        assert_eq!(names(&written), names(&described["properties"]));
    }
}
