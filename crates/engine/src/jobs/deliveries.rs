//! Events on their way to endpoints: claimed in batches, side by side within a bound
//! and one of each endpoint's, and recorded in batches. A receiver that is slow fills
//! its own share and no other.
//!
//! A crash between an attempt and its record is a lease that runs out: it is made
//! again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tatami_core::account::Scope;
use tatami_core::time::SignedDuration;
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use super::{Jobs, POLL, Running};
use crate::Failure;
use crate::ports::delivery::{ATTEMPT_TIMEOUT, Deliverer};
use crate::ports::store::{ClaimedDelivery, DeliveryAttempt, Store};

/// Deliveries under way at the same time.
const AT_ONCE: usize = 512;
/// Of them, those to one endpoint.
const PER_ENDPOINT: usize = 16;
/// Claimed ones of an endpoint, waiting ones included, that are enough to go on with
/// while more are claimed.
const ENOUGH: usize = 2 * PER_ENDPOINT;
/// Deliveries claimed, and attempts recorded, together.
const BATCH: usize = 256;
/// Deliveries made side by side when a clock is moved. All of them start at once, so
/// that none outlives its lease.
const DUE_BATCH: usize = 64;
/// How long a claim lasts.
const LEASE: SignedDuration = SignedDuration::from_secs(20);
/// How long after its claim a delivery may still begin: an attempt must be over, and
/// recorded, before its lease is.
const BEGIN_WITHIN: Duration = Duration::from_secs(20 - ATTEMPT_TIMEOUT.as_secs() - 1);

type Attempt = (ClaimedDelivery, DeliveryAttempt);

/// The loop's state: deliveries under way by the ids of their endpoints.
struct Deliveries {
    running: Running<String>,
    permits: HashMap<String, Arc<Semaphore>>,
    results: mpsc::Sender<Attempt>,
}

impl Deliveries {
    /// How many are being made; the others wait for one of the same endpoint.
    fn in_flight(&self) -> usize {
        let of = self.running.of.values();
        of.map(|count| (*count).min(PER_ENDPOINT)).sum()
    }

    fn start(&mut self, delivery: ClaimedDelivery, deliverer: Arc<dyn Deliverer>, by: Instant) {
        let endpoint = delivery.endpoint.id.clone();
        let permits = self.permits.entry(endpoint.clone());
        let permits = permits.or_insert_with(|| Arc::new(Semaphore::new(PER_ENDPOINT)));
        let (permits, results) = (Arc::clone(permits), self.results.clone());
        self.running.spawn(endpoint, async move {
            let Ok(_permit) = permits.acquire().await else {
                return;
            };
            // One that waited too long is dropped; its lease brings it back.
            if Instant::now() < by {
                let attempt = deliverer.deliver(&delivery).await;
                // The recorder outlives every attempt.
                let _ = results.send((delivery, attempt)).await;
            }
        });
    }

    /// Takes note of deliveries that ended. Whether there is room that there was not
    /// before.
    fn ended(&mut self, first: Result<String, JoinError>) -> bool {
        let mut room = self.in_flight() >= AT_ONCE;
        let mut next = Some(first);
        while let Some(ended) = next {
            let before = self.running.ended(ended);
            room |= before == ENOUGH || before == PER_ENDPOINT;
            next = self.running.tasks.try_join_next();
        }
        let of = &self.running.of;
        self.permits.retain(|endpoint, _| of.contains_key(endpoint));
        room
    }
}

