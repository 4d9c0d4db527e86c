//! Refunds.

use axum::extract::State;
use axum::response::Response;
use tatami_core::id::{PaymentIntentId, RefundId};
use tatami_core::payment_intent::RefundRequest;
use tatami_core::problem::Violation;
use tatami_http::input::{Id, Input, refuse};
use tatami_http::openapi::{
    BadRequest, Forbidden, NotFound, RequiredIdempotencyHeader, TooLarge, Unauthorized, Unfinished,
    UnsupportedMediaType, VersionHeader,
};
use tatami_http::problem::Problem;
use tatami_http::reply::{reply, reply_json};

use crate::ApiState;
use crate::answers::refund_message;
use crate::auth::Caller;
use crate::wire::settlement::{CreateRefundRequest, Refund};

/// Create a refund
///
/// Returns all or part of the captured amount to the payer. Further refunds may
/// follow until everything is refunded.
#[utoipa::path(
    post,
    path = "/payment-intents/{paymentIntentId}/refunds",
    operation_id = "Refunds_Create",
    tag = "Refunds",
    params(
        VersionHeader,
        RequiredIdempotencyHeader,
        ("paymentIntentId" = String, Path, description = "Id of the payment intent, beginning with `pi_`."),
    ),
    request_body = CreateRefundRequest,
    responses(
        (status = 200, description = "The refund that was made.", body = Refund),
        BadRequest, Unauthorized, Forbidden, NotFound, Unfinished, TooLarge, UnsupportedMediaType,
    )
)]
pub async fn create(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<PaymentIntentId>,
    input: Input,
) -> Result<Response, Problem> {
    let (request, mut broken) = input.read::<CreateRefundRequest>(caller.version)?;
    if input.idempotency.is_none() {
        broken.push(Violation::new(
            "IdempotencyKey",
            "The idempotencyKey header is required.",
        ));
    }
    refuse(broken)?;
    let wish = RefundRequest {
        amount: request.amount.unwrap_or_default(),
        reason: request.refund_reason,
        notes: request.notes,
    };
    let call = caller.call(input.idempotency);
    reply(
        state
            .engine
            .payment_intents()
            .refund(&call, &id, wish)
            .await,
    )
}

/// Retrieve a refund
///
/// Returns a refund by its id.
#[utoipa::path(
    get,
    path = "/payment-intents/refunds/{refundId}",
    operation_id = "PaymentIntents_GetRefundById",
    tag = "Refunds",
    params(
        VersionHeader,
        ("refundId" = String, Path, description = "Id of the refund, beginning with `rfnd_`."),
    ),
    responses(
        (status = 200, description = "The refund that was made.", body = Refund),
        BadRequest, Unauthorized, Forbidden, NotFound,
    )
)]
pub async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<RefundId>,
) -> Result<Response, Problem> {
    let (intent, refund) = state
        .engine
        .payment_intents()
        .get_refund(&caller.scope, &id)
        .await?;
    Ok(reply_json(&Refund {
        payment_intent_id: Some(intent.id.to_string()),
        refund_id: Some(refund.id.to_string()),
        refund_reason: refund.reason,
        notes: refund.notes,
        message: Some(refund_message(&intent)),
    }))
}
