//! `GET /payment-intents/{paymentIntentId}`

use axum::extract::{RawQuery, State};
use axum::response::Response;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::Status;
use tatami_http::input::{Id, asked};
use tatami_http::openapi::{BadRequest, Forbidden, NotFound, Unauthorized, VersionHeader};
use tatami_http::problem::Problem;
use tatami_http::reply::written;

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::payment_intent::PaymentIntent;

/// Retrieve a payment intent
///
/// A canceled payment intent is answered with 404 unless `returnCanceled` is
/// `true`. At version 2022-04-07 it is always returned.
#[utoipa::path(
    get,
    path = "/payment-intents/{paymentIntentId}",
    operation_id = "PaymentIntents_Get",
    tag = "Payment intents",
    params(
        VersionHeader,
        ("paymentIntentId" = String, Path, description = "Id of the payment intent, beginning with `pi_`."),
        ("returnCanceled" = Option<bool>, Query, description = "`true` to return the payment intent even if it is canceled."),
    ),
    responses(
        (status = 200, description = "The payment intent as it is now.", body = PaymentIntent),
        BadRequest, Unauthorized, Forbidden, NotFound,
    )
)]
pub async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<PaymentIntentId>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let version = caller.version;
    let canceled =
        !version.hides_canceled || asked(query.as_deref().unwrap_or(""), "ReturnCanceled")?;
    let view = state
        .engine
        .payment_intents()
        .get(&caller.scope, &id)
        .await?;
    if view.intent.status == Status::Canceled && !canceled {
        return Err(Problem::not_found("payment intent"));
    }
    Ok(written(state.answers().view(&view, version)))
}
