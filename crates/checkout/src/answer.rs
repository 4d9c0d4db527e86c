//! What component endpoints answer: a status code of their own, in the body.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use tatami_core::payment_intent::{Decline, DeclineReason};
use tatami_core::problem::Refusal;
use tatami_core::time::SignedDuration;
use tatami_engine::{Failure, PaymentResult, View};
use tatami_locale::Language;
use url::Url;

use crate::card_form::{ErrorKind, FieldError};

/// The documented status codes.
pub(crate) mod code {
    pub(crate) const SUCCESSFUL: u16 = 0;
    pub(crate) const AUTHORIZING: u16 = 3;
    pub(crate) const REFERRED: u16 = 4;
    pub(crate) const DECLINED: u16 = 5;
    pub(crate) const DUPLICATE: u16 = 20;
    pub(crate) const FAILED: u16 = 30;
    pub(crate) const PROCESSING: u16 = 40;
    /// The card holder left the check.
    pub(crate) const LEFT: u16 = 90;
    /// The token waits to be used.
    pub(crate) const WAITING: u16 = 99;
    pub(crate) const INVALID: u16 = 400;
    pub(crate) const BAD_TOKEN: u16 = 401;
    pub(crate) const FORBIDDEN: u16 = 403;
    pub(crate) const NO_TOKEN: u16 = 404;
    pub(crate) const BROKEN: u16 = 500;
    /// Ours: nothing was done, and it can be tried again.
    pub(crate) const BUSY: u16 = 503;
}

/// The answer to a payment, or to what follows a challenge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaymentAnswer {
    pub(crate) status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) auth_code: Option<String>,
    pub(crate) message: String,
    /// What the message says, in any language.
    #[serde(skip)]
    pub(crate) said: Said,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transaction_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) md: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) step_up_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pa_req: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<FieldError>,
}

/// What is said to whoever asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// The text of that key; or, if there is none, just this: for programmers.
    Text(&'static str),
    /// What the rules say, in English, and the key of what other languages say.
    Rule(String, &'static str),
    /// That too many cards were declined, and when another is taken.
    Wait(SignedDuration),
}

impl Default for Said {
    fn default() -> Self {
        Self::Text("")
    }
}

impl From<&'static str> for Said {
    fn from(key: &'static str) -> Self {
        Self::Text(key)
    }
}

impl From<String> for Said {
    fn from(rule: String) -> Self {
        Self::Rule(rule, "answer-not-now")
    }
}

impl Said {
    fn message_in(&self, language: &'static Language) -> String {
        match self {
            Self::Text(key) => match language.get(key) {
                "" => (*key).to_owned(),
                text => text.to_owned(),
            },
            Self::Rule(rule, _) if language.tag() == Language::english().tag() => rule.clone(),
            Self::Rule(_, key) => language.get(key).to_owned(),
            Self::Wait(wait) => {
                let wait = duration(*wait, language);
                language.with("answer-too-many", &[("wait", &wait)])
            }
        }
    }
}

/// A duration in its largest unit, as people say it.
fn duration(wait: SignedDuration, language: &'static Language) -> String {
    let begun = usize::from(wait.subsec_nanos() > 0);
    let seconds = usize::try_from(wait.as_secs()).unwrap_or(0) + begun;
    match seconds.max(1) {
        seconds @ 1..60 => language.counted("seconds", seconds),
        seconds => language.counted("minutes", seconds.div_ceil(60)),
    }
}

impl PaymentAnswer {
    /// An answer that says the text of that key.
    pub(crate) fn new(status_code: u16, said: impl Into<Said>) -> Self {
        let said = said.into();
        Self {
            status_code,
            message: said.message_in(Language::english()),
            said,
            ..Self::default()
        }
    }

    /// The response, in a language.
    pub(crate) fn written(self, language: &'static Language) -> Response {
        let answer = Self {
            message: self.said.message_in(language),
            errors: self
                .errors
                .into_iter()
                .map(|e| e.in_language(language))
                .collect(),
            ..self
        };
        answer.response()
    }

    /// Fields that are missing or wrong.
    pub(crate) fn invalid(kinds: Vec<ErrorKind>) -> Self {
        Self {
            errors: kinds.into_iter().map(FieldError::from).collect(),
            ..Self::new(code::INVALID, "details-invalid")
        }
    }

    /// What came of a try. Relative links to a bank's page are completed with
    /// `public_url`.
    pub(crate) fn of(result: PaymentResult, public_url: &Url) -> Self {
        match result {
            PaymentResult::Approved { view } => {
                let paid = view.intent.authorization.as_deref();
                Self {
                    auth_code: paid.map(|a| a.auth_code.clone()),
                    transaction_id: paid.map(|a| a.transaction_id.clone()),
                    ..Self::new(code::SUCCESSFUL, "answer-successful")
                }
            }
            PaymentResult::Declined { view, decline } => Self {
                transaction_id: Some(decline.transaction_id.clone()),
                ..Self::new(
                    status_of(&decline),
                    match words_for(decline.reason) {
                        // A clerk's bank has nothing to do with it.
                        words if WORDS_OF_BANKS.contains(&words) && is_terminal(&view) => {
                            "terminal-declined"
                        }
                        words => words,
                    },
                )
            },
            PaymentResult::Challenge { challenge, .. } => Self {
                transaction_id: Some(challenge.transaction_id.clone()),
                md: Some(challenge.transaction_id),
                step_up_url: Some(absolute(public_url, &challenge.acs_url)),
                pa_req: Some(challenge.payload),
                ..Self::new(code::AUTHORIZING, "answer-challenge")
            },
            PaymentResult::Unknown { .. } => Self::new(code::PROCESSING, "answer-unknown"),
        }
    }

