//! The component endpoints of setup intents: a card that is given to be kept.

use serde_json::Value;
use tatami_core::account::Scope;
use tatami_core::payment_intent::{Decline, DeclineReason};
use tatami_engine::{Failure, SetupResult};
use url::Url;

use crate::CheckoutState;
use crate::answer::{PaymentAnswer, absolute, code, status_of};
use crate::card_form::ErrorKind;
use crate::limits::{Outcome, Payer};
use crate::payments::failed;
use crate::submission::{Submission, text};

/// Verifies and keeps a card, if its holder agrees to the terms.
pub(crate) async fn give(
    state: &CheckoutState,
    payer: Payer,
    token: &str,
    submission: Submission,
) -> Result<PaymentAnswer, PaymentAnswer> {
    let session = state.engine.setup_payers().session(token).await;
    let view = session.map_err(PaymentAnswer::failed)?;
    let now = state.engine.now(&view.intent.scope);
    if !view.intent.session_open(&view.intent.session.nonce, now) {
        return Err(PaymentAnswer::failed(Failure::BadSession));
    }
    let consented = submission.consented();
    let (card, details) = match (submission.read(now), consented) {
        (Ok(read), true) => read,
        (Ok(_), false) => return Err(PaymentAnswer::invalid(vec![ErrorKind::MitConsentRequired])),
        (Err(mut wrong), consented) => {
            wrong.extend((!consented).then_some(ErrorKind::MitConsentRequired));
            return Err(PaymentAnswer::invalid(wrong));
        }
    };
    let scope = &view.intent.scope;
    let begun = state.payers.begin(payer, scope, now);
    begun.map_err(PaymentAnswer::too_many_tries)?;
    let result = state
        .engine
        .setup_payers()
        .authorize(token, card, consented, details)
        .await;
    let ended = result.as_ref().map_or(Outcome::Open, outcome);
    state.payers.end(payer, scope, ended);
    let result = result.map_err(|failure| failed(scope, failure))?;
    Ok(answer(result, &state.public_url))
}

fn outcome(result: &SetupResult) -> Outcome {
    match result {
        SetupResult::Authorized { .. } => Outcome::Approved,
        SetupResult::Declined { .. } => Outcome::Declined,
        SetupResult::Challenge { .. } | SetupResult::Unknown { .. } => Outcome::Open,
    }
}

fn scope_of(result: &SetupResult) -> &Scope {
    match result {
        SetupResult::Authorized { view }
        | SetupResult::Declined { view, .. }
        | SetupResult::Challenge { view, .. }
        | SetupResult::Unknown { view } => &view.intent.scope,
    }
}

/// Goes on after the 3-D Secure challenge.
pub(crate) async fn complete(
    state: &CheckoutState,
    payer: Payer,
    token: &str,
    transaction: &str,
    sent: &Value,
) -> Result<PaymentAnswer, PaymentAnswer> {
    let proof = text(sent, "paRes").unwrap_or_default();
    let result = state
        .engine
        .setup_payers()
        .complete_challenge(token, transaction, &proof)
        .await
        .map_err(PaymentAnswer::failed)?;
    let scope = scope_of(&result);
    let (outcome, now) = (outcome(&result), state.engine.now(scope));
    state.payers.went_on(payer, scope, outcome, now);
    Ok(answer(result, &state.public_url))
}

fn answer(result: SetupResult, public_url: &Url) -> PaymentAnswer {
    match result {
        SetupResult::Authorized { view } => {
            let verified = view.intent.verification;
            PaymentAnswer {
                auth_code: verified.as_ref().map(|v| v.auth_code.clone()),
                transaction_id: verified.map(|v| v.transaction_id),
                ..PaymentAnswer::new(code::SUCCESSFUL, "setup-answer-saved")
            }
        }
        SetupResult::Declined { decline, .. } => PaymentAnswer {
            transaction_id: Some(decline.transaction_id.clone()),
            ..PaymentAnswer::new(status_of(&decline), words_for(&decline))
        },
        SetupResult::Challenge { challenge, .. } => PaymentAnswer {
            transaction_id: Some(challenge.transaction_id.clone()),
            md: Some(challenge.transaction_id),
            step_up_url: Some(absolute(public_url, &challenge.acs_url)),
            pa_req: Some(challenge.payload),
            ..PaymentAnswer::new(code::AUTHORIZING, "setup-answer-challenge")
        },
        SetupResult::Unknown { .. } => PaymentAnswer::new(code::PROCESSING, "answer-unknown"),
    }
}

/// A decline in words for whoever typed the card in. Nothing was to be paid.
fn words_for(decline: &Decline) -> &'static str {
    match decline.reason {
        DeclineReason::ExpiredCard => "decline-expired",
        DeclineReason::Cv2Mismatch => "decline-cv2",
        DeclineReason::AddressMismatch => "decline-address",
        DeclineReason::IssuerUnavailable => "decline-unreachable",
        DeclineReason::InvalidCard => "decline-unknown-card",
        DeclineReason::NotAuthenticated | DeclineReason::ChallengeLeft => "setup-decline-not-you",
        DeclineReason::DoNotHonour
        | DeclineReason::Duplicate
        | DeclineReason::Failed
        | DeclineReason::InsufficientFunds
        | DeclineReason::LostOrStolen
        | DeclineReason::Referred => "setup-decline-bank",
    }
}
