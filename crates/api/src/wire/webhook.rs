//! Webhook subscriptions.

use serde::{Deserialize, Serialize};
use tatami_core::time::ticks;
use tatami_core::webhook as core;
use utoipa::ToSchema;

use super::bounds;

/// The events of one kind of resource.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookEvents {
    /// Kind of resource, such as `payment_intent`.
    pub model: String,
    /// Names of the events that can be subscribed to.
    pub events: Vec<String>,
}

/// The webhook subscription to create.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionRequest {
    /// Names of the events to receive, as listed by `GET /webhooks/events`.
    #[schema(required, schema_with = bounds::events)]
    pub events: Option<Vec<String>>,
    /// HTTPS URL that the events are sent to. Plain HTTP is allowed in the sandbox, for
    /// loopback addresses only.
    #[schema(required, value_type = String, format = "uri", min_length = 1, max_length = 2048)]
    pub url: Option<String>,
    /// The merchant's note about the subscription; returned unchanged.
    #[schema(max_length = 2000)]
    pub description: Option<String>,
}

/// Changes to a webhook subscription. A property that is left out is not changed.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionUpdateRequest {
    /// Names of the events to receive; they replace the earlier ones.
    #[schema(schema_with = bounds::events_or_nothing)]
    pub events: Option<Vec<String>>,
    /// HTTPS URL that the events are sent to.
    #[schema(format = "uri", max_length = 2048)]
    pub url: Option<String>,
    /// The merchant's note about the subscription.
    #[schema(max_length = 2000)]
    pub description: Option<String>,
}

/// A secret that the payloads of a subscription are signed with.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionSecret {
    /// Unique id of the secret.
    pub id: String,
    /// Value of the secret: the key of the HMAC-SHA256 signature.
    #[schema(format = Password)]
    pub value: String,
    /// When the secret was created (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub created_at: String,
    /// `true` if payloads are signed with this secret. One secret of a subscription is
    /// active.
    pub is_active: bool,
}

/// A webhook subscription: a URL and the events that are sent to it.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Unique id of the subscription.
    pub id: String,
    /// Id of the account that the subscription belongs to.
    pub account_id: Option<String>,
    /// Names of the events that it receives.
    pub events: Vec<String>,
    /// URL that the events are sent to.
    #[schema(format = "uri")]
    pub url: String,
    /// The merchant's note about the subscription.
    pub description: Option<String>,
    /// Secrets of the subscription, oldest first.
    pub secrets: Vec<SubscriptionSecret>,
    /// When the subscription was created (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When the subscription was last changed (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// The secrets of a webhook subscription.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretsResponse {
    /// Id of the subscription.
    pub id: String,
    /// Secrets of the subscription, oldest first.
    pub secrets: Vec<SubscriptionSecret>,
}

fn secrets(of: &core::Subscription, values: &[String]) -> Vec<SubscriptionSecret> {
    let secret = |(secret, value): (&core::Secret, &String)| SubscriptionSecret {
        id: secret.id.to_string(),
        value: value.clone(),
        created_at: ticks(secret.created_at),
        is_active: secret.active,
    };
    of.secrets.iter().zip(values).map(secret).collect()
}

impl Subscription {
    /// The subscription with the values of its secrets in their order.
    pub fn of(subscription: &core::Subscription, values: &[String]) -> Self {
        Self {
            id: subscription.id.to_string(),
            account_id: Some(subscription.scope.account.to_string()),
            events: subscription.events.clone(),
            url: subscription.url.clone(),
            description: subscription.description.clone(),
            secrets: secrets(subscription, values),
            created_at: ticks(subscription.created_at),
            updated_at: ticks(subscription.updated_at),
        }
    }
}

impl SecretsResponse {
    /// The secrets of a subscription with their values in their order.
    pub fn of(subscription: &core::Subscription, values: &[String]) -> Self {
        Self {
            id: subscription.id.to_string(),
            secrets: secrets(subscription, values),
        }
    }
}
