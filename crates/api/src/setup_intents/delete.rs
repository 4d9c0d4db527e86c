//! `DELETE /setup-intents/{setupIntentId}`

use axum::extract::{RawQuery, State};
use axum::response::Response;
use tatami_core::id::SetupIntentId;
use tatami_http::input::{Id, asked};
use tatami_http::openapi::{
    BadRequest, Broken, Forbidden, NotFound, Unauthorized, Unfinished, VersionHeader,
};
use tatami_http::problem::Problem;
use tatami_http::reply::reply;

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::setup_intent::SetupIntentResponse;

/// Cancel a setup intent
///
/// Cancels a setup intent without a card. With `includeAuthorized=true`, one with a
/// card is closed too, and its card is deleted.
#[utoipa::path(
    delete,
    path = "/setup-intents/{setupIntentId}",
    operation_id = "SetupIntents_Delete",
    tag = "Setup intents",
    params(
        VersionHeader,
        ("setupIntentId" = String, Path, description = "Id of the setup intent, beginning with `si_`.", max_length = 50),
        ("includeAuthorized" = Option<bool>, Query, description = "`true` to close the setup intent even if it has a card."),
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
            .setup_intents()
            .delete(&call, &id, authorized)
            .await,
    )
}
