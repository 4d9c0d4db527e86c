//! `POST /setup-intents/{setupIntentId}/refresh-client-session-secret`

use axum::extract::State;
use axum::response::Response;
use tatami_core::id::SetupIntentId;
use tatami_http::input::Id;
use tatami_http::openapi::{
    BadRequest, Forbidden, NotFound, Unauthorized, Unfinished, VersionHeader,
};
use tatami_http::problem::Problem;
use tatami_http::reply::reply;

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::setup_intent::SetupIntentResponse;

/// Renew the client session secret of a setup intent
///
/// The earlier secret can only complete a 3-D Secure challenge that was started
/// with it.
#[utoipa::path(
    post,
    path = "/setup-intents/{setupIntentId}/refresh-client-session-secret",
    operation_id = "SetupIntents_RefreshPaymentIntentToken",
    tag = "Setup intents",
    params(
        VersionHeader,
        ("setupIntentId" = String, Path, description = "Id of the setup intent, beginning with `si_`."),
    ),
    responses(
        (status = 200, description = "The setup intent as it is now.", body = SetupIntentResponse),
        BadRequest, Unauthorized, Forbidden, NotFound, Unfinished,
    )
)]
pub async fn refresh_session(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<SetupIntentId>,
) -> Result<Response, Problem> {
    let call = caller.call(None);
    reply(
        state
            .engine
            .setup_intents()
            .refresh_session(&call, &id)
            .await,
    )
}
