//! `DELETE /payment-intents/{paymentIntentId}`

use axum::extract::State;
use axum::response::Response;
use tatami_core::id::PaymentIntentId;
use tatami_http::input::Id;
use tatami_http::openapi::{
    BadRequest, Forbidden, NotFound, Unauthorized, Unfinished, VersionHeader,
};
use tatami_http::problem::Problem;
use tatami_http::reply::reply;

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::payment_intent::PaymentIntent;

/// Cancel a payment intent
///
/// Only a payment intent that is not paid can be canceled.
#[utoipa::path(
    delete,
    path = "/payment-intents/{paymentIntentId}",
    operation_id = "PaymentIntents_Delete",
    tag = "Payment intents",
    params(
        VersionHeader,
        ("paymentIntentId" = String, Path, description = "Id of the payment intent, beginning with `pi_`."),
    ),
    responses(
        (status = 200, description = "The canceled payment intent.", body = PaymentIntent),
        BadRequest, Unauthorized, Forbidden, NotFound, Unfinished,
    )
)]
pub async fn cancel(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<PaymentIntentId>,
) -> Result<Response, Problem> {
    reply(
        state
            .engine
            .payment_intents()
            .cancel(&caller.call(None), &id)
            .await,
    )
}
