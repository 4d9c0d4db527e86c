//! What an operator looks at: attempts whose outcome nobody knows yet, and how
//! much is still to be done.

use tatami_core::account::Scope;
use tatami_core::id::{AttemptId, PaymentIntentId};
use tatami_core::payment_intent::{Operation, SETTLE_AFTER, TimerKind};
use tatami_core::time::{SignedDuration, Timestamp};

use crate::ports::store::Backlog;
use crate::{Engine, Failure};

/// Timers that are counted one by one.
const COUNTED_TIMERS: usize = 1000;

/// An attempt that is open: the acquirer was or may have been called, and what
/// it did is not written yet.
#[derive(Clone, Debug)]
pub struct OpenAttempt {
    /// Whose it is.
    pub scope: Scope,
    /// The payment intent.
    pub payment_intent: PaymentIntentId,
    /// The reference that the acquirer was given.
    pub reference: AttemptId,
    /// What was asked.
    pub operation: Operation,
    /// When (account time).
    pub started_at: Timestamp,
    /// For how long it has been open.
    pub age: SignedDuration,
}

impl OpenAttempt {
    /// Whether it has been open for longer than an answer may take, so that the
    /// acquirer is being asked what became of it.
    pub fn is_unknown(&self) -> bool {
        self.age > SETTLE_AFTER
    }
}

/// What is still to be done.
#[derive(Clone, Debug, Default)]
pub struct Outstanding {
    /// Timers that are due and have not fired; counted up to a thousand.
    pub timers: usize,
    /// Deliveries that are neither delivered nor given up.
    pub deliveries: u64,
    /// How long ago the oldest of their events happened.
    pub oldest_delivery: SignedDuration,
    /// Mails that are not sent.
    pub mails: u64,
    /// How long ago the oldest of them was written.
    pub oldest_mail: SignedDuration,
    /// Open attempts.
    pub attempts: usize,
    /// How long the oldest of them has been open.
    pub oldest_attempt: SignedDuration,
}

impl Engine {
    /// The attempts that are open at this moment, oldest first.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn open_attempts(&self) -> Result<Vec<OpenAttempt>, Failure> {
        let mut open = Vec::new();
        for timer in self.store().timers_of_kind(TimerKind::Settle).await? {
            let id = &timer.payment_intent;
            let stored = self.store().payment_intent(&timer.scope, id).await?;
            let Some((intent, attempt)) = stored.and_then(|stored| {
                let attempt = stored.value.attempt.clone()?;
                Some((stored.value, attempt))
            }) else {
                continue;
            };
            let age = self.now(&intent.scope).duration_since(attempt.started_at);
            open.push(OpenAttempt {
                scope: intent.scope,
                payment_intent: intent.id,
                operation: attempt.kind.operation(),
                reference: attempt.id,
                started_at: attempt.started_at,
                age,
            });
        }
        open.sort_by_key(|attempt| std::cmp::Reverse(attempt.age));
        Ok(open)
    }

    /// How much is still to be done.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn outstanding(&self) -> Result<Outstanding, Failure> {
        let Backlog {
            deliveries,
            oldest_delivery,
            mails,
            oldest_mail,
        } = self.store().backlog().await?;
        let machine = self.0.parts.clocks.machine();
        let timers = self.store().due_timers(machine, None, COUNTED_TIMERS);
        let timers = timers.await?.len();
        let attempts = self.open_attempts().await?;
        let age = |at: Option<(Scope, Timestamp)>| {
            at.map_or(SignedDuration::ZERO, |(scope, at)| {
                self.now(&scope).duration_since(at)
            })
        };
        Ok(Outstanding {
            timers,
            deliveries,
            oldest_delivery: age(oldest_delivery),
            mails,
            oldest_mail: age(oldest_mail),
            attempts: attempts.len(),
            oldest_attempt: attempts.first().map_or(SignedDuration::ZERO, |a| a.age),
        })
    }
}
