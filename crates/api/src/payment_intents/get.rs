//! `GET /payment-intents/{paymentIntentId}`

use axum::extract::{RawQuery, State};
use axum::response::Response;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::Status;

use crate::ApiState;
use crate::answers::written;
use crate::auth::Caller;
use crate::input::Ids;
use crate::openapi::{BadRequest, Forbidden, NotFound, Unauthorized, VersionHeader};
use crate::problem::Problem;
use crate::wire::payment_intent::PaymentIntent;

/// Retrieve a payment intent
///
/// A canceled one is not found unless it is asked for.
#[utoipa::path(
    get,
    path = "/payment-intents/{paymentIntentId}",
    operation_id = "PaymentIntents_Get",
    tag = "Payment intents",
    params(
        VersionHeader,
        ("paymentIntentId" = String, Path, description = "The payment intent's id."),
        ("returnCanceled" = Option<bool>, Query, description = "Whether a canceled one counts."),
    ),
    responses(
        (status = 200, description = "The payment intent.", body = PaymentIntent),
        BadRequest, Unauthorized, Forbidden, NotFound,
    )
)]
pub async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    ids: Ids,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let id = ids.get(0, PaymentIntentId::parse)?;
    let canceled = returns_canceled(query.as_deref().unwrap_or(""))?;
    let view = state.engine.payment_intent(&caller.scope, &id).await?;
    if view.intent.status == Status::Canceled && !canceled {
        return Err(Problem::not_found("payment intent"));
    }
    Ok(written(state.answers().view(&view, caller.version)))
}

fn returns_canceled(query: &str) -> Result<bool, Problem> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let pair = pairs.find(|(name, _)| name.eq_ignore_ascii_case("returnCanceled"));
    match pair.map(|(_, value)| value.to_ascii_lowercase()).as_deref() {
        None | Some("" | "false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(_) => Err(Problem::field(
            "ReturnCanceled",
            "The ReturnCanceled must be true or false.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canceled_intents_are_asked_for() {
        for query in ["returnCanceled=true", "a=b&ReturnCanceled=True"] {
            assert_eq!(returns_canceled(query), Ok(true), "{query}");
        }
        for query in ["", "returnCanceled=false", "returnCanceled", "other=true"] {
            assert_eq!(returns_canceled(query), Ok(false), "{query}");
        }
        assert!(returns_canceled("returnCanceled=yes").is_err());
    }
}
