//! One attempt: sign, post, and say what came of it.

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Response, StatusCode};
use tatami_core::Entropy;
use tatami_core::account::Scope;
use tatami_core::time::Timestamp;
use tatami_core::webhook::Subscription;
use tatami_engine::ports::delivery::Deliverer;
use tatami_engine::ports::store::{AfterAttempt, ClaimedDelivery, DeliveryAttempt};
use tatami_engine::secrets::open_secret;
use tatami_vault::InstallationKey;
use tokio::time::Instant;
use tracing::Instrument;

use super::backoff::after_failure;
use super::signature::{SIGNATURE_HEADER, signature};
use crate::outbound::Outbound;

/// The clocks of accounts.
pub type AccountTime = Arc<dyn Fn(&Scope) -> Timestamp + Send + Sync>;
/// Gives a fresh source of random bytes.
pub type EntropySource = Arc<dyn Fn() -> Box<dyn Entropy> + Send + Sync>;

/// How much of an answer is kept.
const ANSWER_BYTES: usize = 512;

/// Takes events to the URLs of webhook subscriptions.
pub struct WebhookSender {
    /// What they are posted with.
    pub outbound: Outbound,
    /// The key that sealed the secrets.
    pub key: InstallationKey,
    /// The accounts' clocks: attempts and retries are by them.
    pub account_time: AccountTime,
    /// Random bytes, for the jitter.
    pub entropy: EntropySource,
}

#[async_trait]
impl Deliverer for WebhookSender {
    async fn deliver(&self, delivery: &ClaimedDelivery) -> DeliveryAttempt {
        let at = self.now(delivery);
        let started = Instant::now();
        let event = &delivery.event.id;
        let span = tracing::debug_span!("webhook", otel.kind = "client", event.id = %event);
        let (status, answer) = match self.post(delivery).instrument(span).await {
            Ok((status, answer)) => (Some(status), answer),
            Err(reason) => (None, reason),
        };
        let took = started.elapsed();
        let next = match status {
            Some(status) if status.is_success() => AfterAttempt::Delivered,
            _ => self.after_failure(delivery),
        };
        let outcome = match next {
            AfterAttempt::Delivered => "delivered",
            AfterAttempt::RetryAt(_) => "retry",
            AfterAttempt::GaveUp => "gave_up",
        };
        metrics::counter!("tatami_webhook_attempts_total", "outcome" => outcome).increment(1);
        metrics::histogram!("tatami_webhook_attempt_seconds").record(took);
        tracing::debug!(
            event.id = %event,
            subscription.id = delivery.endpoint.id,
            attempt = delivery.tries + 1,
            status = status.map(|s| s.as_u16()),
            ?next,
            "webhook attempt"
        );
        DeliveryAttempt {
            at,
            status: status.map(|s| s.as_u16()),
            answer,
            took_ms: u32::try_from(took.as_millis()).unwrap_or(u32::MAX),
            next,
        }
    }
}

impl WebhookSender {
    fn now(&self, delivery: &ClaimedDelivery) -> Timestamp {
        let scope = delivery.event.scope.account();
        scope.map_or(delivery.event.at, |scope| (self.account_time)(scope))
    }

    fn after_failure(&self, delivery: &ClaimedDelivery) -> AfterAttempt {
        let mut chance = [0; 2];
        (self.entropy)().fill(&mut chance);
        match after_failure(delivery.tries + 1, u16::from_be_bytes(chance)) {
            Some(wait) => AfterAttempt::RetryAt(self.now(delivery) + wait),
            None => AfterAttempt::GaveUp,
        }
    }

    async fn post(&self, delivery: &ClaimedDelivery) -> Result<(StatusCode, String), String> {
        let subscription: Subscription = delivery.endpoint.read().map_err(|e| e.to_string())?;
        let environment = subscription.scope.environment;
        let client = self.outbound.client(environment, &subscription.url)?;
        let body = delivery.event.payload();
        let request = client
            .post(&subscription.url)
            .headers(self.headers(&subscription, &body)?)
            .body(body);
        let sent = request.send().await;
        let answer = sent.map_err(|error| self.outbound.explain(&error))?;
        Ok((answer.status(), first_bytes(answer).await))
    }

    fn headers(&self, subscription: &Subscription, body: &str) -> Result<HeaderMap, String> {
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
