//! Refusals over HTTP: the one place that says them as problem details.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use tatami_core::id::MalformedId;
use tatami_core::payment_intent::in_words;
use tatami_core::problem::{Refusal, Violation};
use tatami_engine::Failure;

mod details;

pub use details::{ProblemDetails, TerminalProblem};

/// The media type of problem details.
pub const MEDIA_TYPE: &str = "application/problem+json";

const INTERNAL_ERROR: &str = "INTERNAL_ERROR";
const INVALID_REQUEST: &str = "INVALID_REQUEST";
const TERMINAL_UNAVAILABLE: &str = "TERMINAL_UNAVAILABLE";
const CODES: [&str; 3] = [INTERNAL_ERROR, INVALID_REQUEST, TERMINAL_UNAVAILABLE];

const INVALID: &str = "One or more validation errors occurred.";

/// A refusal on its way out. The trace id is added by the layer around all
/// routes, which alone knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem(Box<Parts>);

#[derive(Clone, Debug, PartialEq)]
struct Parts {
    status: StatusCode,
    details: ProblemDetails,
    headers: Vec<(header::HeaderName, HeaderValue)>,
    code: Option<&'static str>,
    otherwise: Option<StatusCode>,
}

/// What else is in the body of a problem of a terminal.
#[derive(Default, Deserialize)]
struct Coded {
    #[serde(default)]
    code: String,
}

