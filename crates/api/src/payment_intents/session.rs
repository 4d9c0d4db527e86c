//! `POST /payment-intents/{paymentIntentId}/refresh-client-session-secret`

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
use crate::wire::payment_intent::PaymentIntent;

/// Renew the client session secret of a payment intent
///
/// The earlier secret can only complete a 3-D Secure challenge that was started
/// with it.
#[utoipa::path(
    post,
    path = "/payment-intents/{paymentIntentId}/refresh-client-session-secret",
    operation_id = "PaymentIntents_RefreshClientSessionSecret",
    tag = "Payment intents",
    params(
        VersionHeader,
        IdempotencyHeader,
        ("paymentIntentId" = String, Path, description = "Id of the payment intent, beginning with `pi_`."),
    ),
    responses(
        (status = 200, description = "The payment intent with its new client session secret.", body = PaymentIntent),
        BadRequest, Unauthorized, Forbidden, NotFound, Unfinished,
    )
)]
pub async fn refresh_session(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<PaymentIntentId>,
    input: Input,
) -> Result<Response, Problem> {
    let call = caller.call(input.idempotency);
    reply(
        state
            .engine
            .payment_intents()
            .refresh_session(&call, &id)
            .await,
    )
}
