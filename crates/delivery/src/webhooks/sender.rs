//! One attempt: sign, post, and say what came of it.

use async_trait::async_trait;
use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use tatami_core::webhook::Subscription;
use tatami_engine::ports::delivery::Deliverer;
use tatami_engine::ports::documents::Document;
use tatami_engine::ports::store::{ClaimedDelivery, DeliveryAttempt};
use tatami_engine::secrets::open_secret;
use tatami_vault::InstallationKey;
use tracing::Instrument;

use super::answer_headers;
use super::signature::{SIGNATURE_HEADER, signature};
use crate::attempt::{Attempts, Heard};
use crate::outbound::Outbound;

/// How much of an answer is kept.
const ANSWER_BYTES: usize = 512;

/// Takes events to the URLs of webhook subscriptions.
pub struct WebhookSender {
    /// What they are posted with.
    pub outbound: Outbound,
    /// The key that sealed the secrets.
    pub key: InstallationKey,
    /// Makes the attempts.
    pub attempts: Attempts,
}

#[async_trait]
impl Deliverer for WebhookSender {
    async fn deliver(&self, delivery: &ClaimedDelivery) -> DeliveryAttempt {
        let event = &delivery.event.id;
        let span = tracing::debug_span!("webhook", otel.kind = "client", event.id = %event);
        let heard = async {
            let posted = self.post(delivery).instrument(span).await;
            posted.unwrap_or_else(|reason| Heard {
                answer: reason,
                ..Heard::default()
            })
        };
        self.attempts.make(delivery, heard).await
    }

    fn headers(&self, endpoint: &Document, body: &str) -> Vec<(String, String)> {
        let subscription = endpoint.read::<Subscription>().ok();
        let headers = subscription.and_then(|it| self.signed(&it, body).ok());
        let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers = headers.unwrap_or_default();
        let headers = headers.iter();
        headers
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect()
    }
}

impl WebhookSender {
    async fn post(&self, delivery: &ClaimedDelivery) -> Result<Heard, String> {
        let subscription: Subscription = delivery.endpoint.read().map_err(|e| e.to_string())?;
        let environment = subscription.scope.environment;
        let client = self.outbound.client(environment, &subscription.url)?;
        let body = delivery.event.payload();
        let request = client
            .post(&subscription.url)
            .headers(self.signed(&subscription, &body)?)
            .body(body);
        let sent = request.send().await;
        let answer = sent.map_err(|error| self.outbound.explain(&error))?;
        let status = answer.status();
        Ok(Heard {
            is_delivered: status.is_success(),
            status: Some(status.as_u16()),
            headers: answer_headers::kept(answer.headers()),
            answer: first_bytes(answer).await,
        })
    }

    fn signed(&self, subscription: &Subscription, body: &str) -> Result<HeaderMap, String> {
        let secret = subscription
            .active_secret()
            .ok_or("The subscription has no active secret.")?;
        let value = open_secret(&self.key, &secret.id, &secret.sealed).map_err(|error| {
            tracing::error!(secret.id = %secret.id, %error, "a webhook secret cannot be opened");
            "The subscription's secret cannot be opened."
        })?;
        let signed =
            HeaderValue::try_from(signature(body.as_bytes(), &value)).map_err(|e| e.to_string())?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(SIGNATURE_HEADER, signed);
        Ok(headers)
    }
}

/// The answer's beginning. Whatever goes wrong here, the status has been heard.
async fn first_bytes(mut answer: Response) -> String {
    let mut kept = Vec::new();
    while kept.len() < ANSWER_BYTES {
        match answer.chunk().await {
            Ok(Some(chunk)) => kept.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    kept.truncate(ANSWER_BYTES);
    String::from_utf8_lossy(&kept).into_owned()
}
