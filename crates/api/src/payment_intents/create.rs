//! `POST /payment-intents`

use axum::extract::State;
use axum::response::Response;
use tatami_core::payment_intent::{Draft, check};
use tatami_core::problem::Violation;
use tatami_core::secret::SecretText;
use tatami_core::time::Timestamp;
use tatami_http::input::{Input, concerns};
use tatami_http::openapi::{
    BadRequest, Forbidden, IdempotencyHeader, TooLarge, Unauthorized, Unfinished,
    UnsupportedMediaType, VersionHeader,
};
use tatami_http::problem::Problem;
use tatami_http::reply::reply;

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::payment_intent::PaymentIntent;
use crate::wire::requests::CreatePaymentIntentRequest;

/// Create a payment intent
///
/// The first step of every payment. The answer has a `paymentLink`, on which the
/// payer can pay.
#[utoipa::path(
    post,
    path = "/payment-intents",
    operation_id = "PaymentIntents_CreatePaymentIntent",
    tag = "Payment intents",
    params(VersionHeader, IdempotencyHeader),
    request_body = CreatePaymentIntentRequest,
    responses(
        (status = 200, description = "The new payment intent.", body = PaymentIntent),
        BadRequest, Unauthorized, Forbidden, Unfinished, TooLarge, UnsupportedMediaType,
    )
)]
pub async fn create(
    State(state): State<ApiState>,
    caller: Caller,
    input: Input,
) -> Result<Response, Problem> {
    let (draft, secret) = ordered(&state, &caller, &input)?;
    let call = caller.call(input.idempotency);
    let secret = secret.as_ref().map(SecretText::reveal);
    let created = state
        .engine
        .payment_intents()
        .create_for_customer(&call, draft, secret)
        .await;
    reply(created)
}

/// What is ordered, and the secret of its customer. It is read here and not above,
/// where what is read would have a place until the order is on disk.
fn ordered(
    state: &ApiState,
    caller: &Caller,
    input: &Input,
) -> Result<(Draft, Option<SecretText>), Problem> {
    let (request, mut broken) = input.read::<CreatePaymentIntentRequest>(caller.version)?;
    let secret = request.customer_secret();
    let draft = request.draft(&mut broken);
    if broken.is_empty() {
        return Ok((draft, secret));
    }
    let now = state.engine.now(&caller.scope);
    Err(Problem::invalid(all_broken(broken, &draft, now)))
}

/// The rules that the request's shape breaks, with those that what is left of
/// it breaks too.
fn all_broken(mut broken: Vec<Violation>, draft: &Draft, now: Timestamp) -> Vec<Violation> {
    let by_shape = broken.clone();
    let known = |field: &str| {
        by_shape.iter().any(|v| concerns(&v.field, field) || concerns(field, &v.field))
            // What may be said of a hold depends on a mode that could be read.
            || (field.starts_with("AutoExpire") && by_shape.iter().any(|v| v.field == "CaptureMode"))
    };
    broken.extend(check(draft, now).into_iter().filter(|v| !known(&v.field)));
    broken
}

#[cfg(test)]
mod tests {
    use super::*;
    use tatami_core::payment_intent::{AmountDraft, AutoExpireAction};

    #[test]
    fn both_kinds_of_violations_are_told_and_none_twice() {
        let money = |value, code: &str| AmountDraft {
            value,
            currency_code: code.to_owned(),
        };
        let mut draft = Draft {
            tips: Some(money(-1, "GBP")),
            auto_expire_action: Some(AutoExpireAction::Capture),
            ..Draft::default()
        };
        draft.details.payment_methods = vec!["Cheque".to_owned()];
        let by_shape = ["Amount.Value", "Reference", "CaptureMode"];
        let broken = by_shape.map(|field| Violation::new(field, "Broken."));
        let all = all_broken(broken.to_vec(), &draft, Timestamp::UNIX_EPOCH);
        let fields: Vec<&str> = all.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "Amount.Value",
                "Reference",
                "CaptureMode",
                "TipsAmount.Value",
                "PaymentMethods[0]",
            ]
        );
    }
}
