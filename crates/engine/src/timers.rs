//! What happens because time went by, or because it was moved.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};

use tatami_core::account::Scope;
use tatami_core::id::{AttemptId, Environment, PaymentIntentId};
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::problem::Refusal;
use tatami_core::time::{SignedDuration, Timestamp};

use crate::attempts::Means;
use crate::outside::StillOpen;
use crate::ports::records::RecordKind;
use crate::ports::store::{CommitError, Stored};
use crate::{Engine, Failure};

/// How often the program looks for clocks that others moved.
const POLL_MS: u64 = 500;
/// How far ahead of the machine an account's clock may be.
const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(24 * 365 * 20);
/// How often a clock that is moved waits for what somebody else is at work on: for
/// longer than a claim lasts, in case that was another node and it died.
const MAX_WAITS: u32 = 13_000;
const WAIT_MS: u64 = 10;
/// A clock that is moved stops after so many rounds of due timers.
const MAX_STEPS: u32 = 100_000;
/// How long answers to idempotency keys are kept; the contract promises a day.
const KEEP_KEYS: SignedDuration = SignedDuration::from_hours(48);
/// Attempts that recovery settles side by side.
const RECOVERED_AT_ONCE: usize = 64;
/// How long recovery keeps requests waiting.
const MAX_RECOVERY: Duration = Duration::from_secs(5);
const FORGET_EVERY: Duration = Duration::from_secs(3_600);

