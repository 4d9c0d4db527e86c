//! The component payment endpoints: what pages, components and SDKs post a card
//! to. The token in the path is the client session secret.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, body};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tatami_core::account::Scope;
use tatami_core::id::Environment;
use tatami_core::payment_intent::{Flag, PayerDetails};
use tatami_core::problem::Refusal;
use tatami_engine::{Failure, NotUtf8, Opens, PaymentResult, View, json_text};
use tatami_http::{FRAMED_POLICY, page_of};
use tower_http::cors::{AllowHeaders, Any, CorsLayer};
use zeroize::Zeroize;

use crate::addresses::is_incomplete;
use crate::answer::{PaymentAnswer, Said, code};
use crate::captcha::{self, guarded};
use crate::card_form::ErrorKind;
use crate::limits::{Outcome, Payer, refused};
use crate::reader::{Reader, answers_in_language};
use crate::setups;
use crate::submission::{Submission, text};
use crate::{CheckoutState, hosts};

/// The largest body that is read, in bytes.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// Where a device's fingerprint would be collected before 3-D Secure.
const DEVICE_PATH: &str = "/three-ds/device-data";

/// The endpoints that are called by scripts and apps of payers, as they are routed.
pub(crate) const LOGGED_PATHS: &[&str] = &[
    "/connect-e/api/payments/{token}",
    "/connect-e/api/payments/recurring/{token}",
    "/connect-e/api/payments/{token}/captcha",
    "/connect-e/api/payments/{token}/three-ds-complete",
    "/connect-e/mobile/payments/{token}/three-ds-complete",
    "/connect-e/api/device-data/{token}",
    "/connect-e/api/payments/{token}/wallets",
    "/connect-e/api/payments/{token}/apple-pay",
    "/connect-e/api/payments/{token}/apple-pay/session",
    "/connect-e/api/payments/{token}/google-pay",
    "/connect-e/api/payments/{token}/google-pay/decrypt-token",
    "/connect-e/cors/api/payments/{token}/apple-pay",
    "/api/payments/{token}",
    "/api/payments/recurring/{token}",
    "/api/payments/{token}/captcha",
    "/api/payments/{token}/three-ds-complete",
    "/mobile/payments/{token}/three-ds-complete",
    "/api/device-data/{token}",
    "/api/payments/{token}/wallets",
    "/api/payments/{token}/apple-pay",
    "/api/payments/{token}/apple-pay/session",
    "/api/payments/{token}/google-pay",
    "/api/payments/{token}/google-pay/decrypt-token",
    "/cors/api/payments/{token}/apple-pay",
    "/api/payment/{paymentIntentId}",
    "/api/payment/{paymentIntentId}/refresh-client-session-secret",
    "/checkout/{id}/session",
    "/checkout/{id}/saved-cards/{card}/prefer",
];

