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
        (name = "Payment intents", description = "Taking payments and following them."),
        (name = "Captures", description = "Taking money that is held."),
        (name = "Refunds", description = "Giving money back."),
        (name = "Reversal", description = "Undoing a whole payment."),
        (name = "Customers", description = "Whom cards are saved for."),
        (name = "Setup intents", description = "Keeping a card to charge it later."),
        (name = "Tokenization", description = "Cards that merchants' own servers capture."),
        (name = "Webhooks", description = "Being told of what happens."),
        (name = "Terminals", description = "Card machines."),
        (name = "Terminal sessions", description = "Payments and refunds on card machines."),
        (name = "Tap to Pay on iPhone", description = "Phones as card machines."),
        (name = "Sandbox", description = "Looking into a sandbox and moving its clock."),
        (name = "Health", description = "Whether the program runs."),
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
    /// The version of the API, a date: the newest published by then answers.
    #[param(format = Date, example = "2026-02-27")]
    version: String,
}

/// The version header of operations without a key.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "documents what the extractor of versions reads")]
pub struct OptionalVersionHeader {
    /// The version of the API, a date: the newest published by then answers.
    #[param(value_type = Option<String>, format = Date, example = "2026-02-27")]
    version: Option<String>,
}

/// The idempotency header of every `POST`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header, rename_all = "camelCase")]
#[expect(dead_code, reason = "documents what the extractor of bodies reads")]
pub struct IdempotencyHeader {
    /// Names this request: the same again is answered again, not carried out.
    #[param(min_length = 1, max_length = 255)]
    idempotency_key: Option<String>,
}

/// The idempotency header of refunds.
#[derive(IntoParams)]
#[into_params(parameter_in = Header, rename_all = "camelCase")]
#[expect(dead_code, reason = "documents what the extractor of bodies reads")]
pub struct RequiredIdempotencyHeader {
    /// Names this request: the same again is answered again, not carried out.
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
    BadRequest = 400, "The request breaks rules; each is named.";
    BadVersion = 400, "The version header is missing or wrong.";
    NotNow = 400, "The version header is missing or wrong, or the state of the resource does not allow this.";
    Unauthorized = 401, "The key is missing or not known.";
    Forbidden = 403, "The key does not open this.";
    NotFound = 404, "There is nothing of that id.";
    MethodNotAllowed = 405, "The resource was not made for this.";
    Conflict = 409, "The state of the resource does not allow this, or an earlier request is still running.";
    Unfinished = 409, "An earlier request is still running, or its idempotency key was used for another. Try again if there is a Retry-After.";
    TooLarge = 413, "The body is larger than 1 MiB.";
    UnsupportedMediaType = 415, "The body is not JSON.";
    TooManyRequests = 429, "There were too many requests with this key.";
    Broken = 500, "Something went wrong here.";
    Unavailable = 503, "Not available at the moment.";
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
