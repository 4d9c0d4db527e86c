//! What is done with a payment: the same use cases as the API's, in the user's name.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde_json::{Value, json};
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::{CaptureRequest, RefundRequest};
use tatami_core::problem::Refusal;
use tatami_engine::ports::answers::Answer;
use tatami_engine::{Call, Failure};
use tatami_http::problem::Problem;

use super::PATH;
use super::show::payment;
use crate::PortalState;
use crate::calls::once;
use crate::forms::Wrong;
use crate::money::minor_units;
use crate::visit::{Here, path_of};

/// The version of the API that answers are written in, which are only looked at for their
/// status here.
pub(crate) const VERSION: &str = "2026-02-27";

/// The fields that amounts are typed into.
pub(super) const CAPTURE: &str = "capture";
pub(super) const REFUND: &str = "refund";
/// The longest reason of a refund, in characters.
const REASON_CHARS: usize = 200;

/// The account, the mode and the payment of a path.
type Named = Path<(String, String, String)>;

/// What a user asks for.
enum Action {
    Capture { amount: i64 },
    Refund { amount: i64, reason: Option<String> },
    Reverse,
    Cancel,
    Receipt { emails: Vec<String> },
}

impl Action {
    const fn word(&self) -> &'static str {
        match self {
            Self::Capture { .. } => "capture",
            Self::Refund { .. } => "refund",
            Self::Reverse => "reverse",
            Self::Cancel => "cancel",
            Self::Receipt { .. } => "receipt",
        }
    }

    fn noted(&self) -> Value {
        match self {
            Self::Capture { amount } => json!({ "amount": amount }),
            Self::Refund { amount, reason } => json!({ "amount": amount, "reason": reason }),
            Self::Receipt { emails } => json!({ "emails": emails }),
            Self::Reverse | Self::Cancel => Value::Null,
        }
    }
}

pub(crate) async fn capture(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    let action = amount(&here, CAPTURE).map(|amount| Action::Capture { amount });
    act(&state, &here, &id, Some(CAPTURE), action).await
}

pub(crate) async fn refund(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    let reason = here.fields.get("reason").trim();
    let action = amount(&here, REFUND).and_then(|amount| {
        if reason.chars().count() > REASON_CHARS {
            let rule = format!("This must have at most {REASON_CHARS} characters.");
            return Err(Refusal::invalid("Reason", &rule).into());
        }
        Ok(Action::Refund {
            amount,
            reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
        })
    });
    act(&state, &here, &id, Some(REFUND), action).await
}

pub(crate) async fn reverse(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    act(&state, &here, &id, None, Ok(Action::Reverse)).await
}

pub(crate) async fn cancel(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    act(&state, &here, &id, None, Ok(Action::Cancel)).await
}

pub(crate) async fn receipt(
    State(state): State<PortalState>,
    Path((_, _, id)): Named,
    here: Here,
) -> Response {
    let emails = vec![here.fields.get("email").trim().to_owned()];
    act(&state, &here, &id, None, Ok(Action::Receipt { emails })).await
}

fn amount(here: &Here, field: &str) -> Result<i64, Failure> {
    let minor = minor_units(here.fields.get(field));
    let rule = "Write the amount as 12.50.";
    Ok(minor.ok_or_else(|| Refusal::invalid("Amount", rule))?)
}

/// Notes what is asked for, does it, and says how it went. `amount` is the field that an
/// amount was typed into.
async fn act(
    state: &PortalState,
    here: &Here,
    id: &str,
    amount: Option<&str>,
    action: Result<Action, Failure>,
) -> Response {
    let word = action.as_ref().map_or("", Action::word);
    let done = async {
        let (id, action) = (payment_id(id)?, action?);
        let what = format!("{} {id}", action.word());
        let call = once(here, &what, here.fields.digest())?;
        let noted = Some(action.noted()).filter(|noted| !noted.is_null());
        let name = format!("payment.{}", action.word());
        state.note(here, &name, id.as_str(), noted).await?;
        carried_out(state, &call, &id, action).await
    };
    let wrong = match done.await {
        Ok(answer) if answer.status < 400 => {
            let to = here
                .some_scope()
                .map(|scope| path_of(&scope))
                .unwrap_or_default();
            return Redirect::to(&format!("{to}{PATH}/{id}?done={word}")).into_response();
        }
        Ok(answer) => {
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_REQUEST);
            let problem = Problem::from_body(status, &answer.body);
            Wrong::said(status, vec![problem.detail().to_owned()])
        }
        Err(failure) => {
            let mut names = vec![("Reason", "reason"), ("Emails", "email")];
            names.extend(amount.map(|field| ("Amount", field)));
            Wrong::of(&failure, &names)
        }
    };
    payment(state, here, id, wrong, None).await
}

fn payment_id(id: &str) -> Result<PaymentIntentId, Failure> {
    Ok(PaymentIntentId::parse(id).map_err(|_| Refusal::NotFound("payment"))?)
}

async fn carried_out(
    state: &PortalState,
    call: &Call,
    id: &PaymentIntentId,
    action: Action,
) -> Result<Answer, Failure> {
    let intents = state.app.engine.payment_intents();
    match action {
        Action::Capture { amount } => {
            let wish = CaptureRequest { amount, tips: None };
            intents.capture(call, id, wish).await
        }
        Action::Refund { amount, reason } => {
            let wish = RefundRequest {
                amount,
                reason,
                notes: None,
            };
            intents.refund(call, id, wish).await
        }
        Action::Reverse => intents.reverse(call, id).await,
        Action::Cancel => intents.cancel(call, id).await,
        Action::Receipt { emails } => intents.send_receipt(call, id, emails).await,
    }
}
