//! `/webhooks/{subscriptionId}/secrets`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tatami_core::id::{SecretId, SubscriptionId};
use tatami_http::input::{Id, Ids, Input};
use tatami_http::openapi::{
    BadVersion, Conflict, Forbidden, IdempotencyHeader, NotFound, NotNow, Unauthorized,
    VersionHeader,
};
use tatami_http::problem::Problem;
use tatami_http::reply::{reply, reply_json};

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::webhook::SecretsResponse;

/// List the secrets of a webhook subscription
///
/// A subscription has at most five secrets, one of which is active.
#[utoipa::path(
    get,
    path = "/webhooks/{subscriptionId}/secrets",
    operation_id = "Webhooks_GetSecrets",
    tag = "Webhooks",
    params(
        VersionHeader,
        ("subscriptionId" = String, Path, description = "Id of the subscription, beginning with `ws_`."),
    ),
    responses(
        (status = 200, description = "The secrets, oldest first.", body = SecretsResponse),
        BadVersion, Unauthorized, Forbidden, NotFound,
    )
)]
pub async fn list(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<SubscriptionId>,
) -> Result<Response, Problem> {
    let (subscription, values) = state.engine.webhooks().get(&caller.scope, &id).await?;
    Ok(reply_json(&SecretsResponse::of(&subscription, &values)))
}

/// Generate a webhook secret
///
/// The new secret is not used until it is activated.
#[utoipa::path(
    post,
    path = "/webhooks/{subscriptionId}/secrets",
    operation_id = "Webhooks_GenerateSecret",
    tag = "Webhooks",
    params(
        VersionHeader,
        IdempotencyHeader,
        ("subscriptionId" = String, Path, description = "Id of the subscription, beginning with `ws_`."),
    ),
    responses(
        (status = 200, description = "The secrets, the new one last.", body = SecretsResponse),
        BadVersion, Unauthorized, Forbidden, NotFound, Conflict,
    )
)]
pub async fn generate(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<SubscriptionId>,
    input: Input,
) -> Result<Response, Problem> {
    let call = caller.call(input.idempotency);
    reply(state.engine.webhooks().add_secret(&call, &id).await)
}

/// Activate a webhook secret
///
/// From now on payloads are signed with this secret only.
#[utoipa::path(
    put,
    path = "/webhooks/{subscriptionId}/secrets/{secretId}/activate",
    operation_id = "Webhooks_ActivateSecret",
    tag = "Webhooks",
    params(
        VersionHeader,
        ("subscriptionId" = String, Path, description = "Id of the subscription, beginning with `ws_`."),
        ("secretId" = String, Path, description = "Id of the secret, beginning with `sc_`."),
    ),
    responses(
        (status = 204, description = "The secret is active."),
        BadVersion, Unauthorized, Forbidden, NotFound,
    )
)]
pub async fn activate(
    State(state): State<ApiState>,
    caller: Caller,
    Ids(id, secret): Ids<SubscriptionId, SecretId>,
) -> Result<Response, Problem> {
    state
        .engine
        .webhooks()
        .activate_secret(&caller.scope, &id, &secret)
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Delete a webhook secret
///
/// The active secret cannot be deleted.
#[utoipa::path(
    delete,
    path = "/webhooks/{subscriptionId}/secrets/{secretId}",
    operation_id = "Webhooks_DeleteSecret",
    tag = "Webhooks",
    params(
        VersionHeader,
        ("subscriptionId" = String, Path, description = "Id of the subscription, beginning with `ws_`."),
        ("secretId" = String, Path, description = "Id of the secret, beginning with `sc_`."),
    ),
    responses(
        (status = 204, description = "The secret was deleted."),
        NotNow, Unauthorized, Forbidden, NotFound,
    )
)]
pub async fn delete(
    State(state): State<ApiState>,
    caller: Caller,
    Ids(id, secret): Ids<SubscriptionId, SecretId>,
) -> Result<Response, Problem> {
    state
        .engine
        .webhooks()
        .delete_secret(&caller.scope, &id, &secret)
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
