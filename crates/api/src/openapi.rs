//! The OpenAPI document, generated from the handlers and the wire types.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, Mutex, PoisonError};

use http::{Method, StatusCode};
use serde_json::Value;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{IntoParams, IntoResponses, Modify, OpenApi};

use crate::versions::Version;
use crate::wire::problem::{Error, ProblemDetails, ProblemDetailsTerminals};
use crate::{routes, terminals};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tatami",
        version = "2026-02-27",
        description = "An open payments platform that speaks the published Dojo API. Send your \
                       secret key as `Authorization: Basic sk_…` and the version of the API you \
                       were written for as `version: yyyy-mm-dd`.",
    ),
    components(schemas(ProblemDetails, ProblemDetailsTerminals, Error)),
    tags(
        (name = "Payment intents", description = "Create payments and follow them to their end."),
        (name = "Captures", description = "Take the money of manual authorizations."),
        (name = "Refunds", description = "Return captured money to the payer."),
        (name = "Reversal", description = "Undo a payment in full before it is settled."),
        (name = "Customers", description = "Customers and their saved cards."),
        (name = "Setup intents", description = "Save a card with its holder's consent and charge it later."),
        (name = "Tokenization", description = "Save cards that the merchant's own servers capture."),
        (name = "Webhooks", description = "Receive events at a URL."),
        (name = "Terminals", description = "The card machines of an account."),
        (name = "Terminal sessions", description = "Payments and refunds on card machines."),
        (name = "Tap to Pay on iPhone", description = "Use a phone as a card machine."),
        (name = "Sandbox", description = "Control the sandbox: its clock, card machines, mail and deliveries."),
        (name = "Health", description = "The state of the program, and this document."),
    ),
    security(("ApiKeyAuth" = [])),
    modifiers(&Keys),
)]
struct Document;

struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let header = ApiKeyValue::new("Authorization");
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("ApiKeyAuth", SecurityScheme::ApiKey(ApiKey::Header(header)));
    }
}

/// What every operation may be answered when there is too much to do; the rate
/// is of a key.
struct Busy;

impl Modify for Busy {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for item in document.paths.paths.values_mut() {
            for (_, operation) in operations(item) {
                let mut answers = Unavailable::responses();
                if operation.security.is_none() {
                    answers.extend(TooManyRequests::responses());
                }
                for (status, answer) in answers {
                    operation
                        .responses
                        .responses
                        .entry(status)
                        .or_insert(answer);
                }
            }
        }
    }
}

/// The document of the newest version. It is megabytes as a tree of values: nobody
/// keeps it.
pub fn document() -> Value {
    serde_json::to_value(whole(true)).unwrap_or_default()
}

/// The document without its operations, which the routes bring.
pub(crate) fn frame() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

fn whole(with_sandbox: bool) -> utoipa::openapi::OpenApi {
    let mut document = routes::described(with_sandbox);
    Busy.modify(&mut document);
    document
}

