//! `/webhooks`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tatami_core::event::EventType;
use tatami_core::id::SubscriptionId;
use tatami_engine::{NewSubscription, SubscriptionChange};
use tatami_http::input::{Id, Input};
use tatami_http::openapi::{
    BadRequest, BadVersion, Conflict, Forbidden, IdempotencyHeader, NotFound, TooLarge,
    Unauthorized, UnsupportedMediaType, VersionHeader,
};
use tatami_http::problem::Problem;
use tatami_http::reply::{reply, reply_json};

use crate::ApiState;
use crate::auth::Caller;
use crate::wire::webhook::{
    Subscription, SubscriptionRequest, SubscriptionUpdateRequest, WebhookEvents,
};

/// List webhook events
///
/// Returns the names of the events that can be subscribed to.
#[utoipa::path(
    get,
    path = "/webhooks/events",
    operation_id = "Webhooks_GetAllWebhooks",
    tag = "Webhooks",
    params(VersionHeader),
    responses(
        (status = 200, description = "The events of each kind of resource.", body = Vec<WebhookEvents>),
        BadVersion, Unauthorized, Forbidden,
    )
)]
pub async fn events(_: Caller) -> Response {
    reply_json(&[WebhookEvents {
        model: "payment_intent".to_owned(),
        events: EventType::ALL.map(|e| e.name().to_owned()).to_vec(),
    }])
}

/// List webhook subscriptions
///
/// Returns all subscriptions of the account, with their secrets.
#[utoipa::path(
    get,
    path = "/webhooks",
    operation_id = "Webhooks_GetAlSubscriptions",
    tag = "Webhooks",
    params(VersionHeader),
    responses(
        (status = 200, description = "The subscriptions, oldest first.", body = Vec<Subscription>),
        BadVersion, Unauthorized, Forbidden,
    )
)]
pub async fn list(State(state): State<ApiState>, caller: Caller) -> Result<Response, Problem> {
    let all = state.engine.webhooks().list(&caller.scope).await?;
    let all: Vec<Subscription> = all
        .iter()
        .map(|(subscription, values)| Subscription::of(subscription, values))
        .collect();
    Ok(reply_json(&all))
}

/// Create a webhook subscription
///
/// Each event can belong to one subscription only.
#[utoipa::path(
    post,
    path = "/webhooks",
    operation_id = "Webhooks_Subscribe",
    tag = "Webhooks",
    params(VersionHeader, IdempotencyHeader),
    request_body = SubscriptionRequest,
    responses(
        (status = 200, description = "The subscription with its secret.", body = Subscription),
        BadRequest, Unauthorized, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType,
    )
)]
pub async fn subscribe(
    State(state): State<ApiState>,
    caller: Caller,
    input: Input,
) -> Result<Response, Problem> {
    let request: SubscriptionRequest = input.valid(caller.version)?;
    let wish = NewSubscription {
        events: request.events.unwrap_or_default(),
        url: request.url.unwrap_or_default(),
        description: request.description,
    };
    let call = caller.call(input.idempotency);
    reply(state.engine.webhooks().subscribe(&call, wish).await)
}

/// Update a webhook subscription
///
/// A property that is left out is not changed.
#[utoipa::path(
    patch,
    path = "/webhooks/{subscriptionId}",
    operation_id = "Webhooks_SubscribeUpdate",
    tag = "Webhooks",
    params(
        VersionHeader,
        ("subscriptionId" = String, Path, description = "Id of the subscription, beginning with `ws_`."),
    ),
    request_body = SubscriptionUpdateRequest,
    responses(
        (status = 200, description = "The subscription as it is now.", body = Subscription),
        BadRequest, Unauthorized, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType,
    )
)]
pub async fn update(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<SubscriptionId>,
    input: Input,
) -> Result<Response, Problem> {
    let request: SubscriptionUpdateRequest = input.valid(caller.version)?;
    let change = SubscriptionChange {
        events: request.events,
        url: request.url,
        description: request.description,
    };
    let call = caller.call(None);
    reply(state.engine.webhooks().update(&call, &id, change).await)
}

/// Delete a webhook subscription
///
/// Events that are not delivered by then are never delivered.
#[utoipa::path(
    delete,
    path = "/webhooks/{subscriptionId}",
    operation_id = "Webhooks_DeleteSubscriptions",
    tag = "Webhooks",
    params(
        VersionHeader,
        ("subscriptionId" = String, Path, description = "Id of the subscription, beginning with `ws_`."),
    ),
    responses(
        (status = 204, description = "The subscription was deleted."),
        BadVersion, Unauthorized, Forbidden, NotFound,
    )
)]
pub async fn delete(
    State(state): State<ApiState>,
    caller: Caller,
    Id(id): Id<SubscriptionId>,
) -> Result<Response, Problem> {
    state.engine.webhooks().delete(&caller.scope, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
