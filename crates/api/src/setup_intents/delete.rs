//! `DELETE /setup-intents/{setupIntentId}`

use axum::extract::{RawQuery, State};
use axum::response::Response;
use tatami_core::id::SetupIntentId;

use crate::ApiState;
use crate::answers::reply;
use crate::auth::Caller;
use crate::input::{Id, asked};
use crate::openapi::{
    BadRequest, Broken, Forbidden, NotFound, Unauthorized, Unfinished, VersionHeader,
};
use crate::problem::Problem;
use crate::wire::setup_intent::SetupIntentResponse;

/// Cancel a setup intent
///
/// One without a card, or, if that is asked for, one with a card, which is then
/// forgotten.
#[utoipa::path(
    delete,
    path = "/setup-intents/{setupIntentId}",
    operation_id = "SetupIntents_Delete",
    tag = "Setup intents",
    params(
        VersionHeader,
        ("setupIntentId" = String, Path, description = "The setup intent's id.", max_length = 50),
        ("includeAuthorized" = Option<bool>, Query, description = "Whether one with a card counts."),
    ),
    responses(
        (status = 200, description = "The setup intent as it is now.", body = SetupIntentResponse),
        BadRequest, Unauthorized, Forbidden, NotFound, Unfinished, Broken,
    )
)]
pub async fn delete(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<SetupIntentId>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let authorized = asked(query.as_deref().unwrap_or(""), "IncludeAuthorized")?;
    let call = caller.call(None);
    reply(
        state
            .engine
            .delete_setup_intent(&call, &id, authorized)
            .await,
    )
}
