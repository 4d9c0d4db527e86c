//! What is due, worked off: claimed by lease, side by side within a bound, and
//! tried again later if it fails. A slow acquirer of one account keeps nobody
//! else's work waiting.

use std::collections::HashMap;
use std::time::Duration;

use tatami_core::account::{AnyScope, Scope};
use tatami_core::time::SignedDuration;
use tokio::task::{JoinError, JoinSet};

use crate::outside::CALL_LEASE;
use crate::ports::jobs::{DueClaim, DueJob, FailedJob, Job, JobEnd};
use crate::ports::records::RecordKind;
use crate::{Engine, Failure};

/// How long a claim lasts: longer than any handler takes.
const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// Jobs under way at the same time.
const AT_ONCE: usize = 256;
/// Of them, those that may be second ones of their scope: the rest is for scopes
/// that have none under way.
const AT_ONCE_OF_BUSY: usize = 128;
/// Jobs of one scope under way at the same time.
const PER_SCOPE: usize = 16;
/// Jobs of one scope that are claimed together when they are done one by one.
const IN_ORDER: usize = 16;
/// How often a job is tried.
const TRIES: u32 = 20;
/// How long a job waits after it failed; doubled each time.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);
/// How often to look for due work without being woken.
const POLL: Duration = Duration::from_millis(500);

/// Jobs under way.
#[derive(Default)]
struct Running {
    tasks: JoinSet<AnyScope>,
    of: HashMap<AnyScope, usize>,
}

impl Running {
    /// Scopes with at least so many jobs under way.
    fn busy(&self, least: usize) -> Vec<AnyScope> {
        let busy = self.of.iter().filter(|(_, count)| **count >= least);
        busy.map(|(scope, _)| scope.clone()).collect()
    }

    fn ended(&mut self, ended: Result<AnyScope, JoinError>) {
        match ended {
            Ok(scope) => {
                if let Some(count) = self.of.get_mut(&scope) {
                    *count -= 1;
                }
                self.of.retain(|_, count| *count > 0);
            }
            Err(error) => {
                tracing::error!(%error, "a job broke off");
                // Whose it was is not known any more: count anew.
                self.of.clear();
            }
        }
    }
}

impl Engine {
    /// Works off what is due, until `stop` is done. What is under way then is let
    /// end.
    pub async fn run_jobs(&self, stop: impl Future<Output = ()>) {
        let mut poll = tokio::time::interval(POLL);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut running = Running::default();
        tokio::pin!(stop);
        loop {
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(ended) = running.tasks.join_next() => {
                    running.ended(ended);
                    while let Some(ended) = running.tasks.try_join_next() {
                        running.ended(ended);
                    }
                    self.start_due(&mut running).await;
                }
                _ = poll.tick() => self.start_due(&mut running).await,
            }
        }
        while running.tasks.join_next().await.is_some() {}
    }

    /// Starts what is due: first of scopes that have nothing under way, then of
    /// the others as far as there is room for them.
    async fn start_due(&self, running: &mut Running) {
        for (busy, per_scope, most) in [(1, 1, AT_ONCE), (PER_SCOPE, PER_SCOPE, AT_ONCE_OF_BUSY)] {
            let limit = most.saturating_sub(running.tasks.len());
            if limit == 0 {
                continue;
            }
            let claim = DueClaim {
                now: self.0.parts.clocks.machine(),
                lease: LEASE,
                scope: None,
                busy: running.busy(busy),
                per_scope,
                limit,
            };
            match self.store().claim_due(claim).await {
                Ok(claimed) => {
                    for due in claimed {
                        self.spawn_job(due, running);
                    }
                }
                Err(error) => tracing::error!(%error, "due work could not be claimed"),
            }
        }
    }

    fn spawn_job(&self, due: DueJob, running: &mut Running) {
        let scope = due.record.value.scope.clone();
        *running.of.entry(scope.clone()).or_default() += 1;
        let engine = self.clone();
        running.tasks.spawn(async move {
            engine.work(due).await;
            scope
        });
    }

    /// Does one job, and notes how it ended.
    async fn work(&self, due: DueJob) {
        let DueJob { job, record } = due;
        let end = match self.fire_record(record).await {
            Ok(()) => JobEnd::Done,
            Err(error) => {
                tracing::error!(document.id = job.key, kind = job.kind.word(), %error, "what was due failed");
                self.retry_or_fail(&job, error.to_string())
            }
        };
        if let Err(error) = self.store().end_job(&job, end).await {
            tracing::error!(document.id = job.key, %error, "the end of a job could not be written");
        }
    }

    fn retry_or_fail(&self, job: &Job, error: String) -> JobEnd {
        if job.tries >= TRIES {
            return JobEnd::Failed(error);
        }
        let doubled = 1_i32.checked_shl(job.tries.saturating_sub(1).min(16));
        let wait = FIRST_WAIT * doubled.unwrap_or(i32::MAX);
        JobEnd::RetryAt(
            self.0.parts.clocks.machine() + wait.min(LONGEST_WAIT),
            error,
        )
    }

    /// Does what is due of a scope, one after the other in its order; how much
    /// there was.
    pub(crate) async fn work_off(&self, scope: &Scope) -> Result<usize, Failure> {
        let claim = DueClaim {
            now: self.0.parts.clocks.machine(),
            lease: LEASE,
            scope: Some(AnyScope::from(scope)),
            busy: Vec::new(),
            per_scope: IN_ORDER,
            limit: IN_ORDER,
        };
        let claimed = self.store().claim_due(claim).await?;
        let count = claimed.len();
        for due in claimed {
            self.work(due).await;
        }
        Ok(count)
    }

    /// A claim on a document for whoever writes it now and goes on with it.
    pub(crate) fn lease(&self, kind: RecordKind, key: &str) -> Job {
        Job {
            kind,
            key: key.to_owned(),
            tries: 1,
            leased_until: self.0.parts.clocks.machine() + CALL_LEASE,
        }
    }

    /// Jobs and mails that failed for the last time.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn failed_jobs(&self, limit: usize) -> Result<Vec<FailedJob>, Failure> {
        Ok(self.store().failed_jobs(limit).await?)
    }

    /// Lets a failed job be tried anew; whether there was one.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn restart_job(&self, kind: &str, key: &str) -> Result<bool, Failure> {
        Ok(self.store().restart_job(kind, key).await?)
    }
}
