//! Webhook subscriptions.

use serde::{Deserialize, Serialize};
use tatami_core::time::ticks;
use tatami_core::webhook as core;
use utoipa::ToSchema;

use super::bounds;

/// Events of one kind of resource.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookEvents {
    /// The kind of resource.
    pub model: String,
    /// The names of its events.
    pub events: Vec<String>,
}

/// A subscription to make.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionRequest {
    /// Names of events.
    #[schema(required, schema_with = bounds::events)]
    pub events: Option<Vec<String>>,
    /// Where deliveries go.
    #[schema(required, value_type = String, format = "uri", min_length = 1, max_length = 2048)]
    pub url: Option<String>,
    /// What it is for.
    #[schema(max_length = 2000)]
    pub description: Option<String>,
}

/// What is to change of a subscription.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionUpdateRequest {
    /// Names of events.
    #[schema(schema_with = bounds::events_or_nothing)]
    pub events: Option<Vec<String>>,
    /// Where deliveries go.
    #[schema(format = "uri", max_length = 2048)]
    pub url: Option<String>,
    /// What it is for.
    #[schema(max_length = 2000)]
    pub description: Option<String>,
}

/// A secret that deliveries are signed with.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionSecret {
    /// Its id.
    pub id: String,
    /// The secret itself.
    pub value: String,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Whether deliveries are signed with it.
    pub is_active: bool,
}

/// A subscription.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Its id.
    pub id: String,
    /// The account it belongs to.
    pub account_id: Option<String>,
    /// Names of events.
    pub events: Vec<String>,
    /// Where deliveries go.
    #[schema(format = "uri")]
    pub url: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its secrets, oldest first.
    pub secrets: Vec<SubscriptionSecret>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// The secrets of a subscription.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretsResponse {
    /// The subscription's id.
    pub id: String,
    /// The secrets, oldest first.
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
