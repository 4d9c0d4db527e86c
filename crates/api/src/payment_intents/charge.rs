//! `POST /payment-intents/{paymentIntentId}/charge`

use axum::extract::State;
use axum::response::Response;
use tatami_core::id::PaymentIntentId;
use tatami_http::input::{Id, Input};
use tatami_http::openapi::{
    BadRequest, Forbidden, IdempotencyHeader, NotFound, Unauthorized, Unfinished, VersionHeader,
};
use tatami_http::problem::Problem;
use tatami_http::reply::reply;

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::settlement::ChargeResponse;

/// Charge the card of a setup intent
///
/// Charges the whole amount once, without the card holder. If the card is declined,
/// the answer is 200 with the status `Declined`, and the status of the payment
/// intent does not change.
#[utoipa::path(
    post,
    path = "/payment-intents/{paymentIntentId}/charge",
    operation_id = "PaymentIntents_ChargePaymentIntent",
    tag = "Payment intents",
    params(
        VersionHeader,
        IdempotencyHeader,
        ("paymentIntentId" = String, Path, description = "Id of the payment intent, beginning with `pi_`."),
    ),
    responses(
        (status = 200, description = "The result of the charge.", body = ChargeResponse),
        BadRequest, Unauthorized, Forbidden, NotFound, Unfinished,
    )
)]
pub async fn charge(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<PaymentIntentId>,
    input: Input,
) -> Result<Response, Problem> {
    let call = caller.call(input.idempotency);
    reply(state.engine.charges().charge(&call, &id).await)
}
