//! What component endpoints answer: a status code of their own, in the body.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use tatami_core::payment_intent::{Decline, DeclineReason, in_words};
use tatami_core::problem::Refusal;
use tatami_core::time::SignedDuration;
use tatami_engine::{Failure, PaymentResult};
use url::Url;

use crate::card_form::{ErrorKind, FieldError};

/// The documented status codes.
pub(crate) mod code {
    pub(crate) const SUCCESSFUL: u16 = 0;
    pub(crate) const AUTHORIZING: u16 = 3;
    pub(crate) const REFERRED: u16 = 4;
    pub(crate) const DECLINED: u16 = 5;
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

impl PaymentAnswer {
    pub(crate) fn new(status_code: u16, message: impl Into<String>) -> Self {
        Self {
            status_code,
            message: message.into(),
            ..Self::default()
        }
    }

    /// Fields that are missing or wrong.
    pub(crate) fn invalid(kinds: Vec<ErrorKind>) -> Self {
        Self {
            errors: kinds.into_iter().map(FieldError::from).collect(),
            ..Self::new(code::INVALID, "Some of the details are missing or wrong.")
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
                    ..Self::new(code::SUCCESSFUL, "The payment was successful.")
                }
            }
            PaymentResult::Declined { decline, .. } => Self {
                transaction_id: Some(decline.transaction_id.clone()),
                ..Self::new(status_of(&decline), words_for(decline.reason))
            },
            PaymentResult::Challenge { challenge, .. } => Self {
                transaction_id: Some(challenge.transaction_id.clone()),
                md: Some(challenge.transaction_id),
                step_up_url: Some(absolute(public_url, &challenge.acs_url)),
                pa_req: Some(challenge.payload),
                ..Self::new(
                    code::AUTHORIZING,
                    "The cardholder must confirm the payment.",
                )
            },
            PaymentResult::Unknown { .. } => Self::new(
                code::PROCESSING,
                "The bank has not answered yet. The outcome will be known shortly.",
            ),
        }
    }

    /// That no more cards are taken for a while.
    pub(crate) fn too_many_tries(wait: SignedDuration) -> Self {
        let wait = in_words(wait);
        let message = format!(
            "Too many cards were declined. Nothing was taken from this card. Try again in {wait}."
        );
        Self::new(code::FAILED, message)
    }

    /// Why there was no try, or none that counts.
    pub(crate) fn failed(failure: Failure) -> Self {
        match failure {
            Failure::BadSession => Self::new(
                code::BAD_TOKEN,
                "The token is not valid, was used, or has expired.",
            ),
            Failure::BadCustomerSecret => Self::new(
                code::BAD_TOKEN,
                "The customer's secret is not valid or has expired.",
            ),
            Failure::Refused(Refusal::Declined(why)) => Self::new(code::FAILED, why),
            Failure::Refused(Refusal::TooManyTries(wait)) => Self::too_many_tries(wait),
            Failure::Refused(Refusal::Pending(why)) => Self::new(code::PROCESSING, why),
            // Why is for the merchant, who is told it by the API.
            Failure::Refused(Refusal::Conflict(_)) => {
                Self::new(code::INVALID, "This payment cannot be made now.")
            }
            Failure::Refused(Refusal::NotFound(_)) => {
                Self::new(code::NO_TOKEN, "There is no such payment.")
            }
            Failure::Refused(Refusal::Invalid(broken)) => {
                let errors = broken.iter().filter_map(FieldError::of).collect();
                let mut rules: Vec<String> = broken.into_iter().map(|v| v.rule).collect();
                rules.dedup();
                Self {
                    errors,
                    ..Self::new(code::INVALID, rules.join(" "))
                }
            }
            Failure::Refused(refusal) => Self::new(code::INVALID, refusal.to_string()),
            Failure::NotPermitted(_) | Failure::NoAcquirer => {
                Self::new(code::FAILED, "Card payments cannot be taken at the moment.")
            }
            Failure::StillRunning | Failure::KeyReused => {
                Self::new(code::INVALID, failure.to_string())
            }
            Failure::Busy => Self::new(code::BUSY, "Too many requests. Try again in a moment."),
            Failure::Unavailable(why) => {
                tracing::error!(error = why, "a payer's request failed");
                Self::new(code::BROKEN, "Something went wrong on our side.")
            }
        }
    }
}

impl IntoResponse for PaymentAnswer {
    fn into_response(self) -> Response {
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
        _ => code::DECLINED,
    }
}

/// A decline in words for whoever typed the card in. That a card is reported
/// lost or stolen is not told to somebody who may have found it.
fn words_for(reason: DeclineReason) -> &'static str {
    match reason {
        DeclineReason::DoNotHonour | DeclineReason::LostOrStolen => {
            "Your bank declined the payment. Try another card, or ask your bank."
        }
        DeclineReason::InsufficientFunds => {
            "Your bank declined the payment: there is not enough money for it. Try another card."
        }
        DeclineReason::ExpiredCard => "This card has expired. Try another card.",
        DeclineReason::Referred => {
            "Your bank wants to speak to you before it approves the payment. Call the number on your card, or try another card."
        }
        DeclineReason::Cv2Mismatch => {
            "The security code does not match the card. Check it and try again."
        }
        DeclineReason::AddressMismatch => {
            "The billing address does not match the card. Check it and try again."
        }
        DeclineReason::IssuerUnavailable => {
            "Your bank cannot be reached at the moment. Try again later, or use another card."
        }
        DeclineReason::InvalidCard => {
            "This card number is not known. Check it, or try another card."
        }
        DeclineReason::NotAuthenticated | DeclineReason::ChallengeLeft => {
            "Your bank could not confirm that it was you, or the check was stopped. Nothing was taken from your card."
        }
    }
}
