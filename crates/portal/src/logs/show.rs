//! One request, whole.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::Value;
use tatami_core::id::Environment;
use tatami_core::problem::Refusal;
use tatami_engine::Failure;
use tatami_engine::ports::request_log::LoggedRequest;

use super::reasons::{Reason, pages, reasons};
use super::{PATH, Words, class};
use crate::PortalState;
use crate::frame::Frame;
use crate::pages::{failed, page};
use crate::times::local;
use crate::visit::Here;

#[derive(Template)]
#[template(path = "log.html")]
struct LogPage {
    frame: Frame,
    list: String,
    method: String,
    path: String,
    status: u16,
    class: &'static str,
    /// Where the payment is that it was about, and its id.
    payment: Option<(String, String)>,
    reasons: Vec<Reason>,
    pages: Vec<(&'static str, &'static str)>,
    facts: Vec<(&'static str, String)>,
    request: Option<String>,
    no_request: &'static str,
    answer: Option<String>,
    no_answer: &'static str,
    curl: String,
}

pub(crate) async fn show(
    State(state): State<PortalState>,
    Path((_, _, number)): Path<(String, String, String)>,
    here: Here,
) -> Response {
    let read = async {
        let none = || Refusal::NotFound("request");
        let place = here.location()?;
        let log = state.app.requests.as_ref().ok_or_else(none)?;
        let number = number.parse().map_err(|_| none())?;
        let entry = log.entry(&place.scope, number).await?;
        let words = Words::of(&state, &here).await?;
        Ok::<_, Failure>((entry.ok_or_else(none)?.request, words))
    };
    match read.await {
        Ok((request, words)) => page(&page_of(&state, &here, request, &words)),
        Err(failure) => failed(&failure),
    }
}

fn page_of(state: &PortalState, here: &Here, request: LoggedRequest, words: &Words) -> LogPage {
    let reasons = reasons(&request);
    let is_live = request
        .scope
        .as_ref()
        .is_some_and(|scope| scope.environment == Environment::Production);
    let none = "Nothing.";
    let unkept =
        "In live mode bodies are kept only of refusals, or with --request-log-production-bodies.";
    LogPage {
        frame: Frame::new(here, &format!("{PATH}/one"), None),
        list: format!("{}{PATH}", words.base),
        method: request.method.clone(),
        path: request.path.clone(),
        status: request.status,
        class: class(request.status),
        payment: request
            .payment
            .as_ref()
            .map(|id| (format!("{}/payments/{id}", words.base), id.to_string())),
        pages: pages(&request, &reasons),
        reasons,
        facts: facts(&request, words),
        curl: curl(state.base(), &request),
        request: request.bodies.request.as_deref().map(pretty),
        no_request: match is_live && request.method != "GET" {
            true => unkept,
            false => none,
        },
        answer: request.bodies.answer.as_deref().map(pretty),
        no_answer: if is_live { unkept } else { none },
    }
}

fn facts(request: &LoggedRequest, words: &Words) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("When", local(request.at, &words.zone)),
        ("Took", took(request)),
        ("Route", request.route.clone()),
    ];
    let key = request.key.as_ref();
    let more = [
        ("Version", request.version.clone()),
        ("Key", key.map(|id| words.key(id))),
        ("Key id", key.map(ToString::to_string)),
        ("Idempotency key", request.idempotency_key.clone()),
        ("Trace id", Some(request.trace_id.clone())),
    ];
    facts.extend(
        more.into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    facts
}

/// How long a request took.
pub(crate) fn took(request: &LoggedRequest) -> String {
    match request.took_us {
        micros @ 0..1_000 => format!("0.{} ms", micros / 100),
        micros @ 1_000..10_000_000 => format!("{} ms", micros / 1_000),
        micros => format!("{} s", micros / 1_000_000),
    }
}

/// JSON with its parts on lines of their own; anything else as it is.
fn pretty(body: &str) -> String {
    let read: Result<Value, _> = serde_json::from_str(body);
    let pretty = read
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok());
    pretty.unwrap_or_else(|| body.to_owned())
}

/// The command that sends a request again, with a place for the key.
fn curl(base: &str, request: &LoggedRequest) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let base = base.trim_end_matches('/');
    let mut lines = vec![format!(
        "curl {}",
        quoted(&format!("{base}{}", request.path))
    )];
    if !matches!(request.method.as_str(), "GET" | "POST") {
        lines.push(format!("--request {}", request.method));
    }
    if request.key.is_some() || request.status == 401 {
        lines.push("--header 'Authorization: Basic sk_YOUR_KEY'".to_owned());
    }
    let headers = [
        ("Version", &request.version),
        ("IdempotencyKey", &request.idempotency_key),
    ];
    for (name, value) in headers {
        if let Some(value) = value {
            lines.push(format!("--header {}", quoted(&format!("{name}: {value}"))));
        }
    }
    let body = request.bodies.request.as_deref();
    let whole = body.filter(|body| serde_json::from_str::<Value>(body).is_ok());
    match whole {
        Some(body) => {
            lines.push("--header 'Content-Type: application/json'".to_owned());
            lines.push(format!("--data {}", quoted(body)));
        }
        None if body.is_some() => lines.push("--data '…'".to_owned()),
        None if request.method == "POST" => lines.push("--request POST".to_owned()),
        None => {}
    }
    lines.join(" \\\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tatami_engine::ports::request_log::Bodies;

    #[test]
    fn a_request_is_written_as_a_command() {
        let mut request = LoggedRequest {
            method: "POST".to_owned(),
            path: "/payment-intents?a=b".to_owned(),
            version: Some("2026-02-27".to_owned()),
            status: 401,
            bodies: Bodies {
                request: Some(r#"{"reference":"it's"}"#.to_owned()),
                answer: None,
            },
            ..LoggedRequest::default()
        };
        assert_eq!(
            curl("http://localhost/", &request),
            "curl 'http://localhost/payment-intents?a=b' \\\n  \
             --header 'Authorization: Basic sk_YOUR_KEY' \\\n  \
             --header 'Version: 2026-02-27' \\\n  \
             --header 'Content-Type: application/json' \\\n  \
             --data '{\"reference\":\"it'\\''s\"}'"
        );
        request.method = "DELETE".to_owned();
        request.bodies = Bodies::default();
        let command = curl("http://localhost/", &request);
        assert!(command.contains("--request DELETE"), "{command}");
        assert!(!command.contains("--data"), "{command}");
    }

    #[test]
    fn durations_have_units() {
        for (micros, shown) in [
            (40, "0.0 ms"),
            (940, "0.9 ms"),
            (12_345, "12 ms"),
            (12_345_678, "12 s"),
        ] {
            let request = LoggedRequest {
                took_us: micros,
                ..LoggedRequest::default()
            };
            assert_eq!(took(&request), shown);
        }
    }
}
