//! The bounds of what callers may send, as schemas say them.

use tatami_core::bounds::{
    METADATA_BYTES, METADATA_KEY_CHARS, METADATA_KEYS, METADATA_VALUE_CHARS, TEXT_CHARS,
};
use tatami_http::shape::MAX_BYTES;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::schema::{ArrayBuilder, Object, ObjectBuilder, Schema, SchemaType, Type};

/// The most items of lists of names.
const MOST_NAMES: usize = 20;

fn text(most: usize) -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String);
    text.max_length(Some(most)).build()
}

/// The merchant's own notes.
pub fn metadata() -> Schema {
    let description = format!(
        "Key-value pairs of the merchant's choice: at most {METADATA_KEYS} keys of at \
         most {METADATA_KEY_CHARS} characters, values of at most {METADATA_VALUE_CHARS} \
         characters, and {METADATA_BYTES} bytes in all."
    );
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .description(Some(description))
        .max_properties(Some(METADATA_KEYS))
        .property_names(Some(text(METADATA_KEY_CHARS)))
        .additional_properties(Some(Schema::Object(text(METADATA_VALUE_CHARS))))
        .extensions(Some(
            ExtensionsBuilder::new()
                .add(MAX_BYTES, METADATA_BYTES)
                .build(),
        ))
        .into()
}

fn names(description: &str) -> ArrayBuilder {
    ArrayBuilder::new()
        .description(Some(description))
        .max_items(Some(MOST_NAMES))
        .items(text(TEXT_CHARS))
}

fn or_nothing(list: ArrayBuilder) -> Schema {
    list.schema_type(SchemaType::from_iter([Type::Array, Type::Null]))
        .into()
}

/// Ways to pay.
pub fn payment_methods() -> Schema {
    or_nothing(names(
        "Payment methods that may be used: `Card`, `Wallet`, `SavedCard`.",
    ))
}

/// Addresses that receipts go to.
pub fn emails() -> Schema {
    names("One to twenty e-mail addresses of recipients.").into()
}

/// Names of events.
pub fn events() -> Schema {
    names("Names of events, as listed by `GET /webhooks/events`.").into()
}

/// Names of events, or nothing.
pub fn events_or_nothing() -> Schema {
    or_nothing(names(
        "Names of events, as listed by `GET /webhooks/events`.",
    ))
}
