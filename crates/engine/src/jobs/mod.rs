//! What is due, worked off: claimed by lease, side by side within a bound, and
//! tried again later if it fails. A slow acquirer of one account keeps nobody
//! else's work waiting, and neither does a slow receiver or mail server.
//!
//! Three loops work off jobs: on documents, on mail (documents too, with a bound of
//! their own) and on deliveries of events ([`deliveries`]).

mod deliveries;
mod mail;

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use tatami_core::account::{AnyScope, Scope};
use tatami_core::terminal_session::Session;
use tatami_core::time::SignedDuration;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinError, JoinSet};

use crate::outside::CALL_LEASE;
use crate::ports::documents::{Document, DocumentKind};
use crate::ports::jobs::{DueClaim, DueJob, FailedJob, Job, JobEnd};
use crate::ports::store::Stored;
use crate::ports::terminal::Device;
use crate::{Engine, Failure};

/// How long a claim lasts: longer than any handler takes.
const LEASE: SignedDuration = SignedDuration::from_mins(2);

/// How many jobs are under way at the same time.
#[derive(Clone, Copy)]
struct Bounds {
    at_once: usize,
    /// Of them, those that may be second ones of their scope: the rest is for scopes
    /// that have none under way.
    of_busy: usize,
    per_scope: usize,
}

const DOCUMENTS: Bounds = Bounds {
    at_once: 256,
    of_busy: 128,
    per_scope: 16,
};
const MAILS: Bounds = Bounds {
    at_once: 16,
    of_busy: 8,
    per_scope: 8,
};
/// Jobs of one scope that are claimed together when they are done one by one.
const IN_ORDER: usize = 16;
/// How often a job is tried.
const TRIES: u32 = 20;
/// How long a job waits after it failed; doubled each time.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);
const FORGET_EVERY: Duration = Duration::from_secs(3_600);
/// How long answers to idempotency keys are kept; the contract promises a day.
const KEEP_KEYS: SignedDuration = SignedDuration::from_hours(48);
/// How often to look for due work without being woken.
const POLL: Duration = Duration::from_millis(500);

/// Jobs under way, counted by whose they are.
struct Running<K> {
    tasks: JoinSet<K>,
    of: HashMap<K, usize>,
}

impl<K: Clone + Eq + Hash + Send + 'static> Running<K> {
    fn new() -> Self {
        Self {
            tasks: JoinSet::new(),
            of: HashMap::new(),
        }
    }

    fn spawn(&mut self, of: K, work: impl Future<Output = ()> + Send + 'static) {
        *self.of.entry(of.clone()).or_default() += 1;
        self.tasks.spawn(async move {
            work.await;
            of
        });
    }

    /// Those with at least so many jobs under way.
    fn busy(&self, least: usize) -> Vec<K> {
        let busy = self.of.iter().filter(|(_, count)| **count >= least);
        busy.map(|(of, _)| of.clone()).collect()
    }

    /// Takes note of the end of a job; how many of its owner were under way.
    fn ended(&mut self, ended: Result<K, JoinError>) -> usize {
        match ended {
            Ok(of) => {
                let Some(count) = self.of.get_mut(&of) else {
                    return 0;
                };
                let before = *count;
                *count -= 1;
                if *count == 0 {
                    self.of.remove(&of);
                }
                before
            }
            Err(error) => {
                tracing::error!(%error, "a job broke off");
                // Whose it was is not known any more: count anew.
                self.of.clear();
                0
            }
        }
    }
}

/// Documents whose jobs are worked off together.
struct Pool {
    kinds: Vec<DocumentKind>,
    bounds: Bounds,
    running: Running<AnyScope>,
}

/// How long to wait after so many tries.
fn wait_after(tries: u32) -> SignedDuration {
    let doubled = 1_i32.checked_shl(tries.saturating_sub(1).min(16));
    LONGEST_WAIT.min(FIRST_WAIT * doubled.unwrap_or(i32::MAX))
}

/// All kinds that are not worked off by themselves.
fn on_documents() -> Vec<DocumentKind> {
    let all = DocumentKind::ALL.into_iter();
    all.filter(|kind| *kind != DocumentKind::Mail).collect()
}