/// The document of a version as text, with the sandbox's controls or without.
pub fn text(version: &'static Version, with_sandbox: bool) -> &'static [u8] {
    type Texts = BTreeMap<(&'static str, bool), &'static [u8]>;
    static TEXTS: Mutex<Texts> = Mutex::new(BTreeMap::new());
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    // There are few, which are kept for as long as the program runs.
    texts
        .entry((version.date, with_sandbox))
        .or_insert_with(|| written(version, with_sandbox).leak())
}

fn written(version: &Version, with_sandbox: bool) -> Vec<u8> {
    let mut document = serde_json::to_value(whole(with_sandbox)).unwrap_or_default();
    version.describe(&mut document);
    serde_json::to_vec(&document).unwrap_or_default()
}

/// Whether an operation publishes that status for what it may find wrong; so does
/// every route that is not documented. What has nothing to do with what it finds, such
/// as a wrong header or an earlier request that is still running, does not count.
pub(crate) fn publishes(method: &Method, route: &str, status: StatusCode) -> bool {
    static PUBLISHED: LazyLock<BTreeMap<String, BTreeSet<String>>> = LazyLock::new(published);
    let statuses = PUBLISHED.get(&format!("{method} {route}"));
    statuses.is_none_or(|statuses| statuses.contains(status.as_str()))
}

fn published() -> BTreeMap<String, BTreeSet<String>> {
    let apart = [
        BadVersion::responses(),
        NotNow::responses(),
        Unfinished::responses(),
        terminals::TerminalBadHeader::responses(),
        terminals::SessionConflict::responses(),
    ];
    let mut published = BTreeMap::new();
    for (path, mut item) in routes::described(true).paths.paths {
        for (method, operation) in operations(&mut item) {
            let answers = operation.responses.responses.iter();
            let answers = answers
                .filter(|(status, answer)| apart.iter().all(|of| of.get(*status) != Some(answer)));
            let statuses = answers.map(|(status, _)| status.clone()).collect();
            published.insert(format!("{method} {path}"), statuses);
        }
    }
    published
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let operations = [
        (Method::GET, &mut item.get),
        (Method::POST, &mut item.post),
        (Method::PUT, &mut item.put),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
    ];
    let there = |(method, operation): (Method, _)| Option::as_mut(operation).map(|o| (method, o));
    operations.into_iter().filter_map(there)
}

/// The version header of every operation with a key.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "documents what the extractor of callers reads")]
pub struct VersionHeader {
    /// Version of the API as a date. The newest version published on or before it is used.
    #[param(format = Date, example = "2026-02-27")]
    version: String,
}

/// The version header of operations without a key.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "documents what the extractor of versions reads")]
pub struct OptionalVersionHeader {
    /// Version of the API as a date. The newest version published on or before it is used.
    #[param(value_type = Option<String>, format = Date, example = "2026-02-27")]
    version: Option<String>,
}

/// The idempotency header of every `POST`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header, rename_all = "camelCase")]
#[expect(dead_code, reason = "documents what the extractor of bodies reads")]
pub struct IdempotencyHeader {
    /// Key that identifies this request. The same request sent again with the same key is
    /// not carried out twice; the first answer is returned. Keys are kept for 48 hours.
    #[param(min_length = 1, max_length = 255)]
    idempotency_key: Option<String>,
}

/// The idempotency header of refunds.
#[derive(IntoParams)]
#[into_params(parameter_in = Header, rename_all = "camelCase")]
#[expect(dead_code, reason = "documents what the extractor of bodies reads")]
pub struct RequiredIdempotencyHeader {
    /// Key that identifies this request. The same request sent again with the same key is
    /// not carried out twice; the first answer is returned. Keys are kept for 48 hours.
    #[param(min_length = 1, max_length = 255)]
    idempotency_key: String,
}

macro_rules! problems {
    ($($name:ident = $status:literal, $description:literal;)*) => {$(
        #[doc = $description]
        #[derive(IntoResponses)]
        #[response(
            status = $status,
            description = $description,
            content_type = "application/problem+json"
        )]
        #[expect(dead_code, reason = "documents an answer")]
        pub struct $name(ProblemDetails);
    )*};
}

problems! {
    BadRequest = 400, "The request is not valid. `errors` names each field and the rules that it breaks.";
    BadVersion = 400, "The `version` header is missing or not valid.";
    NotNow = 400, "The `version` header is missing or not valid, or the state of the resource does not allow this.";
    Unauthorized = 401, "The API key is missing or not valid.";
    Forbidden = 403, "The API key has no access to this operation or resource.";
    NotFound = 404, "There is no resource with this id.";
    MethodNotAllowed = 405, "The resource does not support this operation.";
    Conflict = 409, "The state of the resource does not allow this, or an earlier request is still running.";
    Unfinished = 409, "An earlier request is still running, or the idempotency key was used for another request. Try again if the answer has `Retry-After`.";
    TooLarge = 413, "The body is larger than 1 MiB.";
    UnsupportedMediaType = 415, "The content type of the body is not JSON.";
    TooManyRequests = 429, "Too many requests were sent with this key. Wait for the time in `Retry-After`.";
    Broken = 500, "An internal error occurred.";
    Unavailable = 503, "The service is not available at the moment. Try again later.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_whole() {
        let document = document();
        let paths = document["paths"].as_object().expect("paths");
        let mut ids = BTreeSet::new();
        for (path, item) in paths {
            for (method, operation) in item.as_object().expect("operations") {
                let at = format!("{method} {path}");
                let id = operation["operationId"].as_str().expect("an id");
                assert!(ids.insert(id), "{id} is there twice");
                assert!(operation["summary"].is_string(), "{at}");
                assert!(operation["tags"].is_array(), "{at}");
                let answers = operation["responses"].as_object().expect("answers");
                assert!(
                    answers.contains_key("200") || answers.contains_key("204"),
                    "{at}"
                );
            }
        }
    }

    #[test]
    fn no_reference_leads_nowhere() {
        fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
            match value {
                Value::Object(map) => {
                    found.extend(map.get("$ref").and_then(Value::as_str));
                    map.values().for_each(|v| references(v, found));
                }
                Value::Array(items) => items.iter().for_each(|v| references(v, found)),
                _ => {}
            }
        }
        let (document, mut found) = (document(), Vec::new());
        references(&document, &mut found);
        assert!(!found.is_empty());
        for reference in found {
            let pointer = reference.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }
}
