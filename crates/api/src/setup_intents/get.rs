//! `GET /setup-intents/{setupIntentId}`

use axum::extract::State;
use axum::response::Response;
use tatami_core::id::SetupIntentId;
use tatami_http::input::Id;
use tatami_http::openapi::{BadRequest, Forbidden, NotFound, Unauthorized, VersionHeader};
use tatami_http::problem::Problem;
use tatami_http::reply::written;

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::setup_intent::SetupIntentResponse;

/// Retrieve a setup intent
///
/// Returns the setup intent as its merchant sees it.
#[utoipa::path(
    get,
    path = "/setup-intents/{setupIntentId}",
    operation_id = "SetupIntents_GetById",
    tag = "Setup intents",
    params(
        VersionHeader,
        ("setupIntentId" = String, Path, description = "Id of the setup intent, beginning with `si_`."),
    ),
    responses(
        (status = 200, description = "The setup intent as it is now.", body = SetupIntentResponse),
        BadRequest, Unauthorized, Forbidden, NotFound,
    )
)]
pub async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<SetupIntentId>,
) -> Result<Response, Problem> {
    let view = state.engine.setup_intents().get(&caller.scope, &id).await?;
    Ok(written(state.answers().setup_view(&view, caller.version)))
}

/// Retrieve a setup intent by POST
///
/// The same as `GET`, for clients that send a `POST`.
#[utoipa::path(
    post,
    path = "/setup-intents/{setupIntentId}",
    operation_id = "SetupIntents_PostById",
    tag = "Setup intents",
    params(
        VersionHeader,
        ("setupIntentId" = String, Path, description = "Id of the setup intent, beginning with `si_`."),
    ),
    responses(
        (status = 200, description = "The setup intent as it is now.", body = SetupIntentResponse),
        BadRequest, Unauthorized, Forbidden, NotFound,
    )
)]
pub async fn get_by_post(
    state: State<ApiState>,
    caller: Caller,
    id: Id<SetupIntentId>,
) -> Result<Response, Problem> {
    get(state, caller, id).await
}
