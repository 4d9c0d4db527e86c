//! Claims what is due, has it sent, and has what came of it written.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tatami_core::account::Scope;
use tatami_core::id::SubscriptionId;
use tatami_core::time::SignedDuration;
use tatami_engine::ports::clock::Clock;
use tatami_engine::ports::courier::Courier;
use tatami_engine::ports::store::{ClaimedDelivery, DeliveryAttempt};
use tatami_vault::InstallationKey;
use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::address::system_lookup;
use crate::lanes::{Claimed, Lanes, Then};
use crate::queue::DeliveryQueue;
use crate::sender::{AccountTime, EntropySource, Sender, SetupError};

/// How many deliveries [`Courier::deliver_due`] makes side by side. All of them
/// start at once, so that none outlives its lease.
const DUE_BATCH: usize = 64;

/// What a dispatcher is made of.
pub struct Parts {
    /// Where deliveries come from.
    pub queue: Arc<dyn DeliveryQueue>,
    /// The key that sealed the secrets.
    pub key: InstallationKey,
    /// The machine's clock: claims are by it.
    pub clock: Arc<dyn Clock>,
    /// The accounts' clocks: attempts and retries are by them.
    pub account_time: AccountTime,
    /// Random bytes, for the jitter.
    pub entropy: EntropySource,
    /// Rings when events were committed.
    pub wake: Arc<Notify>,
}

/// How much a dispatcher does at once, and how long it waits.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Deliveries under way at the same time.
    pub in_flight: usize,
    /// Of them, those of one subscription.
    pub per_subscription: usize,
    /// Deliveries claimed, and attempts written, together.
    pub batch: usize,
    /// How long a receiver may take, name lookup and answer included.
    pub timeout: Duration,
    /// How long a claim lasts; longer than the time-out.
    pub lease: Duration,
    /// How often to look for due deliveries without being woken.
    pub poll: Duration,
    /// Whether those of sandboxes, too, go to public addresses only.
    pub public_only: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_flight: 512,
            per_subscription: 16,
            batch: 256,
            timeout: Duration::from_secs(10),
            lease: Duration::from_secs(20),
            poll: Duration::from_secs(1),
            public_only: false,
        }
    }
}

/// Delivers webhooks. Cheap to clone.
#[derive(Clone)]
pub struct Dispatcher {
    queue: Arc<dyn DeliveryQueue>,
    clock: Arc<dyn Clock>,
    wake: Arc<Notify>,
    sender: Arc<Sender>,
    limits: Limits,
}

impl Dispatcher {
    /// A dispatcher of those parts.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(parts: Parts, limits: Limits) -> Result<Self, SetupError> {
        let sender = Sender::new(
            parts.key,
            parts.account_time,
            parts.entropy,
            (limits.timeout, limits.public_only),
            system_lookup(),
        )?;
        Ok(Self {
            queue: parts.queue,
            clock: parts.clock,
            wake: parts.wake,
            sender: Arc::new(sender),
            limits,
        })
    }

    /// Delivers until `shutdown` is done, then lets what is under way end (at
    /// most the time-out) and writes it.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        let (results, inbox) = mpsc::channel(self.limits.in_flight.max(1));
        let recorded = Arc::new(Notify::new());
        let recorder = tokio::spawn(record(
            self.queue.clone(),
            inbox,
            self.limits.batch,
            recorded.clone(),
        ));
        let mut rounds = Rounds {
            dispatcher: self,
            lanes: Lanes::new(self.limits.per_subscription.max(1)),
            running: JoinSet::new(),
            results,
        };
        rounds.turn(&recorded, shutdown).await;
        rounds.finish().await;
        if let Err(error) = recorder.await {
            tracing::error!(%error, "the last webhook attempts could not be written");
        }
    }
}

impl Dispatcher {
    async fn attempt_all(&self, claimed: Vec<ClaimedDelivery>) -> Vec<(i64, DeliveryAttempt)> {
        let mut running = JoinSet::new();
        for delivery in claimed {
            let sender = self.sender.clone();
            running.spawn(async move { (delivery.id, sender.attempt(&delivery).await) });
        }
        let mut attempts = Vec::with_capacity(running.len());
        while let Some(ended) = running.join_next().await {
            match ended {
                Ok(attempt) => attempts.push(attempt),
                Err(error) => broke_off(&error),
            }
        }
        attempts
    }
}

/// The dispatcher's loop and what it holds.
struct Rounds<'a> {
    dispatcher: &'a Dispatcher,
    lanes: Lanes,
    running: JoinSet<SubscriptionId>,
    results: mpsc::Sender<(i64, DeliveryAttempt)>,
}