impl Problem {
    /// A problem of that status, in that sentence.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let details = ProblemDetails {
            kind: Some(kind(status).to_owned()),
            title: status.canonical_reason().map(str::to_owned),
            status: Some(status.as_u16()),
            detail: Some(detail.into()),
            ..ProblemDetails::default()
        };
        Self::of(status, details)
    }

    fn of(status: StatusCode, details: ProblemDetails) -> Self {
        Self(Box::new(Parts {
            status,
            details,
            headers: Vec::new(),
            code: None,
            otherwise: None,
        }))
    }

    /// The same, with another status, for operations that do not publish its own.
    #[must_use]
    pub fn or(mut self, otherwise: StatusCode) -> Self {
        self.0.otherwise = Some(otherwise);
        self
    }

    /// As an operation answers it that publishes those statuses.
    #[must_use]
    pub fn published_as(mut self, publishes: impl Fn(StatusCode) -> bool) -> Self {
        let otherwise = self.0.otherwise.take();
        if let Some(status) = otherwise.filter(|_| !publishes(self.0.status)) {
            self.0.status = status;
            self.0.details.kind = Some(kind(status).to_owned());
            self.0.details.title = status.canonical_reason().map(str::to_owned);
            self.0.details.status = Some(status.as_u16());
        }
        self
    }

    /// 400 with every field that breaks a rule.
    pub fn invalid(broken: Vec<Violation>) -> Self {
        let mut errors: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for violation in broken {
            let rules = errors.entry(violation.field).or_default();
            if !rules.contains(&violation.rule) {
                rules.push(violation.rule);
            }
        }
        let status = StatusCode::BAD_REQUEST;
        let details = ProblemDetails {
            errors: Some(errors),
            kind: Some(kind(status).to_owned()),
            title: Some(INVALID.to_owned()),
            status: Some(status.as_u16()),
            ..ProblemDetails::default()
        };
        Self::of(status, details)
    }

    /// 400 because of one field.
    pub fn field(field: &str, rule: impl Into<String>) -> Self {
        Self::invalid(vec![Violation::new(field, rule)])
    }

    /// 401, and how to do it right.
    pub fn unauthorized(detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail).with(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Basic realm=\"Tatami\""),
        )
    }

    /// 404 for a resource of that name.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("There is no such {what}."))
    }

    /// The same with one more header.
    #[must_use]
    pub fn with(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    fn coded(mut self, code: &'static str) -> Self {
        self.0.code = Some(code);
        self
    }

    /// The form of the operations on terminals: with a code, with `errors`
    /// even if no field is at fault, and with a sentence even if one is.
    #[must_use]
    pub fn for_terminals(mut self) -> Self {
        let details = &mut self.0.details;
        if details.detail.is_none() {
            let rules = details.errors.iter().flat_map(BTreeMap::values).flatten();
            let rules: Vec<&str> = rules.map(String::as_str).collect();
            details.detail = Some(rules.join(" "));
        }
        match (self.0.code, self.0.status.is_server_error()) {
            (Some(_), _) => self,
            (None, true) => self.coded(INTERNAL_ERROR),
            (None, false) => self.coded(INVALID_REQUEST),
        }
    }

    fn soon(self) -> Self {
        self.with(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// What is wrong, in a sentence.
    pub fn detail(&self) -> &str {
        self.0.details.detail.as_deref().unwrap_or_default()
    }

    /// The problem that an answer's body holds, for one that was stored.
    pub fn from_body(status: StatusCode, body: &[u8]) -> Self {
        let problem = Self::of(status, serde_json::from_slice(body).unwrap_or_default());
        let coded: Coded = serde_json::from_slice(body).unwrap_or_default();
        let code = CODES.into_iter().find(|code| *code == coded.code);
        code.map_or(problem.clone(), |code| problem.coded(code))
    }

    /// The answer, naming the request if that is known. What goes around the
    /// routes does not look into it again.
    pub(crate) fn answer(&self, trace_id: Option<&str>) -> Response {
        let media_type = [(header::CONTENT_TYPE, MEDIA_TYPE)];
        let mut response = (self.0.status, media_type, self.body(trace_id)).into_response();
        for (name, value) in &self.0.headers {
            response.headers_mut().append(name, value.clone());
        }
        response
    }

    /// The body, naming the request it answers if that is known.
    pub fn body(&self, trace_id: Option<&str>) -> Vec<u8> {
        let details = ProblemDetails {
            trace_id: trace_id.map(str::to_owned),
            ..self.0.details.clone()
        };
        // Plain strings and numbers always serialise.
        let Some(code) = self.0.code else {
            return serde_json::to_vec(&details).unwrap_or_default();
        };
        serde_json::to_vec(&TerminalProblem {
            code,
            details: ProblemDetails {
                errors: Some(details.errors.clone().unwrap_or_default()),
                ..details
            },
        })
        .unwrap_or_default()
    }
}

/// The section of the standard that defines a status.
fn kind(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "https://tools.ietf.org/html/rfc7231#section-6.5.1",
        401 => "https://tools.ietf.org/html/rfc7235#section-3.1",
        403 => "https://tools.ietf.org/html/rfc7231#section-6.5.3",
        404 => "https://tools.ietf.org/html/rfc7231#section-6.5.4",
        405 => "https://tools.ietf.org/html/rfc7231#section-6.5.5",
        408 => "https://tools.ietf.org/html/rfc7231#section-6.5.7",
        409 => "https://tools.ietf.org/html/rfc7231#section-6.5.8",
        413 => "https://tools.ietf.org/html/rfc7231#section-6.5.11",
        415 => "https://tools.ietf.org/html/rfc7231#section-6.5.13",
        422 => "https://tools.ietf.org/html/rfc4918#section-11.2",
        429 => "https://tools.ietf.org/html/rfc6585#section-4",
        431 => "https://tools.ietf.org/html/rfc6585#section-5",
        502 => "https://tools.ietf.org/html/rfc7231#section-6.6.3",
        504 => "https://tools.ietf.org/html/rfc7231#section-6.6.5",
        503 => "https://tools.ietf.org/html/rfc7231#section-6.6.4",
        _ => "https://tools.ietf.org/html/rfc7231#section-6.6.1",
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.answer(None);
        response.extensions_mut().insert(self);
        response
    }
}

impl From<MalformedId> for Problem {
    fn from(malformed: MalformedId) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("{malformed}.")).or(StatusCode::NOT_FOUND)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(broken) => Self::invalid(broken),
            Refusal::MalformedId(malformed) => malformed.into(),
            Refusal::NotFound(what) => Self::not_found(what),
            // No other method would be allowed either: the list is empty.
            Refusal::NotAllowed(detail) => Self::new(StatusCode::METHOD_NOT_ALLOWED, detail)
                .with(header::ALLOW, HeaderValue::from_static("")),
            Refusal::Conflict(detail) => {
                Self::new(StatusCode::CONFLICT, detail).or(StatusCode::BAD_REQUEST)
            }
            Refusal::TerminalUnavailable(detail) => {
                Self::new(StatusCode::NOT_FOUND, detail).coded(TERMINAL_UNAVAILABLE)
            }
            Refusal::TerminalBusy(detail) => {
                Self::new(StatusCode::CONFLICT, detail).coded(TERMINAL_UNAVAILABLE)
            }
            Refusal::TooLate(detail) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail),
            Refusal::Amount(detail) | Refusal::Declined(detail) => {
                Self::new(StatusCode::BAD_REQUEST, detail)
            }
            Refusal::TooManyTries(wait) => Self::new(
                StatusCode::BAD_REQUEST,
                format!(
                    "Too many cards were declined. Try again in {}.",
                    in_words(wait)
                ),
            ),
            Refusal::Pending(detail) => Self::new(StatusCode::CONFLICT, detail).soon(),
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::StillRunning => Self::new(
                StatusCode::CONFLICT,
                "A request with this idempotency key is still running. Try again shortly.",
            )
            .soon(),
            Failure::KeyReused => Self::new(
                StatusCode::CONFLICT,
                "This idempotency key was used for another request.",
            ),
            Failure::NotPermitted(permission) => Self::new(
                StatusCode::FORBIDDEN,
                format!(
                    "The account does not have the permission '{}'.",
                    permission.word()
                ),
            ),
            Failure::NoAcquirer => no_acquirer(),
            Failure::Busy => crate::load_shed::busy(),
            Failure::BadSession => {
                Self::unauthorized("The client session secret is not valid or was already used.")
            }
            Failure::BadCustomerSecret => {
                Self::unauthorized("The customer's secret is not valid or has expired.")
            }
            Failure::Unavailable(why) => unavailable(&why),
        }
    }
}