impl Jobs<'_> {
    /// Delivers events until `stop` is over, then lets what is under way end and
    /// records it.
    pub(super) async fn run_deliveries(self, mut stop: watch::Receiver<()>) {
        if self.0.parts.deliverers.is_empty() {
            return;
        }
        let (results, inbox) = mpsc::channel(AT_ONCE);
        let recorded = Arc::new(Notify::new());
        let store = Arc::clone(&self.0.parts.store);
        let recorder = tokio::spawn(record(store, inbox, Arc::clone(&recorded)));
        let mut deliveries = Deliveries {
            running: Running::new(),
            permits: HashMap::new(),
            results,
        };
        let mut look = true;
        loop {
            if look {
                look = self.start_deliveries(&mut deliveries).await;
            }
            tokio::select! {
                biased;
                _ = stop.changed() => break,
                Some(ended) = deliveries.running.tasks.join_next() => {
                    look |= deliveries.ended(ended);
                }
                () = self.0.events_written.notified() => look = true,
                // The next delivery of a lane is due once the one before it is
                // recorded.
                () = recorded.notified() => look = true,
                () = std::future::ready(()), if look => {}
                () = tokio::time::sleep(POLL) => look = true,
            }
        }
        while deliveries.running.tasks.join_next().await.is_some() {}
        drop(deliveries);
        if let Err(error) = recorder.await {
            tracing::error!(%error, "the last deliveries could not be recorded");
        }
    }

    /// Claims and starts as much as there is room for. Whether there may be more to
    /// claim now.
    async fn start_deliveries(self, deliveries: &mut Deliveries) -> bool {
        let limit = AT_ONCE.saturating_sub(deliveries.in_flight()).min(BATCH);
        if limit == 0 {
            return false;
        }
        let by = Instant::now() + BEGIN_WITHIN;
        let busy = deliveries.running.busy(ENOUGH);
        let now = self.0.parts.clocks.machine();
        let claimed = self
            .0
            .store()
            .claim_deliveries(now, LEASE, None, &busy, limit);
        match claimed.await {
            Ok(claimed) => {
                let full = claimed.len() == limit;
                self.know_clocks(claimed.len()).await;
                for delivery in claimed {
                    if let Some(deliverer) = self.deliverer(&delivery) {
                        deliveries.start(delivery, deliverer, by);
                    }
                }
                full
            }
            Err(error) => {
                tracing::error!(%error, "due deliveries could not be claimed");
                false
            }
        }
    }

    fn deliverer(self, delivery: &ClaimedDelivery) -> Option<Arc<dyn Deliverer>> {
        self.0
            .parts
            .deliverers
            .get(&delivery.endpoint.kind)
            .cloned()
    }

    /// An endpoint of a scope can be reached again: what waits for it is delivered now.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn hasten_deliveries(self, scope: &Scope, endpoint: &str) -> Result<(), Failure> {
        let now = self.0.now(scope);
        let store = self.0.store();
        store.hasten_deliveries(endpoint, now).await?;
        self.0.events_written.notify_one();
        Ok(())
    }

    /// Makes one attempt at every delivery of a scope that is due now; how many there
    /// were.
    pub(crate) async fn deliver_due(self, scope: &Scope) -> usize {
        let (now, started) = (self.0.parts.clocks.machine(), Instant::now());
        let mut made = 0;
        loop {
            // What fails now comes due later than `now`, so this ends.
            let passed = SignedDuration::try_from(started.elapsed()).unwrap_or(LEASE);
            let claimed = self
                .0
                .store()
                .claim_deliveries(now, LEASE + passed, Some(scope), &[], DUE_BATCH)
                .await;
            let claimed = match claimed {
                Ok(claimed) if claimed.is_empty() => return made,
                Ok(claimed) => claimed,
                Err(error) => {
                    tracing::error!(%error, "due deliveries could not be claimed");
                    return made;
                }
            };
            let attempts = self.deliver_all(claimed).await;
            made += attempts.len();
            if let Err(error) = self.0.store().record_attempts(attempts).await {
                tracing::error!(%error, "deliveries could not be recorded");
                return made;
            }
        }
    }

    async fn deliver_all(self, claimed: Vec<ClaimedDelivery>) -> Vec<Attempt> {
        let mut running = JoinSet::new();
        for delivery in claimed {
            if let Some(deliverer) = self.deliverer(&delivery) {
                running.spawn(async move {
                    let attempt = deliverer.deliver(&delivery).await;
                    (delivery, attempt)
                });
            }
        }
        let mut attempts = Vec::with_capacity(running.len());
        while let Some(ended) = running.join_next().await {
            match ended {
                Ok(attempt) => attempts.push(attempt),
                Err(error) => tracing::error!(%error, "a delivery broke off"),
            }
        }
        attempts
    }
}

/// Writes what came of deliveries as it comes, as much together as there is.
async fn record(store: Arc<dyn Store>, mut inbox: mpsc::Receiver<Attempt>, recorded: Arc<Notify>) {
    let mut results = Vec::new();
    while inbox.recv_many(&mut results, BATCH).await > 0 {
        match store.record_attempts(std::mem::take(&mut results)).await {
            Ok(()) => recorded.notify_one(),
            // Their lease runs out and they are made again: at least once.
            Err(error) => tracing::error!(%error, "deliveries could not be recorded"),
        }
    }
}
