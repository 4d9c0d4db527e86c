//! What came of what a secret was used for: for callers who lost the answer.

use axum::extract::{Path, State};
use tatami_core::payment_intent::{PaymentEventKind, PaymentIntent};
use tatami_engine::{PaymentResult, View};

use crate::CheckoutState;
use crate::answer::{PaymentAnswer, code};
use crate::standing::Standing;

/// The outcome of the payment that the secret was used for.
pub(crate) async fn tell(
    State(state): State<CheckoutState>,
    Path(token): Path<String>,
) -> Result<PaymentAnswer, PaymentAnswer> {
    let view = state.engine.payers().session(&token).await;
    let view = view.map_err(PaymentAnswer::failed)?;
    let now = state.engine.now(&view.intent.scope);
    let standing = Standing::of(&view.intent, now);
    let result = match standing {
        Standing::Processing => PaymentResult::Unknown { view },
        Standing::Paid | Standing::Refunded | Standing::Reversed => {
            PaymentResult::Approved { view }
        }
        Standing::Payable if view.intent.challenge.is_some() => challenged(view),
        Standing::Payable | Standing::Canceled | Standing::Expired => {
            return Ok(unpaid(&view.intent));
        }
    };
    Ok(PaymentAnswer::of(result, &state.public_url))
}

fn challenged(view: View) -> PaymentResult {
    match view.intent.challenge.clone() {
        Some(challenge) => PaymentResult::Challenge { view, challenge },
        None => PaymentResult::Unknown { view },
    }
}

/// Why it was declined is not kept.
fn unpaid(intent: &PaymentIntent) -> PaymentAnswer {
    if !intent.session.used {
        return PaymentAnswer::new(code::WAITING, "The token was not used yet.");
    }
    let last = intent.payment_events.last().map(|event| event.kind);
    match last {
        Some(PaymentEventKind::Declined) if intent.details.card_holder_not_present => {
            PaymentAnswer::new(code::DECLINED, "terminal-declined")
        }
        Some(PaymentEventKind::Declined) => PaymentAnswer::new(code::DECLINED, "decline-bank"),
        _ => PaymentAnswer::new(code::FAILED, "answer-not-made"),
    }
}
