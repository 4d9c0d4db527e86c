//! The OpenAPI document, generated from the handlers and the wire types.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tatami_http::openapi::{TooManyRequests, Unavailable};
use tatami_http::problem::ProblemDetails;
use tatami_http::{LoggedRoutes, Published, operations};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::{IntoResponses, Modify, OpenApi};

use crate::versions::{self, Version};
use crate::wire::problem::{Error, ProblemDetailsTerminals};
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
        (name = "Transactions", description = "Payments, captures and refunds one by one, as statements list them."),
        (name = "Customers", description = "Customers and their saved cards."),
        (name = "Setup intents", description = "Save a card with its holder's consent and charge it later."),
        (name = "Tokenization", description = "Save cards that the merchant's own servers capture."),
        (name = "Webhooks", description = "Receive events at a URL."),
        (name = "Terminals", description = "The card machines of an account."),
        (name = "Terminal sessions", description = "Payments and refunds on card machines."),
        (name = "Events", description = "What changed at a merchant's POS."),
        (name = "Capabilities", description = "What a merchant's POS can do, and how it is reached."),
        (name = "EPOS tester tool", description = "Call a merchant's POS as products do, and see what came of it."),
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

/// Makes the description of another crate's operations. They take megabytes, so nobody
/// keeps them.
pub type Also = fn() -> utoipa::openapi::OpenApi;

/// The document of the newest version. It is megabytes as a tree of values: nobody
/// keeps it.
pub fn document(also: &[Also]) -> Value {
    serde_json::to_value(whole(also)).unwrap_or_default()
}

/// The document without its operations, which the routes bring.
pub(crate) fn frame() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

fn described(also: &[Also]) -> utoipa::openapi::OpenApi {
    let mut document = routes::described();
    for also in also {
        document.merge(also());
    }
    document
}

fn whole(also: &[Also]) -> utoipa::openapi::OpenApi {
    let mut document = described(also);
    Busy.modify(&mut document);
    document
}

/// The document of a version as text. A program has one list of
/// `also`, so each is made once.
pub fn text(version: &'static Version, also: &[Also]) -> &'static [u8] {
    static TEXTS: Mutex<BTreeMap<&'static str, &'static [u8]>> = Mutex::new(BTreeMap::new());
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    // There are few, which are kept for as long as the program runs.
    texts
        .entry(version.date)
        .or_insert_with(|| written(version, also).leak())
}

/// The dates of all versions, oldest first.
pub fn version_dates() -> impl DoubleEndedIterator<Item = &'static str> {
    versions::ALL.iter().map(|version| version.date)
}

/// The tags that operations have.
pub fn tags_in_use(also: &[Also]) -> BTreeSet<String> {
    let mut document = described(also);
    let items = document.paths.paths.values_mut();
    let operations = items.flat_map(|item| operations(item).map(|(_, operation)| operation));
    operations
        .filter_map(|operation| operation.tags.clone())
        .flatten()
        .collect()
}

/// The document of the version of that very date, as text.
pub fn description(date: &str, also: &[Also]) -> Option<&'static [u8]> {
    let version = versions::ALL.iter().find(|version| version.date == date);
    version.map(|version| text(version, also))
}

fn written(version: &Version, also: &[Also]) -> Vec<u8> {
    let mut document = document(also);
    version.describe(&mut document);
    serde_json::to_vec(&document).unwrap_or_default()
}

/// The statuses that operations publish.
pub fn published(also: &[Also]) -> Published {
    let apart = [
        terminals::TerminalBadHeader::responses(),
        terminals::SessionConflict::responses(),
    ];
    Published::of(described(also), &apart)
}

/// The operations whose requests are logged, with what is secret of each: all but those
/// about the program itself.
pub fn logged(also: &[Also]) -> LoggedRoutes {
    LoggedRoutes::of(&described(also), &routes::ABOUT_THE_PROGRAM)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;
    use serde_json::json;
    use tatami_core::problem::Refusal;
    use tatami_http::problem::Problem;

    #[test]
    fn every_operation_is_whole() {
        let document = document(&[]);
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
        let (document, mut found) = (document(&[]), Vec::new());
        references(&document, &mut found);
        assert!(!found.is_empty());
        for reference in found {
            let pointer = reference.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    #[test]
    fn a_refusal_by_state_has_the_status_that_its_operation_publishes() {
        let published = published(&[]);
        const INTENT: &str = "/payment-intents/{paymentIntentId}";
        let answer = |refusal: Refusal, method: Method, route: &str| {
            let problem = Problem::from(refusal);
            let publishes = |status| published.has(&method, route, status);
            let problem = problem.published_as(publishes);
            let body: Value = serde_json::from_slice(&problem.body(None)).expect("JSON");
            assert_eq!(body["status"], problem.status().as_u16());
            (problem.status().as_u16(), body["title"].clone())
        };
        let state = || Refusal::Conflict("A sentence.".to_owned());
        let pending = || Refusal::Pending("A sentence.".to_owned());
        let (bad, conflict) = ((400, json!("Bad Request")), (409, json!("Conflict")));
        let captures = format!("{INTENT}/captures");
        assert_eq!(answer(state(), Method::POST, &captures), conflict);
        let refunds = format!("{INTENT}/refunds");
        assert_eq!(answer(state(), Method::POST, &refunds), bad);
        // Nothing is decided yet: the caller should ask again.
        assert_eq!(answer(pending(), Method::POST, &refunds), conflict);
        assert_eq!(answer(state(), Method::DELETE, INTENT), bad);
        let busy = Refusal::TerminalBusy("A sentence.".to_owned());
        assert_eq!(answer(busy, Method::POST, "/terminal-sessions"), conflict);
        assert_eq!(answer(state(), Method::POST, "/terminal-sessions"), bad);
        // Pages have no published statuses.
        assert_eq!(answer(state(), Method::POST, "/checkout"), conflict);
    }
}
