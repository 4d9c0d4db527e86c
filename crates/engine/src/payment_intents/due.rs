//! What happens to payment intents because time went by.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use tatami_core::id::{AttemptId, PaymentIntentId};
use tatami_core::payment_intent::PaymentIntent;

use super::attempts::{Attempts, Means};
use crate::Failure;
use crate::outside::{self, StillOpen};
use crate::ports::documents::DocumentKind;
use crate::ports::store::Stored;

/// Attempts that recovery settles side by side.
const RECOVERED_AT_ONCE: usize = 64;
/// How long recovery keeps requests waiting.
const MAX_RECOVERY: Duration = Duration::from_secs(5);

impl Attempts<'_> {
    /// Settles every attempt that a former process left open. To be called
    /// before requests are served, on storage that no other process uses: on
    /// storage that is shared, an open attempt may be another node's that is
    /// waiting for the acquirer, and its timer comes when it no longer can be.
    pub async fn recover(self) -> Result<(), Failure> {
        let mut open = Vec::new();
        for record in self.0.overview().due_soon().await? {
            if record.value.kind == DocumentKind::PaymentIntent {
                let intent = record.read::<PaymentIntent>()?.value;
                if !self.0.serves(intent.scope.environment) {
                    continue;
                }
                let attempt = intent.attempt.map(|attempt| (intent.id, attempt.id));
                open.extend(attempt);
            }
        }
        let engine = self.0.clone();
        let settling = tokio::spawn(async move { engine.attempts().settle_all(open).await });
        match tokio::time::timeout(MAX_RECOVERY, settling).await {
            Ok(settled) => settled.map_err(|e| Failure::Unavailable(e.to_string()))?,
            Err(_) => {
                tracing::warn!("open attempts are settled beside serving: the acquirer is slow");
                Ok(())
            }
        }
    }

    /// Settles attempts, many side by side.
    async fn settle_all(self, open: Vec<(PaymentIntentId, AttemptId)>) -> Result<(), Failure> {
        let settle = |(intent, attempt)| async move {
            let _held = self.0.locks.hold(PaymentIntentId::as_str(&intent)).await;
            let Some(Stored { value, version }) =
                self.0.payment_intents().find_public(&intent).await?
            else {
                return Ok(());
            };
            // Requests may have closed it meanwhile and opened another.
            if value.attempt.as_ref().is_none_or(|open| open.id != attempt) {
                return Ok(());
            }
            outside::settle(self.0, Arc::new(value), version).await
        };
        futures_util::stream::iter(open)
            .map(settle)
            .buffer_unordered(RECOVERED_AT_ONCE)
            .try_collect::<()>()
            .await
    }

    /// Looks at a payment intent whose time has come: asks what became of an open
    /// attempt, voids it because nobody paid, or ends its hold.
    pub(crate) async fn fire(self, due: &Stored<PaymentIntent>) -> Result<(), Failure> {
        let id = &due.value.id;
        let held = self.0.locks.hold(id.as_str()).await;
        let Some(Stored { value, version }) = self.0.payment_intents().find_public(id).await?
        else {
            return Ok(());
        };
        // Others may have closed the attempt that was due and opened another since:
        // to settle that one would make a call void that is on its way.
        let now = self.0.now(&value.scope);
        if value.due_at().is_none_or(|at| at > now) {
            return Ok(());
        }
        if value.attempt.is_some() {
            return outside::settle(self.0, Arc::new(value), version).await;
        }
        let decision = self
            .0
            .with_facts(&value.scope, |facts| value.come_due(facts));
        let Some(decision) = decision else {
            return Ok(());
        };
        let intent = Arc::clone(&decision.intent);
        let payment_intents = self.0.payment_intents();
        let commit = payment_intents.commit_of(decision, Some(version)).await?;
        if !self.0.make_durable_if_current(commit).await? {
            return Ok(());
        }
        if intent.attempt.is_some() {
            match self
                .carry_out(&held, intent, version + 1, Means::None)
                .await
            {
                Ok(_) | Err(StillOpen::Unknown) => {}
                Err(StillOpen::Failed(failure)) => return Err(failure),
            }
        }
        Ok(())
    }
}