/// 403 for an environment in which no payment can be taken.
pub fn no_acquirer() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "Production is not available until an acquirer is configured.",
    )
}

/// 503 that says nothing of why; that is logged, here and once.
pub fn unavailable(why: &str) -> Problem {
    tracing::error!(error = why, "a request could not be served");
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "The service is not available at the moment. Quote the trace id when you ask for support.",
    )
    .soon()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use tatami_core::account::Permission;

    fn json_of(problem: &Problem) -> Value {
        serde_json::from_slice(&problem.body(Some("00-a-b-01"))).expect("JSON")
    }

    #[test]
    fn a_violation_is_told_in_the_documented_shape() {
        let problem = Problem::invalid(vec![
            Violation::new("Reference", "The Reference field is required."),
            Violation::new("Amount.Value", "The Amount must be greater than 0."),
            Violation::new("Reference", "The Reference field is required."),
        ]);
        assert_eq!(
            json_of(&problem),
            json!({
                "errors": {
                    "Amount.Value": ["The Amount must be greater than 0."],
                    "Reference": ["The Reference field is required."],
                },
                "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
                "title": "One or more validation errors occurred.",
                "status": 400,
                "traceId": "00-a-b-01",
            })
        );
    }

    #[test]
    fn every_refusal_has_its_status() {
        let text = || "A sentence.".to_owned();
        for (refusal, status) in [
            (Refusal::invalid("A", "b"), 400),
            (MalformedId("refund").into(), 400),
            (Refusal::NotFound("refund"), 404),
            (Refusal::NotAllowed(text()), 405),
            (Refusal::Conflict(text()), 409),
            (Refusal::TerminalUnavailable(text()), 404),
            (Refusal::TerminalBusy(text()), 409),
            (Refusal::TooLate(text()), 422),
            (Refusal::Amount(text()), 400),
            (Refusal::Declined(text()), 400),
            (Refusal::Pending(text()), 409),
        ] {
            assert_eq!(Problem::from(refusal.clone()).status(), status, "{refusal}");
        }
        for (failure, status) in [
            (Failure::StillRunning, 409),
            (Failure::KeyReused, 409),
            (Failure::NotPermitted(Permission::Tokenization), 403),
            (Failure::NoAcquirer, 403),
            (Failure::Busy, 503),
            (Failure::BadSession, 401),
            (Failure::BadCustomerSecret, 401),
            (Failure::Unavailable(text()), 503),
        ] {
            assert_eq!(Problem::from(failure.clone()).status(), status, "{failure}");
        }
    }

    #[test]
    fn an_operation_tells_the_status_that_it_publishes() {
        let malformed = || Problem::from(MalformedId("refund"));
        assert_eq!(malformed().published_as(|_| true).status(), 400);
        let answer = malformed().published_as(|status| status == 404);
        assert_eq!(answer.status(), 404);
        let json = json_of(&answer);
        assert_eq!(json["status"], 404);
        assert_eq!(json["title"], "Not Found");
        assert_eq!(json["type"], kind(StatusCode::NOT_FOUND));
        let rules = Problem::field("Version", "The version header is required.");
        assert_eq!(rules.published_as(|_| false).status(), 400);
    }

    #[test]
    fn every_status_has_a_type_of_its_own() {
        let statuses = [
            400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 431, 500, 503,
        ];
        let kinds = statuses.map(|status| kind(StatusCode::from_u16(status).expect("a status")));
        let distinct: std::collections::BTreeSet<_> = kinds.iter().collect();
        assert_eq!(distinct.len(), statuses.len(), "{kinds:?}");
    }

    #[test]
    fn what_failed_inside_is_not_told() {
        let problem = Problem::from(Failure::Unavailable("disk sda1 is full".to_owned()));
        assert!(!String::from_utf8_lossy(&problem.body(None)).contains("sda1"));
    }

    #[test]
    fn a_stored_problem_is_told_again_with_the_trace_of_its_request() {
        let first = Problem::from(Refusal::Declined("Declined.".to_owned()));
        let again = Problem::from_body(first.status(), &first.body(None));
        assert_eq!(again, first);
        assert_eq!(json_of(&again)["traceId"], "00-a-b-01");

        let first = Problem::from(Refusal::TerminalUnavailable("In use.".to_owned()));
        let again = Problem::from_body(first.status(), &first.body(None));
        assert_eq!(json_of(&again)["code"], "TERMINAL_UNAVAILABLE");
    }

    #[test]
    fn operations_on_terminals_always_have_a_sentence() {
        let broken = ["TerminalId", "Details"];
        let broken = broken.map(|f| Violation::new(f, format!("The {f} field is required.")));
        let answer = json_of(&Problem::invalid(broken.into()).for_terminals());
        assert_eq!(
            answer["detail"],
            "The Details field is required. The TerminalId field is required."
        );
        let answer = json_of(&Problem::not_found("terminal").for_terminals());
        assert_eq!(answer["detail"], "There is no such terminal.");
    }
}
