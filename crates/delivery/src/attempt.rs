//! An attempt to deliver an event, and what follows it.

use std::sync::Arc;

use tatami_core::Entropy;
use tatami_core::account::Scope;
use tatami_core::time::Timestamp;
use tatami_engine::ports::store::{AfterAttempt, ClaimedDelivery, DeliveryAttempt};
use tokio::time::Instant;

use crate::webhooks::after_failure;

/// The clocks of accounts.
pub type AccountTime = Arc<dyn Fn(&Scope) -> Timestamp + Send + Sync>;
/// Gives a fresh source of random bytes.
pub type EntropySource = Arc<dyn Fn() -> Box<dyn Entropy> + Send + Sync>;

/// Makes attempts, by the accounts' clocks. Cheap to clone.
#[derive(Clone)]
pub struct Attempts {
    /// The accounts' clocks: attempts and retries are by them.
    pub account_time: AccountTime,
    /// Random bytes, for the jitter.
    pub entropy: EntropySource,
}

/// What a receiver said.
#[derive(Default)]
pub struct Heard {
    /// Whether it has the event.
    pub is_delivered: bool,
    /// The HTTP status of its answer, if it gave one.
    pub status: Option<u16>,
    /// The headers of its answer, masked and cut.
    pub headers: Vec<(String, String)>,
    /// The first bytes of its answer, or what went wrong.
    pub answer: String,
}

impl Attempts {
    /// Makes one attempt, which is `heard`, and says what follows.
    pub async fn make(
        &self,
        delivery: &ClaimedDelivery,
        heard: impl Future<Output = Heard>,
    ) -> DeliveryAttempt {
        let at = self.now(delivery);
        let started = Instant::now();
        let Heard {
            is_delivered,
            status,
            headers,
            answer,
        } = heard.await;
        let took = started.elapsed();
        let next = match is_delivered {
            true => AfterAttempt::Delivered,
            false => self.after_failure(delivery),
        };
        let outcome = match next {
            AfterAttempt::Delivered => "delivered",
            AfterAttempt::RetryAt(_) => "retry",
            AfterAttempt::GaveUp => "gave_up",
        };
        metrics::counter!("tatami_webhook_attempts_total", "outcome" => outcome).increment(1);
        metrics::histogram!("tatami_webhook_attempt_seconds").record(took);
        tracing::debug!(
            event.id = %delivery.event.id,
            endpoint.id = delivery.endpoint.id,
            attempt = delivery.tries + 1,
            status,
            ?next,
            "attempt to deliver an event"
        );
        DeliveryAttempt {
            at,
            status,
            answer_headers: headers,
            answer,
            took_ms: u32::try_from(took.as_millis()).unwrap_or(u32::MAX),
            next,
        }
    }

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
}
