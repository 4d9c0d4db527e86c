//! A check against programs that try out cards: before a card is tried, a page of ours
//! proves what a [`Captcha`] asks of it. Which check it is, the operator chooses.

mod proof_of_work;

use std::sync::Arc;

use async_trait::async_trait;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use http::{HeaderMap, HeaderName, header};
use serde_json::Value;

pub use proof_of_work::ProofOfWork;

use crate::CheckoutState;
use crate::answer::{PaymentAnswer, code};

/// What a page's proof comes in.
const PROOF: HeaderName = HeaderName::from_static("captcha-proof");
/// By this published SDKs of apps say what they are.
const IS_MOBILE: HeaderName = HeaderName::from_static("is-mobile");

/// A check that a page passes before it submits a card.
///
/// A proof belongs to one client session. A session pays once, so a proof serves for one
/// card.
#[async_trait]
pub trait Captcha: Send + Sync {
    /// The script of the checkout's assets that makes proofs.
    fn script(&self) -> &'static str;

    /// What that script makes a proof from, for the session of this secret.
    fn challenge(&self, secret: &str) -> Value;

    /// Whether a proof is good for the session of this secret.
    async fn accepts(&self, secret: &str, proof: &str) -> bool;
}

/// The check of an installation, if it has one.
pub(crate) type Chosen = Option<Arc<dyn Captcha>>;

/// Routes that take cards, behind the check.
pub(crate) fn guarded(
    captcha: &Chosen,
    cards: MethodRouter<CheckoutState>,
) -> MethodRouter<CheckoutState> {
    match captcha {
        Some(captcha) => cards.route_layer(from_fn_with_state(captcha.clone(), check)),
        None => cards,
    }
}

/// Where pages get what they make a proof from.
pub(crate) fn challenges() -> MethodRouter<CheckoutState> {
    get(challenge)
}

async fn challenge(State(state): State<CheckoutState>, Path(secret): Path<String>) -> Response {
    match &state.captcha {
        Some(captcha) => {
            let challenge = Json(captcha.challenge(&secret));
            ([(header::CACHE_CONTROL, "no-store")], challenge).into_response()
        }
        None => PaymentAnswer::new(code::NO_TOKEN, "No proof is asked for.").into_response(),
    }
}

async fn check(
    State(captcha): State<Arc<dyn Captcha>>,
    Path(secret): Path<String>,
    request: Request,
    next: Next,
) -> Response {
    let proof = text_of(request.headers(), &PROOF);
    let (outcome, refusal) = match proof {
        Some(proof) if captcha.accepts(&secret, proof).await => ("accepted", None),
        Some(_) => ("refused", Some("answer-captcha")),
        // Its SDK cannot make proofs. Limits on declined cards hold for it as well.
        None if is_app(request.headers()) => ("app", None),
        None => ("missing", Some(MISSING)),
    };
    metrics::counter!("tatami_captcha_checks_total", "outcome" => outcome).increment(1);
    match refusal {
        Some(why) => PaymentAnswer::new(code::FORBIDDEN, why).into_response(),
        None => next.run(request).await,
    }
}

/// For programmers: pages of ours always send one.
const MISSING: &str = "The header Captcha-Proof is missing. Cards are taken from pages of the \
     payment service and, with the header IS-MOBILE: true, from apps.";

fn is_app(headers: &HeaderMap) -> bool {
    text_of(headers, &IS_MOBILE).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

fn text_of<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
