//! `POST /setup-intents/{setupIntentId}/refresh-client-session-secret`

use axum::extract::State;
use axum::response::Response;
use tatami_core::id::SetupIntentId;

use crate::ApiState;
use crate::answers::reply;
use crate::auth::Caller;
use crate::input::Id;
use crate::openapi::{BadRequest, Forbidden, NotFound, Unauthorized, Unfinished, VersionHeader};
use crate::problem::Problem;
use crate::wire::setup_intent::SetupIntentResponse;

/// Update a setup intent's client session secret
///
/// The old one can only complete a challenge that was begun with it.
#[utoipa::path(
    post,
    path = "/setup-intents/{setupIntentId}/refresh-client-session-secret",
    operation_id = "SetupIntents_RefreshPaymentIntentToken",
    tag = "Setup intents",
    params(
        VersionHeader,
        ("setupIntentId" = String, Path, description = "The setup intent's id."),
    ),
    responses(
        (status = 200, description = "The setup intent.", body = SetupIntentResponse),
        BadRequest, Unauthorized, Forbidden, NotFound, Unfinished,
    )
)]
pub async fn refresh_session(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<SetupIntentId>,
) -> Result<Response, Problem> {
    let call = caller.call(None);
    reply(state.engine.refresh_setup_session(&call, &id).await)
}
