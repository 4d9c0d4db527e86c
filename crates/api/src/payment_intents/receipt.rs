//! `POST /payment-intents/{paymentIntentId}/receipt`

use axum::extract::State;
use axum::response::Response;
use tatami_core::id::PaymentIntentId;
use tatami_http::input::{Id, Input};
use tatami_http::openapi::{
    BadRequest, Forbidden, IdempotencyHeader, NotFound, TooLarge, Unauthorized, Unfinished,
    UnsupportedMediaType, VersionHeader,
};
use tatami_http::problem::Problem;
use tatami_http::reply::reply;

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::requests::SendEmailReceiptRequest;

/// Send a receipt
///
/// Sends a receipt by e-mail to one to twenty addresses.
#[utoipa::path(
    post,
    path = "/payment-intents/{paymentIntentId}/receipt",
    operation_id = "Receipt_Create",
    tag = "Payment intents",
    params(
        VersionHeader,
        IdempotencyHeader,
        ("paymentIntentId" = String, Path, description = "Id of the payment intent, beginning with `pi_`."),
    ),
    request_body = SendEmailReceiptRequest,
    responses(
        (status = 204, description = "The receipt was accepted for sending."),
        BadRequest, Unauthorized, Forbidden, NotFound, Unfinished, TooLarge, UnsupportedMediaType,
    )
)]
pub async fn send_receipt(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<PaymentIntentId>,
    input: Input,
) -> Result<Response, Problem> {
    let request: SendEmailReceiptRequest = input.valid(caller.version)?;
    let emails = request.emails.unwrap_or_default();
    let call = caller.call(input.idempotency);
    reply(
        state
            .engine
            .payment_intents()
            .send_receipt(&call, &id, emails)
            .await,
    )
}
