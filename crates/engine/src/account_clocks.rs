//! What happens because time went by, or because it was moved.

use std::time::Duration;

use tatami_core::account::Scope;
use tatami_core::id::Environment;
use tatami_core::problem::Refusal;
use tatami_core::time::{SignedDuration, Timestamp};

use crate::command::write_noted;
use crate::ports::documents::DocumentKind;
use crate::{Engine, Failure};

/// How often the program looks for clocks that others moved.
const POLL_MS: u64 = 500;
/// How far ahead of the machine an account's clock may be.
const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(24 * 365 * 20);
/// How often a clock that is moved waits for what somebody else is at work on: for
/// longer than a claim lasts, in case that was another node and it died.
const MAX_WAITS: u32 = 13_000;
const WAIT_MS: u64 = 10;
/// How many of the latest deliveries are searched for those that are due.
const DELIVERIES: usize = 100;
/// A clock that is moved stops after so many rounds of due timers.
const MAX_STEPS: u32 = 100_000;

/// Something that happens by itself at a moment.
#[derive(Clone, Debug)]
pub struct Due {
    /// When it happens (account time).
    pub at: Timestamp,
    /// What the document is, or the endpoint of a delivery.
    pub kind: DocumentKind,
    /// The id of the document; of a delivery, that of the event.
    pub id: String,
    /// The status of the document.
    pub status: String,
}

#[derive(Clone, Copy)]
pub struct AccountClocks<'a>(&'a Engine);

impl Engine {
    pub fn clocks(&self) -> AccountClocks<'_> {
        AccountClocks(self)
    }
}

impl AccountClocks<'_> {
    /// Keeps the accounts' clocks as other programs on the same storage move
    /// them, until `stop` is done.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut poll = tokio::time::interval(Duration::from_millis(POLL_MS));
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return,
                _ = poll.tick() => {
                    if let Err(error) = self.follow().await {
                        tracing::error!(%error, "the accounts' clocks could not be read");
                    }
                }
            }
        }
    }

    /// Reads how far the accounts' clocks were moved.
    pub(crate) async fn follow(self) -> Result<(), Failure> {
        for (scope, offset) in self.0.store().clock_offsets().await? {
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
    pub async fn advance(self, scope: &Scope, by: SignedDuration) -> Result<Timestamp, Failure> {
        if scope.environment != Environment::Sandbox {
            return Err(Refusal::NotAllowed(
                "Only the clock of a sandbox can be moved.".to_owned(),
            )
            .into());
        }
        let ahead = self
            .0
            .now(scope)
            .duration_since(self.0.parts.clocks.machine());
        if by <= SignedDuration::ZERO || ahead.saturating_add(by) > MAX_AHEAD {
            return Err(Refusal::invalid(
                "By",
                "The By must be greater than zero and at most 20 years in total.",
            )
            .into());
        }
        write_noted(self.0).await?;
        let scope = scope.clone();
        let advance = |engine: Engine| async move { engine.clocks().advance_now(&scope, by).await };
        self.0.to_the_end(advance).await
    }

    /// What is due next in a scope, earliest first, at most `limit` entries. Mails are left
    /// out: they wait for a mail server and not for a clock.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn due(self, scope: &Scope, limit: usize) -> Result<Vec<Due>, Failure> {
        let store = self.0.store();
        let end = self.0.parts.clocks.machine() + MAX_AHEAD + MAX_AHEAD;
        let documents = store.due_documents(end, Some(scope), limit).await?;
        let documents = documents.into_iter().filter_map(|stored| {
            let document = stored.value;
            Some(Due {
                at: document.due_at?,
                kind: document.kind,
                id: document.id,
                status: document.status,
            })
        });
        let deliveries = store.deliveries(scope, DELIVERIES).await?;
        let deliveries = deliveries.into_iter().filter_map(|delivery| {
            let kind = match delivery.is_webhook() {
                true => DocumentKind::Subscription,
                false => DocumentKind::Integration,
            };
            Some(Due {
                at: delivery.next_at?,
                kind,
                id: delivery.event.to_string(),
                status: delivery.state,
            })
        });
        let mut due: Vec<_> = documents
            .filter(|due| due.kind != DocumentKind::Mail)
            .chain(deliveries)
            .collect();
        due.sort_by_key(|due| due.at);
        due.truncate(limit);
        Ok(due)
    }

    async fn advance_now(self, scope: &Scope, by: SignedDuration) -> Result<Timestamp, Failure> {
        // One step after the other in this scope; other scopes have clocks of their own.
        let _one_at_a_time = self.0.locks.hold(&format!("clock {scope}")).await;
        // Another program may have moved it a moment ago.
        self.follow().await?;
        let target = self.0.now(scope) + by;
        let (mut waits, mut steps) = (0, 0);
        while let Some(next) = self
            .0
            .store()
            .next_due(scope)
            .await?
            .filter(|next| *next <= target)
        {
            if next > self.0.now(scope) {
                self.set(scope, next).await?;
            }
            steps += 1;
            if steps > MAX_STEPS {
                return Err(Failure::Unavailable(
                    "too much comes due on the way".to_owned(),
                ));
            }
            let fired = self.0.jobs().work_off(scope).await?;
            let delivered = self.0.jobs().deliver_due(scope).await;
            if fired + delivered == 0 {
                // Somebody else holds the lease of what is due: let them finish.
                waits += 1;
                if waits > MAX_WAITS {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(WAIT_MS)).await;
            }
        }
        if target > self.0.now(scope) {
            self.set(scope, target).await?;
        }
        Ok(self.0.now(scope))
    }

    async fn set(self, scope: &Scope, to: Timestamp) -> Result<(), Failure> {
        let offset = to.duration_since(self.0.parts.clocks.machine());
        self.0.store().set_clock_offset(scope, offset).await?;
        // Another program may have moved it further.
        self.follow().await
    }
}