impl Engine {
    /// Settles every attempt that a former process left open. To be called
    /// before requests are served, on storage that no other process uses: on
    /// storage that is shared, an open attempt may be another node's that is
    /// waiting for the acquirer, and its timer comes when it no longer can be.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn recover(&self) -> Result<(), Failure> {
        let mut open = Vec::new();
        for record in self.due_soon().await? {
            if record.value.kind == RecordKind::PaymentIntent {
                let intent = record.read::<PaymentIntent>()?.value;
                if !self.serves(intent.scope.environment) {
                    continue;
                }
                let attempt = intent.attempt.map(|attempt| (intent.id, attempt.id));
                open.extend(attempt);
            }
        }
        let engine = self.clone();
        let settling = tokio::spawn(async move { engine.settle_all(open).await });
        match tokio::time::timeout(MAX_RECOVERY, settling).await {
            Ok(settled) => settled.map_err(|e| Failure::Unavailable(e.to_string()))?,
            Err(_) => {
                tracing::warn!("open attempts are settled beside serving: the acquirer is slow");
                Ok(())
            }
        }
    }

    /// Settles attempts, many side by side.
    async fn settle_all(&self, open: Vec<(PaymentIntentId, AttemptId)>) -> Result<(), Failure> {
        let settle = |(intent, attempt)| async move {
            let _held = self.0.locks.hold(PaymentIntentId::as_str(&intent)).await;
            let Some(Stored { value, version }) = self.find_public_intent(&intent).await? else {
                return Ok(());
            };
            // Requests may have closed it meanwhile and opened another.
            if value.attempt.as_ref().is_none_or(|open| open.id != attempt) {
                return Ok(());
            }
            self.settle_call(Arc::new(value), version).await
        };
        futures_util::stream::iter(open)
            .map(settle)
            .buffer_unordered(RECOVERED_AT_ONCE)
            .try_collect::<()>()
            .await
    }

    /// Forgets old idempotency keys, until `stop` is done.
    pub async fn run_forgetting(&self, stop: impl Future<Output = ()>) {
        let mut forget = tokio::time::interval(FORGET_EVERY);
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return,
                _ = forget.tick() => {
                    let before = self.0.parts.clocks.machine() - KEEP_KEYS;
                    if let Err(error) = self.store().forget_idempotency(before).await {
                        tracing::error!(%error, "old idempotency keys could not be forgotten");
                    }
                }
            }
        }
    }

    /// Keeps the accounts' clocks as other programs on the same storage move
    /// them, until `stop` is done.
    pub async fn run_clocks(&self, stop: impl Future<Output = ()>) {
        let mut poll = tokio::time::interval(Duration::from_millis(POLL_MS));
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return,
                _ = poll.tick() => {
                    if let Err(error) = self.follow_clocks().await {
                        tracing::error!(%error, "the accounts' clocks could not be read");
                    }
                }
            }
        }
    }

    /// Reads how far the accounts' clocks were moved.
    pub(crate) async fn follow_clocks(&self) -> Result<(), Failure> {
        for (scope, offset) in self.store().clock_offsets().await? {
            self.0.parts.clocks.set(&scope, offset);
        }
        Ok(())
    }

    /// Moves a sandbox account's clock ahead. Timers and deliveries that come
    /// due on the way happen in their order, each at its own time, before this
    /// returns the new time.
    ///
    /// # Errors
    /// If the scope is not a sandbox, the span is not positive, or storage fails.
    pub async fn advance_clock(
        &self,
        scope: &Scope,
        by: SignedDuration,
    ) -> Result<Timestamp, Failure> {
        if scope.environment != Environment::Sandbox {
            return Err(Refusal::NotAllowed(
                "Only the clock of a sandbox can be moved.".to_owned(),
            )
            .into());
        }
        let ahead = self
            .now(scope)
            .duration_since(self.0.parts.clocks.machine());
        if by <= SignedDuration::ZERO || ahead.saturating_add(by) > MAX_AHEAD {
            return Err(Refusal::invalid(
                "By",
                "The By must be greater than zero and at most 20 years in total.",
            )
            .into());
        }
        let (engine, scope) = (self.clone(), scope.clone());
        let work = tokio::spawn(async move { engine.advance(&scope, by).await });
        work.await
            .unwrap_or_else(|e| Err(Failure::Unavailable(e.to_string())))
    }

    async fn advance(&self, scope: &Scope, by: SignedDuration) -> Result<Timestamp, Failure> {
        let _one_at_a_time = self.0.advancing.lock().await;
        // Another program may have moved it a moment ago.
        self.follow_clocks().await?;
        let target = self.now(scope) + by;
        let (mut waits, mut steps) = (0, 0);
        while let Some(next) = self
            .store()
            .next_due(scope)
            .await?
            .filter(|next| *next <= target)
        {
            if next > self.now(scope) {
                self.set_clock(scope, next).await?;
            }
            steps += 1;
            if steps > MAX_STEPS {
                return Err(Failure::Unavailable(
                    "too much comes due on the way".to_owned(),
                ));
            }
            let fired = self.work_off(scope).await?;
            let delivered = self.deliver_due(scope).await;
            if fired + delivered == 0 {
                // Somebody else holds the lease of what is due: let them finish.
                waits += 1;
                if waits > MAX_WAITS {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(WAIT_MS)).await;
            }
        }
        if target > self.now(scope) {
            self.set_clock(scope, target).await?;
        }
        Ok(self.now(scope))
    }

    async fn set_clock(&self, scope: &Scope, to: Timestamp) -> Result<(), Failure> {
        let offset = to.duration_since(self.0.parts.clocks.machine());
        self.store().set_clock_offset(scope, offset).await?;
        // Another program may have moved it further.
        self.follow_clocks().await
    }

    /// Looks at a payment intent whose time has come: asks what became of an open
    /// attempt, voids it because nobody paid, or ends its hold.
    pub(crate) async fn fire_payment_intent(
        &self,
        due: &Stored<PaymentIntent>,
    ) -> Result<(), Failure> {
        let id = &due.value.id;
        let held = self.0.locks.hold(id.as_str()).await;
        let Some(Stored { value, version }) = self.find_public_intent(id).await? else {
            return Ok(());
        };
        // Others may have closed the attempt that was due and opened another since:
        // to settle that one would make a call void that is on its way.
        let now = self.now(&value.scope);
        if value.due_at().is_none_or(|at| at > now) {
            return Ok(());
        }
        if value.attempt.is_some() {
            return self.settle_call(Arc::new(value), version).await;
        }
        let decision = self.with_facts(&value.scope, |facts| value.come_due(facts));
        let Some(decision) = decision else {
            return Ok(());
        };
        let intent = Arc::clone(&decision.intent);
        match self.commit(decision, Some(version), None).await {
            Ok(()) => {}
            // Whoever changed it saw to its time.
            Err(CommitError::Stale) => return Ok(()),
            Err(error) => return Err(Failure::Unavailable(error.to_string())),
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
