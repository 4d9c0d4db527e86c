//! What payers' pages and apps read, who hold nothing but an id.

use axum::extract::State;
use axum::response::Response;
use tatami_core::id::SetupIntentId;

use crate::ApiState;
use crate::answers::written;
use crate::auth::PublicVersion;
use crate::input::Id;
use crate::openapi::{BadRequest, NotFound, OptionalVersionHeader, Unauthorized, Unfinished};
use crate::problem::Problem;
use crate::wire::setup_intent::SetupIntentPublicResponse;

/// Retrieve a setup intent as its payer
#[utoipa::path(
    get,
    path = "/setup-intents/public/{setupIntentId}",
    operation_id = "SetupIntents_GetPublicById",
    tag = "Setup intents",
    params(
        OptionalVersionHeader,
        ("setupIntentId" = String, Path, description = "The setup intent's id."),
    ),
    security(()),
    responses(
        (status = 200, description = "What a payer may see.", body = SetupIntentPublicResponse),
        BadRequest, Unauthorized, NotFound,
    )
)]
pub async fn get_public(
    State(state): State<ApiState>,
    PublicVersion(version): PublicVersion,
    Id(id): Id<SetupIntentId>,
) -> Result<Response, Problem> {
    let view = state.engine.public_setup_intent(&id).await?;
    Ok(written(state.answers().public_setup_view(&view, version)))
}

/// Get a new client session secret of a setup intent as the payer
#[utoipa::path(
    post,
    path = "/setup-intents/public/{setupIntentId}/refresh-client-session-secret",
    operation_id = "SetupIntents_RefreshSetupIntentTokenPublic",
    tag = "Setup intents",
    params(
        OptionalVersionHeader,
        ("setupIntentId" = String, Path, description = "The setup intent's id."),
    ),
    security(()),
    responses(
        (status = 200, description = "What a payer may see.", body = SetupIntentPublicResponse),
        BadRequest, Unauthorized, NotFound, Unfinished,
    )
)]
pub async fn refresh_public_session(
    State(state): State<ApiState>,
    PublicVersion(version): PublicVersion,
    Id(id): Id<SetupIntentId>,
) -> Result<Response, Problem> {
    let view = state.engine.refresh_public_setup_session(&id).await?;
    Ok(written(state.answers().public_setup_view(&view, version)))
}