/// The routes, under their prefix, and at the root of the host that is set aside for
/// them. Any page may call them: the token is all
/// that they go by.
pub(crate) fn routes(host: Option<Arc<str>>, captcha: &captcha::Chosen) -> Router<CheckoutState> {
    let anywhere = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([http::Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .max_age(std::time::Duration::from_secs(3600));
    let routes = Router::new()
        .route(
            "/api/payments/{token}",
            guarded(captcha, post(pay)).get(crate::outcome::tell),
        )
        .route(
            "/api/payments/recurring/{token}",
            guarded(captcha, post(pay_with_saved_card)),
        )
        .route("/api/payments/{token}/captcha", captcha::challenges())
        .route("/api/payments/{token}/three-ds-complete", post(complete))
        .route("/mobile/payments/{token}/three-ds-complete", post(complete))
        .route("/api/device-data/{token}", post(device_data))
        .merge(crate::wallets::routes(captcha))
        .layer(from_fn(answers_in_language));
    let at_root = host.map(|host| {
        let only = from_fn(move |request, next| hosts::only(host.clone(), request, next));
        routes.clone().layer(only)
    });
    Router::new()
        .nest("/connect-e", routes.fallback(no_token))
        .merge(at_root.unwrap_or_default())
        .layer(anywhere)
        .route(DEVICE_PATH, get(device).post(device))
}

async fn pay(
    State(state): State<CheckoutState>,
    Path(token): Path<String>,
    payer: Payer,
    reader: Reader,
    body: Body,
) -> Result<PaymentAnswer, PaymentAnswer> {
    let submission = submission(body).await?;
    if matches!(state.engine.payers().opens(&token), Ok(Opens::Setup)) {
        return setups::give(&state, payer, &token, submission).await;
    }
    let session = state.engine.payers().session(&token).await;
    let view = session.map_err(PaymentAnswer::failed)?;
    let now = state.engine.now(&view.intent.scope);
    if !view.intent.session_open(&view.intent.session.nonce, now) {
        return Err(PaymentAnswer::failed(Failure::BadSession));
    }
    let keep = submission.keep();
    let (card, mut details) = submission.read(now).map_err(PaymentAnswer::invalid)?;
    details.language = reader.named();
    complete_addresses(&view, &details).map_err(PaymentAnswer::invalid)?;
    let is_sandbox = view.intent.scope.environment == Environment::Sandbox;
    let fails = state.fails_to_submit.filter(|_| is_sandbox);
    if fails.is_some_and(|fails| fails(&card.number)) {
        return Err(PaymentAnswer::new(code::BROKEN, "answer-broken"));
    }
    let paying = state.engine.payers().pay(&view, card, details, keep);
    let result = tried(&state, payer, &view, paying).await?;
    Ok(PaymentAnswer::of(result, &state.public_url))
}

/// Tries to pay, if the payer may.
pub(crate) async fn tried(
    state: &CheckoutState,
    payer: Payer,
    view: &View,
    paying: impl Future<Output = Result<PaymentResult, Failure>>,
) -> Result<PaymentResult, PaymentAnswer> {
    let scope = &view.intent.scope;
    let begun = state.payers.begin(payer, scope, state.engine.now(scope));
    begun.map_err(PaymentAnswer::too_many_tries)?;
    let result = paying.await;
    let ended = result.as_ref().map_or(Outcome::Open, outcome);
    state.payers.end(payer, scope, ended);
    result.map_err(|failure| failed(scope, failure))
}

fn outcome(result: &PaymentResult) -> Outcome {
    match result {
        PaymentResult::Approved { .. } => Outcome::Approved,
        PaymentResult::Declined { .. } => Outcome::Declined,
        PaymentResult::Challenge { .. } | PaymentResult::Unknown { .. } => Outcome::Open,
    }
}

fn scope_of(result: &PaymentResult) -> &Scope {
    match result {
        PaymentResult::Approved { view }
        | PaymentResult::Declined { view, .. }
        | PaymentResult::Challenge { view, .. }
        | PaymentResult::Unknown { view } => &view.intent.scope,
    }
}

/// Why there was no try, which is counted if there were too many of them.
pub(crate) fn failed(scope: &Scope, failure: Failure) -> PaymentAnswer {
    if matches!(failure, Failure::Refused(Refusal::TooManyTries(_))) {
        refused(scope, "payment");
    }
    PaymentAnswer::failed(failure)
}

/// Pays with a saved card, of which its holder types the security code alone.
async fn pay_with_saved_card(
    State(state): State<CheckoutState>,
    Path(token): Path<String>,
    payer: Payer,
    reader: Reader,
    body: Body,
) -> Result<PaymentAnswer, PaymentAnswer> {
    let submission = submission(body).await?;
    let Some(id) = submission.payment_method() else {
        state
            .engine
            .payers()
            .session(&token)
            .await
            .map_err(PaymentAnswer::failed)?;
        return Err(PaymentAnswer::new(
            code::INVALID,
            "The paymentMethodId is missing or not valid.",
        ));
    };
    let card = state
        .engine
        .payers()
        .saved_card_of_session(&token, &id)
        .await;
    let card = card.map_err(PaymentAnswer::failed)?;
    let read = submission.read_saved(card.card.scheme);
    let (cv2, mut details) = read.map_err(PaymentAnswer::invalid)?;
    details.language = reader.named();
    let view = state.engine.payers().session(&token).await;
    let view = view.map_err(PaymentAnswer::failed)?;
    complete_addresses(&view, &details).map_err(PaymentAnswer::invalid)?;
    let paying = state
        .engine
        .payers()
        .pay_with_saved_card(&token, &id, cv2, details);
    let result = tried(&state, payer, &view, paying).await?;
    Ok(PaymentAnswer::of(result, &state.public_url))
}

/// Refuses addresses that the merchant asks for and that lack a part which every
/// address of their country has. What nobody asks for may be as short as it likes.
pub(crate) fn complete_addresses(view: &View, payer: &PayerDetails) -> Result<(), Vec<ErrorKind>> {
    let config = view.intent.details.config.clone().unwrap_or_default();
    let asked = |flag: Option<Flag>| flag.is_some_and(|flag| flag.collection_required);
    let shipping = payer.shipping.as_ref().and_then(|s| s.address.as_ref());
    let wrong = [
        (
            config.billing_address,
            payer.billing_address.as_ref(),
            ErrorKind::BillingAddressIncomplete,
        ),
        (
            config.shipping_details,
            shipping,
            ErrorKind::ShippingAddressIncomplete,
        ),
    ];
    let wrong = wrong
        .into_iter()
        .filter(|(flag, address, _)| asked(*flag) && address.is_some_and(is_incomplete));
    let wrong: Vec<ErrorKind> = wrong.map(|(_, _, kind)| kind).collect();
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong),
    }
}