    /// That no more cards are taken for a while.
    pub(crate) fn too_many_tries(wait: SignedDuration) -> Self {
        Self::new(code::FAILED, Said::Wait(wait))
    }

    /// Why there was no try, or none that counts.
    pub(crate) fn failed(failure: Failure) -> Self {
        match failure {
            Failure::BadSession => Self::new(code::BAD_TOKEN, "answer-bad-token"),
            Failure::BadCustomerSecret => Self::new(code::BAD_TOKEN, "answer-bad-customer"),
            Failure::Refused(Refusal::Declined(why)) => {
                Self::new(code::FAILED, Said::Rule(why, "answer-not-made"))
            }
            Failure::Refused(Refusal::TooManyTries(wait)) => Self::too_many_tries(wait),
            Failure::Refused(Refusal::Pending(why)) => {
                Self::new(code::PROCESSING, Said::Rule(why, "answer-unknown"))
            }
            // The reason is for the merchant, who reads it over the API.
            Failure::Refused(Refusal::Conflict(_)) => Self::new(code::INVALID, "answer-not-now"),
            Failure::Refused(Refusal::NotFound(_)) => {
                Self::new(code::NO_TOKEN, "answer-no-payment")
            }
            Failure::Refused(Refusal::Invalid(broken)) => {
                let errors = broken.iter().filter_map(FieldError::of).collect();
                let mut rules: Vec<String> = broken.into_iter().map(|v| v.rule).collect();
                rules.dedup();
                Self {
                    errors,
                    ..Self::new(
                        code::INVALID,
                        Said::Rule(rules.join(" "), "details-invalid"),
                    )
                }
            }
            Failure::Refused(Refusal::NotAllowed(rule)) => {
                Self::new(code::INVALID, Said::Rule(rule, "answer-not-this-way"))
            }
            Failure::Refused(refusal) => Self::new(code::INVALID, refusal.to_string()),
            Failure::NotPermitted(_) | Failure::NoAcquirer => {
                Self::new(code::FAILED, "answer-no-cards")
            }
            Failure::StillRunning | Failure::KeyReused => {
                Self::new(code::INVALID, failure.to_string())
            }
            Failure::Busy => Self::new(code::BUSY, "answer-busy"),
            Failure::Unavailable(why) => {
                tracing::error!(error = why, "a payer's request failed");
                Self::new(code::BROKEN, "answer-broken")
            }
        }
    }
}

impl IntoResponse for PaymentAnswer {
    fn into_response(self) -> Response {
        let mut response = self.clone().response();
        // For a page that asks for another language.
        response.extensions_mut().insert(self);
        response
    }
}

impl PaymentAnswer {
    fn response(self) -> Response {
        let status = match self.status_code {
            code::INVALID => StatusCode::BAD_REQUEST,
            code::BAD_TOKEN => StatusCode::UNAUTHORIZED,
            code::FORBIDDEN => StatusCode::FORBIDDEN,
            code::NO_TOKEN => StatusCode::NOT_FOUND,
            code::BROKEN => StatusCode::INTERNAL_SERVER_ERROR,
            code::BUSY => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::OK,
        };
        let mut response = (status, Json(self)).into_response();
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let soon = HeaderValue::from_static("1");
            response.headers_mut().insert(header::RETRY_AFTER, soon);
        }
        response
    }
}

pub(crate) fn absolute(base: &Url, link: &str) -> String {
    base.join(link)
        .map_or_else(|_| link.to_owned(), String::from)
}

pub(crate) fn status_of(decline: &Decline) -> u16 {
    match decline.reason {
        DeclineReason::Referred => code::REFERRED,
        DeclineReason::ChallengeLeft => code::LEFT,
        DeclineReason::Duplicate => code::DUPLICATE,
        DeclineReason::Failed => code::FAILED,
        _ => code::DECLINED,
    }
}

/// What a payer's bank has to say to its customer.
const WORDS_OF_BANKS: [&str; 4] = [
    "decline-bank",
    "decline-funds",
    "decline-referred",
    "decline-unreachable",
];

fn is_terminal(view: &View) -> bool {
    view.intent.details.card_holder_not_present
}

/// A decline in words for whoever typed the card in. That a card is reported
/// lost or stolen is not told to somebody who may have found it.
fn words_for(reason: DeclineReason) -> &'static str {
    match reason {
        DeclineReason::DoNotHonour | DeclineReason::LostOrStolen => "decline-bank",
        DeclineReason::InsufficientFunds => "decline-funds",
        DeclineReason::ExpiredCard => "decline-expired",
        DeclineReason::Referred => "decline-referred",
        DeclineReason::Cv2Mismatch => "decline-cv2",
        DeclineReason::AddressMismatch => "decline-address",
        DeclineReason::IssuerUnavailable => "decline-unreachable",
        DeclineReason::InvalidCard => "decline-unknown-card",
        DeclineReason::Duplicate => "decline-duplicate",
        DeclineReason::Failed => "answer-not-made",
        DeclineReason::NotAuthenticated | DeclineReason::ChallengeLeft => "decline-not-you",
    }
}