impl Rounds<'_> {
    async fn turn(&mut self, recorded: &Notify, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        let mut look = true;
        loop {
            if look {
                look = self.claim().await;
            }
            tokio::select! {
                biased;
                () = &mut shutdown => return,
                Some(ended) = self.running.join_next() => look |= self.ended(ended),
                () = self.dispatcher.wake.notified() => look = true,
                // The next delivery of an intent is due once the one before it
                // is written.
                () = recorded.notified() => look = true,
                () = std::future::ready(()), if look => {}
                () = tokio::time::sleep(self.dispatcher.limits.poll) => look = true,
            }
        }
    }

    /// Claims and starts as much as there is room for. Whether there may be
    /// more to claim now.
    async fn claim(&mut self) -> bool {
        let Dispatcher {
            queue,
            clock,
            limits,
            ..
        } = self.dispatcher;
        let room = limits.in_flight.saturating_sub(self.lanes.running());
        let limit = room.min(limits.batch);
        if limit == 0 {
            return false;
        }
        // An attempt must be over, and written, before its lease is.
        let needed = limits.timeout + limits.timeout / 10;
        let start_by = Instant::now() + limits.lease.saturating_sub(needed);
        let lease = signed(limits.lease);
        let busy = self.lanes.busy();
        match queue.claim(clock.now(), lease, None, &busy, limit).await {
            Ok(claimed) => {
                let full = claimed.len() == limit;
                for delivery in claimed {
                    if let Some(delivery) = self.lanes.admit(Claimed { delivery, start_by }) {
                        self.start(delivery);
                    }
                }
                full
            }
            Err(error) => {
                tracing::error!(%error, "due webhooks could not be claimed");
                false
            }
        }
    }

    fn start(&mut self, delivery: ClaimedDelivery) {
        let sender = self.dispatcher.sender.clone();
        let results = self.results.clone();
        self.running.spawn(async move {
            let attempt = sender.attempt(&delivery).await;
            // The recorder outlives every attempt.
            let _ = results.send((delivery.id, attempt)).await;
            delivery.subscription.id
        });
    }

    /// Takes note of attempts that ended, and starts others in their place.
    /// Whether there is room that there was not before.
    fn ended(&mut self, first: Result<SubscriptionId, JoinError>) -> bool {
        let now = Instant::now();
        let mut room = self.lanes.running() >= self.dispatcher.limits.in_flight;
        let mut next = Some(first);
        while let Some(ended) = next {
            match ended.map(|id| self.lanes.ended(&id, now)) {
                Ok(Then { start, claim }) => {
                    if let Some(delivery) = start {
                        self.start(*delivery);
                    }
                    room |= claim;
                }
                Err(error) => broke_off(&error),
            }
            next = self.running.try_join_next();
        }
        room
    }

    async fn finish(mut self) {
        while let Some(ended) = self.running.join_next().await {
            if let Err(error) = ended {
                broke_off(&error);
            }
        }
    }
}

/// Writes results as they come, as many together as there are.
async fn record(
    queue: Arc<dyn DeliveryQueue>,
    mut inbox: mpsc::Receiver<(i64, DeliveryAttempt)>,
    batch: usize,
    recorded: Arc<Notify>,
) {
    let mut results = Vec::new();
    while inbox.recv_many(&mut results, batch.max(1)).await > 0 {
        match queue.record(std::mem::take(&mut results)).await {
            Ok(()) => recorded.notify_one(),
            // Their lease runs out and they are made again: at least once.
            Err(error) => tracing::error!(%error, "webhook attempts could not be written"),
        }
    }
}

#[async_trait]
impl Courier for Dispatcher {
    async fn deliver_due(&self, scope: &Scope) -> usize {
        let (now, started) = (self.clock.now(), Instant::now());
        let mut made = 0;
        loop {
            // What fails now comes due later than `now`, so this ends.
            let lease = signed(self.limits.lease + started.elapsed());
            let claimed = self
                .queue
                .claim(now, lease, Some(scope), &[], DUE_BATCH)
                .await;
            let claimed = match claimed {
                Ok(claimed) if claimed.is_empty() => return made,
                Ok(claimed) => claimed,
                Err(error) => {
                    tracing::error!(%error, "due webhooks could not be claimed");
                    return made;
                }
            };
            let attempts = self.attempt_all(claimed).await;
            made += attempts.len();
            if let Err(error) = self.queue.record(attempts).await {
                tracing::error!(%error, "webhook attempts could not be written");
                return made;
            }
        }
    }
}

fn broke_off(error: &JoinError) {
    tracing::error!(%error, "a webhook attempt broke off");
}

fn signed(span: Duration) -> SignedDuration {
    SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX)
}
