//! Captures.

use axum::extract::State;
use axum::response::Response;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::CaptureRequest;
use tatami_http::input::{Id, Input};
use tatami_http::openapi::{
    BadRequest, Conflict, Forbidden, IdempotencyHeader, NotFound, TooLarge, Unauthorized,
    UnsupportedMediaType, VersionHeader,
};
use tatami_http::problem::Problem;
use tatami_http::reply::reply;

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::settlement::{Capture, CreateCaptureRequest};

/// Create a capture
///
/// Captures all or part of the authorized amount. An online payment can be captured
/// in several parts until the authorization expires; after a capture on a card
/// machine, the rest is released at once.
#[utoipa::path(
    post,
    path = "/payment-intents/{paymentIntentId}/captures",
    operation_id = "Captures_Create",
    tag = "Captures",
    params(
        VersionHeader,
        IdempotencyHeader,
        ("paymentIntentId" = String, Path, description = "Id of the payment intent, beginning with `pi_`."),
    ),
    request_body = CreateCaptureRequest,
    responses(
        (status = 200, description = "The capture that was made.", body = Capture),
        BadRequest, Unauthorized, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType,
    )
)]
pub async fn create(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<PaymentIntentId>,
    input: Input,
) -> Result<Response, Problem> {
    let request: CreateCaptureRequest = input.valid(caller.version)?;
    let wish = CaptureRequest {
        amount: request.amount.unwrap_or_default(),
        tips: request.tips_amount,
    };
    let call = caller.call(input.idempotency);
    reply(
        state
            .engine
            .payment_intents()
            .capture(&call, &id, wish)
            .await,
    )
}