async fn complete(
    State(state): State<CheckoutState>,
    Path(token): Path<String>,
    payer: Payer,
    body: Body,
) -> Result<PaymentAnswer, PaymentAnswer> {
    let bytes = read(body).await?;
    let value: Value = parsed(&bytes).map_err(invalid)?;
    let transaction = text(&value, "transactionId").or_else(|| text(&value, "md"));
    let Some(transaction) = transaction else {
        return Err(PaymentAnswer::new(
            code::INVALID,
            "The transactionId is missing.",
        ));
    };
    if matches!(state.engine.payers().opens(&token), Ok(Opens::Setup)) {
        return setups::complete(&state, payer, &token, &transaction, &value).await;
    }
    // A payer who left the bank's page brings no proof; the acquirer knows
    // what that means.
    let proof = text(&value, "paRes").unwrap_or_default();
    let result = state
        .engine
        .payers()
        .complete_challenge(&token, &transaction, &proof)
        .await
        .map_err(PaymentAnswer::failed)?;
    let scope = scope_of(&result);
    let (outcome, now) = (outcome(&result), state.engine.now(scope));
    state.payers.went_on(payer, scope, outcome, now);
    Ok(PaymentAnswer::of(result, &state.public_url))
}

/// Nothing is collected.
async fn device() -> Response {
    page_of(FRAMED_POLICY, Ok(String::new()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeviceData {
    form_action: String,
    token: String,
}

async fn device_data(
    State(state): State<CheckoutState>,
    Path(token): Path<String>,
    body: Body,
) -> Result<Response, PaymentAnswer> {
    // The card comes with it; it is not needed, and must be right all the same.
    let submission = submission(body).await?;
    let known = match state.engine.payers().opens(&token) {
        Ok(Opens::Setup) => state.engine.setup_payers().session(&token).await.map(drop),
        _ => state.engine.payers().session(&token).await.map(drop),
    };
    known.map_err(PaymentAnswer::failed)?;
    let checked = submission.check().map_err(Failure::from);
    checked.map_err(PaymentAnswer::failed)?;
    let digest = Sha256::digest(token.as_bytes());
    let data = DeviceData {
        form_action: state
            .public_url
            .join(DEVICE_PATH)
            .map(String::from)
            .unwrap_or_default(),
        // Not the secret itself: this one goes to the bank.
        token: base16ct::lower::encode_string(&digest[..16]),
    };
    Ok(Json(data).into_response())
}

async fn no_token() -> PaymentAnswer {
    PaymentAnswer::new(
        code::NO_TOKEN,
        "The token is missing, or there is no such endpoint.",
    )
}

pub(crate) fn invalid(why: impl Into<Said>) -> PaymentAnswer {
    PaymentAnswer::new(code::INVALID, why)
}

pub(crate) async fn read(body: Body) -> Result<Bytes, PaymentAnswer> {
    let bytes = body::to_bytes(body, MAX_BODY_BYTES).await;
    bytes.map_err(|_| PaymentAnswer::new(code::INVALID, "The body is too large."))
}

/// What a body says. What is wrong with it is not told: it could quote the card.
pub(crate) fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, &'static str> {
    let text = json_text(body).map_err(|NotUtf8| "The body must be JSON in UTF-8.")?;
    serde_json::from_str(text).map_err(|_| "The body is not a JSON object.")
}

/// Reads a body with a card and wipes it.
async fn submission(body: Body) -> Result<Submission, PaymentAnswer> {
    let bytes = read(body).await?;
    let submission = parsed(&bytes);
    if let Ok(mut bytes) = bytes.try_into_mut() {
        bytes.zeroize();
    }
    let submission: Submission = submission.map_err(invalid)?;
    let kept = submission.within_bounds();
    kept.map_err(|refusal| PaymentAnswer::failed(refusal.into()))
}
