//! The tasks that commit. Each takes all commits that wait, makes them one
//! transaction and answers them when the server has it on disk: many callers
//! share the price of one flush.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use tatami_engine::ports::store::{CommitError, IdempotencyWrite, StoreError};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::batch::STATEMENTS;
use super::link::Link;
use super::server::Server;
use super::transaction;
use crate::failure::Failure;
use crate::prepared::Prepared;

/// Two, so that one works while the other waits for the disk.
const WRITERS: usize = 2;
/// Commits that may wait before callers are held back.
const QUEUED_COMMITS: usize = 1024;
/// Commits that share one transaction.
const BATCHED_COMMITS: usize = 256;

struct Job {
    prepared: Prepared,
    /// Machine time.
    now: i64,
    reply: oneshot::Sender<Result<(), CommitError>>,
}

/// The way to the writing tasks. They end with it, after the commits that wait.
pub struct Writers(mpsc::Sender<Job>);

impl Writers {
    /// Starts the tasks.
    pub fn start(server: &Arc<Server>) -> Self {
        let (jobs, waiting) = mpsc::channel(QUEUED_COMMITS);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..WRITERS {
            let link = Link::new(Arc::clone(server), STATEMENTS);
            tokio::spawn(serve(link, Arc::clone(&waiting)));
        }
        Self(jobs)
    }

    /// Whether the tasks still take commits.
    pub fn is_running(&self) -> bool {
        !self.0.is_closed()
    }

    /// Makes a commit that came at that machine time; returns when it is
    /// durable.
    pub async fn commit(&self, prepared: Prepared, now: i64) -> Result<(), CommitError> {
        let (reply, answer) = oneshot::channel();
        let job = Job {
            prepared,
            now,
            reply,
        };
        let stopped = |_| StoreError("the writers have stopped".to_owned());
        self.0.send(job).await.map_err(stopped)?;
        let unanswered = |_| StoreError("the transaction was not made".to_owned());
        answer.await.map_err(unanswered)?
    }
}

async fn serve(link: Link, waiting: Arc<Mutex<mpsc::Receiver<Job>>>) {
    let mut jobs = VecDeque::new();
    loop {
        if jobs.is_empty() {
            let mut waiting = waiting.lock().await;
            let Some(first) = waiting.recv().await else {
                return;
            };
            jobs.push_back(first);
            while jobs.len() < BATCHED_COMMITS
                && let Ok(job) = waiting.try_recv()
            {
                jobs.push_back(job);
            }
        }
        let batch = take_batch(&mut jobs);
        let commits: Vec<_> = batch.iter().map(|job| (&job.prepared, job.now)).collect();
        let started = std::time::Instant::now();
        let results = match link.session().await {
            Ok(session) => transaction::commit(&session, &commits).await,
            Err(failure) => commits.iter().map(|_| Err(failure.clone())).collect(),
        };
        let made = results.iter().any(Result::is_ok);
        crate::measured(batch.len(), jobs.len(), started, made);
        answer(batch, results);
    }
}

fn answer(batch: Vec<Job>, results: transaction::Results) {
    for (job, result) in batch.into_iter().zip(results) {
        if let Err(failure @ (Failure::Store(_) | Failure::Contended(_))) = &result {
            tracing::error!(?failure, "a commit was not made");
        }
        // A caller that is gone needs no answer.
        let _ = job.reply.send(result.map_err(CommitError::from));
    }
}

/// What a commit touches that another must not touch in the same batch.
#[derive(PartialEq, Eq, Hash)]
enum Touched<'a> {
    Document(&'a str),
    Key(&'a str, &'a str),
}

/// Takes the first commits that go together.
fn take_batch(jobs: &mut VecDeque<Job>) -> Vec<Job> {
    let mut touched = HashSet::new();
    let mut taken = Vec::with_capacity(jobs.len());
    for job in jobs.iter() {
        let own = touches(&job.prepared);
        taken.push(own.iter().all(|one| !touched.contains(one)));
        // What stays behind is not overtaken by what touches the same.
        touched.extend(own);
    }
    let mut batch = Vec::with_capacity(taken.len());
    let mut left = VecDeque::new();
    for (job, goes) in jobs.drain(..).zip(taken) {
        if goes {
            batch.push(job);
        } else {
            left.push_back(job);
        }
    }
    *jobs = left;
    batch
}

fn touches(prepared: &Prepared) -> Vec<Touched<'_>> {
    let commit = &prepared.commit;
    let mut own: Vec<_> = commit
        .documents
        .iter()
        .map(|write| Touched::Document(write.id()))
        .collect();
    let key = commit.idempotency.as_ref().map(|write| match write {
        IdempotencyWrite::Claim { key, .. }
        | IdempotencyWrite::Store { key, .. }
        | IdempotencyWrite::Complete { key, .. }
        | IdempotencyWrite::Release { key } => key.as_str(),
    });
    own.extend(key.map(|key| Touched::Key(&prepared.scope, key)));
    own
}
