//! The request log: requests of the last days, so that developers see what they sent and
//! why it was refused.
//!
//! A request never waits for the log. A bounded number of entries may wait to be written;
//! beyond it, requests are counted and left out. One task writes the entries in batches.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tatami_core::account::{AnyScope, Scope};
use tatami_core::id::{Environment, KeyId, PaymentIntentId};
use tatami_core::time::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use crate::Failure;
use crate::clocks::Clocks;
use crate::ports::documents::{Aggregate, DocumentKind};
use crate::ports::request_log::{Bodies, Entry, LoggedRequest, RequestQuery, RequestStore};

/// How many requests may wait to be written. They are written about once a second, so
/// this is also how many are kept per second.
const QUEUED: usize = 512;
/// How long the writer gathers entries for one batch.
const GATHER: Duration = Duration::from_secs(1);
/// How often old entries are removed.
const PRUNE_EVERY: Duration = Duration::from_secs(60);
/// How long requests are kept.
const KEEP: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// At most so many requests.
    pub entries: u32,
    /// Whether the bodies of requests in production are kept, too.
    pub production_bodies: bool,
    /// The scope of requests without a key; without one they are not kept.
    pub unknown: Option<Scope>,
}

/// The log. Cheap to clone.
#[derive(Clone)]
pub struct RequestLog(Arc<Inner>);

struct Inner {
    store: Arc<dyn RequestStore>,
    clocks: Arc<Clocks>,
    kept: Kept,
    queue: mpsc::Sender<LoggedRequest>,
    /// Taken by the writer.
    waiting: Mutex<Option<mpsc::Receiver<LoggedRequest>>>,
}

/// Room for one request.
pub struct Slot {
    room: mpsc::OwnedPermit<LoggedRequest>,
    log: RequestLog,
}

/// What the engine learns about the request that a task answers.
#[derive(Clone, Default)]
pub struct Draft(Arc<Mutex<Option<(Slot, LoggedRequest)>>>);

tokio::task_local! {
    static DRAFT: Draft;
}

impl Draft {
    /// Answers a request whose draft this is.
    pub async fn during<F: Future>(&self, answering: F) -> F::Output {
        DRAFT.scope(self.clone(), answering).await
    }

    /// The draft of the request that this task answers.
    pub fn current() -> Option<Self> {
        DRAFT.try_with(Self::clone).ok()
    }

    /// Begins to keep the request.
    pub fn begin(&self, slot: Slot, request: LoggedRequest) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((slot, request));
    }

    /// Adds to what is known, if the request is kept.
    pub fn note(&self, change: impl FnOnce(&mut LoggedRequest)) {
        let mut draft = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, request)) = draft.as_mut() {
            change(request);
        }
    }

    /// What is known, with its room, if the request is kept.
    pub fn take(&self) -> Option<(Slot, LoggedRequest)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Notes the key that a request came with.
pub fn note_key(key: &KeyId, scope: &Scope) {
    note(|request| {
        request.key = Some(key.clone());
        request.scope = Some(scope.clone());
    });
}

/// Notes an aggregate that was read for a request. The requests of payers have no key:
/// the aggregate gives their scope.
pub(crate) fn concerns<T: Aggregate>(aggregate: &T) {
    if !matches!(
        T::KIND,
        DocumentKind::PaymentIntent | DocumentKind::SetupIntent
    ) {
        return;
    }
    note(|request| {
        if let AnyScope::Account(scope) = aggregate.scope() {
            request.scope.get_or_insert(scope);
        }
        if request.payment.is_none() {
            request.payment = PaymentIntentId::parse(aggregate.id()).ok();
        }
    });
}

fn note(change: impl FnOnce(&mut LoggedRequest)) {
    // Jobs and commands run without a request.
    let _ = DRAFT.try_with(|draft| draft.note(change));
}

impl Slot {
    /// Hands a request to the writer.
    pub fn write(self, mut request: LoggedRequest) {
        let kept = &self.log.0.kept;
        request.scope = request.scope.or_else(|| kept.unknown.clone());
        let Some(scope) = &request.scope else {
            return;
        };
        let clocks = &self.log.0.clocks;
        let ahead = clocks.now(scope).duration_since(clocks.machine());
        request.account_at = request.at.checked_add(ahead).unwrap_or(request.at);
        if scope.environment == Environment::Production && !kept.production_bodies {
            // The detail of a refusal is our own text, without data of the request.
            let refusal = request.bodies.answer.filter(|_| request.status >= 400);
            request.bodies = Bodies {
                request: None,
                answer: refusal,
            };
        }
        self.room.send(request);
    }
}

impl RequestLog {
    /// A log in that store.
    pub fn new(store: Arc<dyn RequestStore>, clocks: Arc<Clocks>, kept: Kept) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUED);
        Self(Arc::new(Inner {
            store,
            clocks,
            kept,
            queue,
            waiting: Mutex::new(Some(waiting)),
        }))
    }

    /// What is kept.
    pub fn kept(&self) -> &Kept {
        &self.0.kept
    }

    /// Room for a request, unless too many wait to be written.
    pub fn slot(&self) -> Option<Slot> {
        match self.0.queue.clone().try_reserve_owned() {
            Ok(room) => Some(Slot {
                room,
                log: self.clone(),
            }),
            Err(_) => {
                metrics::counter!("tatami_request_log_dropped_total").increment(1);
                None
            }
        }
    }

    /// The machine's time, which requests are noted by.
    pub fn now(&self) -> Timestamp {
        self.0.clocks.machine()
    }

    /// Writes requests and removes old ones, until `stop` is done.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let waiting = self.0.waiting.lock();
        let waiting = waiting.unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut waiting) = waiting else {
            return;
        };
        let mut prune = tokio::time::interval(PRUNE_EVERY);
        tokio::pin!(stop);
        let mut stops = false;
        while !stops {
            let mut batch = Vec::new();
            tokio::select! {
                () = &mut stop => stops = true,
                _ = prune.tick() => {}
                Some(first) = waiting.recv() => {
                    batch.push(first);
                    tokio::select! {
                        () = &mut stop => stops = true,
                        () = tokio::time::sleep(GATHER) => {}
                    }
                }
            }
            while batch.len() < QUEUED
                && let Ok(next) = waiting.try_recv()
            {
                batch.push(next);
            }
            self.write(batch).await;
            self.prune().await;
        }
    }

    async fn write(&self, batch: Vec<LoggedRequest>) {
        if batch.is_empty() {
            return;
        }
        let lost = batch.len();
        if let Err(error) = self.0.store.append(batch).await {
            metrics::counter!("tatami_request_log_dropped_total")
                .increment(u64::try_from(lost).unwrap_or(u64::MAX));
            tracing::warn!(%error, lost, "requests could not be written to the request log");
        }
    }

    /// Removes what is too old or too much.
    async fn prune(&self) {
        let before = self.0.clocks.machine() - KEEP;
        loop {
            match self.0.store.prune(before, self.0.kept.entries).await {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "old requests could not be removed from the request log");
                    return;
                }
            }
        }
    }

    /// Entries of a scope without their bodies, newest first.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn page(&self, scope: &Scope, query: RequestQuery) -> Result<Vec<Entry>, Failure> {
        Ok(self.0.store.page(scope, query).await?)
    }

    /// An entry of a scope with its bodies.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn entry(&self, scope: &Scope, number: i64) -> Result<Option<Entry>, Failure> {
        Ok(self.0.store.entry(scope, number).await?)
    }
}
