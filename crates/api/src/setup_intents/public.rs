//! What payers' pages and apps read, who hold nothing but an id.

use axum::extract::State;
use axum::response::Response;
use tatami_core::id::SetupIntentId;
use tatami_http::input::Id;
use tatami_http::openapi::{BadRequest, NotFound, OptionalVersionHeader, Unauthorized, Unfinished};
use tatami_http::problem::Problem;
use tatami_http::reply::written;

use crate::ApiState;
use crate::auth::PublicVersion;
use crate::wire::setup_intent::SetupIntentPublicResponse;

/// Retrieve a setup intent as its payer
///
/// Returns the part of the setup intent that its card holder may see. No key is
/// needed.
#[utoipa::path(
    get,
    path = "/setup-intents/public/{setupIntentId}",
    operation_id = "SetupIntents_GetPublicById",
    tag = "Setup intents",
    params(
        OptionalVersionHeader,
        ("setupIntentId" = String, Path, description = "Id of the setup intent, beginning with `si_`."),
    ),
    security(()),
    responses(
        (status = 200, description = "The part that a payer may see.", body = SetupIntentPublicResponse),
        BadRequest, Unauthorized, NotFound,
    )
)]
pub async fn get_public(
    State(state): State<ApiState>,
    PublicVersion(version): PublicVersion,
    Id(id): Id<SetupIntentId>,
) -> Result<Response, Problem> {
    let view = state.engine.setup_intents().get_public(&id).await?;
    Ok(written(state.answers().public_setup_view(&view, version)))
}

/// Renew the client session secret of a setup intent as its payer
///
/// The earlier secret can only complete a 3-D Secure challenge that was started
/// with it. No key is needed.
#[utoipa::path(
    post,
    path = "/setup-intents/public/{setupIntentId}/refresh-client-session-secret",
    operation_id = "SetupIntents_RefreshSetupIntentTokenPublic",
    tag = "Setup intents",
    params(
        OptionalVersionHeader,
        ("setupIntentId" = String, Path, description = "Id of the setup intent, beginning with `si_`."),
    ),
    security(()),
    responses(
        (status = 200, description = "The part that a payer may see.", body = SetupIntentPublicResponse),
        BadRequest, Unauthorized, NotFound, Unfinished,
    )
)]
pub async fn refresh_public_session(
    State(state): State<ApiState>,
    PublicVersion(version): PublicVersion,
    Id(id): Id<SetupIntentId>,
) -> Result<Response, Problem> {
    let view = state
        .engine
        .setup_intents()
        .refresh_public_session(&id)
        .await?;
    Ok(written(state.answers().public_setup_view(&view, version)))
}
