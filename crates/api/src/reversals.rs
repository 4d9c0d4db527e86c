//! Reversals.

use axum::extract::State;
use axum::response::Response;
use tatami_core::id::PaymentIntentId;
use tatami_http::input::{Id, Input};
use tatami_http::openapi::{
    BadRequest, Conflict, Forbidden, IdempotencyHeader, NotFound, Unauthorized, VersionHeader,
};
use tatami_http::problem::Problem;
use tatami_http::reply::reply;

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::settlement::Reversal;

/// Create a reversal
///
/// Undoes a payment in full: a manual authorization within seven days, an automatic
/// capture on the same calendar day.
#[utoipa::path(
    post,
    path = "/payment-intents/{paymentIntentId}/reversal",
    operation_id = "Reversal_Create",
    tag = "Reversal",
    params(
        VersionHeader,
        IdempotencyHeader,
        ("paymentIntentId" = String, Path, description = "Id of the payment intent, beginning with `pi_`."),
    ),
    responses(
        (status = 200, description = "The reversal that was made.", body = Reversal),
        BadRequest, Unauthorized, Forbidden, NotFound, Conflict,
    )
)]
pub async fn create(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<PaymentIntentId>,
    input: Input,
) -> Result<Response, Problem> {
    let call = caller.call(input.idempotency);
    reply(state.engine.payment_intents().reverse(&call, &id).await)
}
