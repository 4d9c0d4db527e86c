//! What payers' pages and apps read, who hold nothing but an id.

use axum::extract::State;
use axum::response::Response;
use tatami_core::id::PaymentIntentId;
use tatami_http::input::Id;
use tatami_http::openapi::{BadRequest, NotFound, OptionalVersionHeader, Unfinished};
use tatami_http::problem::Problem;
use tatami_http::reply::written;

use crate::ApiState;
use crate::auth::PublicVersion;
use crate::wire::public_payment_intent::PublicPaymentIntent;

/// Retrieve a payment intent as its payer
///
/// Returns the part of the payment intent that its payer may see. No key is needed.
#[utoipa::path(
    get,
    path = "/payment-intents/public/{paymentIntentId}",
    operation_id = "PaymentIntents_GetPublic",
    tag = "Payment intents",
    params(
        OptionalVersionHeader,
        ("paymentIntentId" = String, Path, description = "Id of the payment intent, beginning with `pi_`."),
    ),
    security(()),
    responses(
        (status = 200, description = "The part that a payer may see.", body = PublicPaymentIntent),
        BadRequest, NotFound,
    )
)]
pub async fn get_public(
    State(state): State<ApiState>,
    PublicVersion(version): PublicVersion,
    Id(id): Id<PaymentIntentId>,
) -> Result<Response, Problem> {
    let view = state.engine.payment_intents().get_public(&id).await?;
    Ok(written(state.answers().public_view(&view, version)))
}

/// Renew the client session secret of a payment intent as its payer
///
/// The earlier secret can only complete a 3-D Secure challenge that was started
/// with it. No key is needed.
#[utoipa::path(
    post,
    path = "/payment-intents/public/{paymentIntentId}/refresh-client-session-secret",
    operation_id = "PaymentIntents_RefreshClientSessionSecretPublic",
    tag = "Payment intents",
    params(
        OptionalVersionHeader,
        ("paymentIntentId" = String, Path, description = "Id of the payment intent, beginning with `pi_`."),
    ),
    security(()),
    responses(
        (status = 200, description = "The part that a payer may see.", body = PublicPaymentIntent),
        BadRequest, NotFound, Unfinished,
    )
)]
pub async fn refresh_public_session(
    State(state): State<ApiState>,
    PublicVersion(version): PublicVersion,
    Id(id): Id<PaymentIntentId>,
) -> Result<Response, Problem> {
    let view = state.engine.payers().refresh_session(&id).await?;
    Ok(written(state.answers().public_view(&view, version)))
}