/// What is due, and the work on it.
#[derive(Clone, Copy)]
pub struct Jobs<'a>(pub(super) &'a Engine);

impl Engine {
    pub fn jobs(&self) -> Jobs<'_> {
        Jobs(self)
    }
}

impl Jobs<'_> {
    /// Works off what is due, until `stop` is done. What is under way then is let
    /// end.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let (stopping, stopped) = watch::channel(());
        let due = &self.0.call_due;
        let documents = self.run_due(on_documents(), DOCUMENTS, due, stopped.clone());
        let mails = async {
            // Without a mail server they wait.
            if self.0.parts.mailer.is_some() {
                let kinds = vec![DocumentKind::Mail];
                self.run_due(kinds, MAILS, &self.0.mail_written, stopped.clone())
                    .await;
            }
        };
        let deliveries = self.run_deliveries(stopped.clone());
        let stop = async {
            stop.await;
            drop(stopping);
        };
        tokio::join!(stop, documents, mails, deliveries);
    }

    /// Works off documents of some kinds until `stop` is over.
    async fn run_due(
        self,
        kinds: Vec<DocumentKind>,
        bounds: Bounds,
        wake: &Notify,
        mut stop: watch::Receiver<()>,
    ) {
        let mut poll = tokio::time::interval(POLL);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut pool = Pool {
            kinds,
            bounds,
            running: Running::new(),
        };
        loop {
            tokio::select! {
                biased;
                _ = stop.changed() => break,
                Some(ended) = pool.running.tasks.join_next() => {
                    pool.running.ended(ended);
                    while let Some(ended) = pool.running.tasks.try_join_next() {
                        pool.running.ended(ended);
                    }
                }
                () = wake.notified() => {}
                _ = poll.tick() => {}
            }
            self.start_due(&mut pool).await;
        }
        while pool.running.tasks.join_next().await.is_some() {}
    }

    /// Starts what is due: first of scopes that have nothing under way, then of
    /// the others as far as there is room for them.
    async fn start_due(self, pool: &mut Pool) {
        let Bounds {
            at_once,
            of_busy,
            per_scope,
        } = pool.bounds;
        for (busy, per_scope, most) in [(1, 1, at_once), (per_scope, per_scope, of_busy)] {
            let limit = most.saturating_sub(pool.running.tasks.len());
            if limit == 0 {
                continue;
            }
            let claim = DueClaim {
                now: self.0.parts.clocks.machine(),
                lease: LEASE,
                kinds: pool.kinds.clone(),
                scope: None,
                busy: pool.running.busy(busy),
                per_scope,
                limit,
            };
            match self.0.store().claim_due(claim).await {
                Ok(claimed) => {
                    self.know_clocks(claimed.len()).await;
                    for due in claimed {
                        let engine = self.0.clone();
                        let scope = due.record.value.scope.clone();
                        let work = async move { engine.jobs().work(due).await };
                        pool.running.spawn(scope, work);
                    }
                }
                Err(error) => tracing::error!(%error, "due work could not be claimed"),
            }
        }
    }

    /// Reads the clocks by which storage found so many claims to be due: one may have
    /// been moved a moment ago, here or by another program, and what is done now would
    /// be noted at an earlier time than it was due.
    async fn know_clocks(self, claims: usize) {
        if claims == 0 {
            return;
        }
        if let Err(error) = self.0.clocks().follow().await {
            tracing::error!(%error, "the accounts' clocks could not be read");
        }
    }

    /// Does one job, and notes how it ended.
    async fn work(self, due: DueJob) {
        let DueJob { job, record } = due;
        let is_last = job.tries >= TRIES || self.is_given_up(&record.value);
        let end = match self.fire(record).await {
            Ok(()) => JobEnd::Done,
            Err(error) => {
                tracing::error!(document.id = job.key, kind = job.kind.word(), %error, "what was due failed");
                match is_last {
                    true => JobEnd::Failed(error.to_string()),
                    false => self.retry(&job, error.to_string()),
                }
            }
        };
        if let Err(error) = self.0.store().end_job(&job, end).await {
            tracing::error!(document.id = job.key, %error, "the end of a job could not be written");
        }
    }

    fn retry(self, job: &Job, error: String) -> JobEnd {
        JobEnd::RetryAt(self.0.parts.clocks.machine() + wait_after(job.tries), error)
    }

    /// Does what is due of a scope, one after the other in its order; how much
    /// there was.
    pub(crate) async fn work_off(self, scope: &Scope) -> Result<usize, Failure> {
        let claim = DueClaim {
            now: self.0.parts.clocks.machine(),
            lease: LEASE,
            kinds: on_documents(),
            scope: Some(AnyScope::from(scope)),
            busy: Vec::new(),
            per_scope: IN_ORDER,
            limit: IN_ORDER,
        };
        let mut done = 0;
        for due in self.0.store().claim_due(claim).await? {
            // What may outlast its claim is claimed anew when that is over.
            if self.0.parts.clocks.machine() + CALL_LEASE > due.job.leased_until {
                break;
            }
            self.work(due).await;
            done += 1;
        }
        Ok(done)
    }

    /// A claim on a document for a caller that writes it now and goes on with it.
    pub(crate) fn lease(self, kind: DocumentKind, key: &str) -> Job {
        Job {
            kind,
            key: key.to_owned(),
            tries: 1,
            leased_until: self.0.parts.clocks.machine() + CALL_LEASE,
        }
    }

    /// Jobs that failed for the last time, deliveries that were given up included.
    pub async fn failed(self, limit: usize) -> Result<Vec<FailedJob>, Failure> {
        Ok(self.0.store().failed_jobs(limit).await?)
    }

    /// Lets a failed job be tried anew; whether there was one.
    pub async fn restart(self, kind: &str, key: &str) -> Result<bool, Failure> {
        Ok(self.0.store().restart_job(kind, key).await?)
    }

    /// Looks at a document whose time has come. The handler of a kind moves or
    /// clears the document's time in the commit that it makes.
    pub(crate) async fn fire(self, due: Stored<Document>) -> Result<(), Failure> {
        match due.value.kind {
            DocumentKind::PaymentIntent => self.0.attempts().fire(&due.read()?).await,
            DocumentKind::SavedCard => self.0.saved_cards().give_up(due.read()?).await,
            DocumentKind::SetupIntent => self.0.setup_intents().fire(&due.read()?).await,
            DocumentKind::Mail => self.send_mail(due.read()?).await,
            DocumentKind::Account
            | DocumentKind::Subscription
            | DocumentKind::Customer
            | DocumentKind::Terminal
            | DocumentKind::ConnectorState
            | DocumentKind::Branding
            | DocumentKind::Integration
            | DocumentKind::PosConnection
            | DocumentKind::Company
            | DocumentKind::User
            | DocumentKind::AuditEntry
            | DocumentKind::KeyNote => Ok(()),
            DocumentKind::PosChange
            | DocumentKind::PosMessage
            | DocumentKind::PosFlow
            | DocumentKind::PortalSession
            | DocumentKind::PortalLink
            | DocumentKind::SignInTries => self.0.documents().forget(due).await,
            DocumentKind::TerminalSession => {
                let session = due.read::<Session>()?.value;
                self.0
                    .terminal_sessions()
                    .drive(&session.scope, &session.story.id)
                    .await
            }
            DocumentKind::TableVisit => self.0.tables().visit_due(due.read()?.value).await,
            DocumentKind::TableOrder => self.0.tables().locks().order_due(due.read()?.value).await,
            DocumentKind::TablePayment => self.0.tables().parts().part_due(due.read()?.value).await,
            DocumentKind::Device => {
                self.0
                    .terminal_sessions()
                    .drive_device(due.read::<Device>()?.value)
                    .await
            }
        }
    }

    /// Forgets old idempotency keys, until `stop` is done.
    pub async fn run_forgetting(self, stop: impl Future<Output = ()>) {
        let mut forget = tokio::time::interval(FORGET_EVERY);
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return,
                _ = forget.tick() => {
                    let before = self.0.parts.clocks.machine() - KEEP_KEYS;
                    if let Err(error) = self.0.store().forget_idempotency(before).await {
                        tracing::error!(%error, "old idempotency keys could not be forgotten");
                    }
                }
            }
        }
    }
}
