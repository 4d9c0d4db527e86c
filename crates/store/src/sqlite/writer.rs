//! The one thread that writes. It takes all jobs that wait, runs them in one
//! transaction, each in a savepoint of its own, and answers them when that
//! transaction is on disk: many callers share the price of one flush.

use std::thread::JoinHandle;

use rusqlite::Connection;
use tatami_engine::ports::store::{CommitError, StoreError};
use tokio::sync::{mpsc, oneshot};

use crate::failure::Failure;

/// Jobs that may wait before callers are held back.
const QUEUED_JOBS: usize = 1024;
/// Jobs that share one transaction.
const BATCHED_JOBS: usize = 256;

/// Tells a caller how its job ended, given how the transaction did.
type Answer = Box<dyn FnOnce(Result<(), StoreError>)>;
type Job = Box<dyn FnOnce(&Connection) -> Answer + Send>;

/// The way to the writing thread. Dropping it ends the thread, after the jobs
/// that wait.
pub struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on its connection.
    ///
    /// # Errors
    /// If the operating system gives no thread.
    pub fn start(db: Connection) -> std::io::Result<Self> {
        let (jobs, waiting) = mpsc::channel(QUEUED_JOBS);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || serve(&db, waiting))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Whether the thread still takes jobs.
    pub fn is_running(&self) -> bool {
        self.jobs.as_ref().is_some_and(|jobs| !jobs.is_closed())
    }

    /// Runs `work` on the writing connection; returns when it is durable.
    pub async fn write<T, F>(&self, work: F) -> Result<T, CommitError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |db| {
            let result = in_savepoint(db, work);
            Box::new(move |outcome| {
                let result = match (result, outcome) {
                    (Ok(value), Ok(())) => Ok(value),
                    (Ok(_), Err(error)) => Err(error.into()),
                    (Err(failure), _) => Err(failure.into()),
                };
                // A caller that is gone needs no answer.
                let _ = reply.send(result);
            })
        });
        let stopped = || StoreError("the writer has stopped".to_owned());
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        jobs.send(job).await.map_err(|_| stopped())?;
        let unanswered = |_| StoreError("the transaction was not made".to_owned());
        answer.await.map_err(unanswered)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the storage writer had panicked");
        }
    }
}

fn serve(db: &Connection, mut waiting: mpsc::Receiver<Job>) {
    while let Some(first) = waiting.blocking_recv() {
        let mut jobs = vec![first];
        while jobs.len() < BATCHED_JOBS
            && let Ok(job) = waiting.try_recv()
        {
            jobs.push(job);
        }
        let mut answers = Vec::with_capacity(jobs.len());
        let outcome = transact(db, jobs, &mut answers);
        if let Err(error) = &outcome {
            tracing::error!(%error, jobs = answers.len(), "a transaction was not made");
        }
        for answer in answers {
            answer(outcome.clone());
        }
    }
}

/// Runs jobs in one transaction. A job without an answer did not run.
fn transact(db: &Connection, jobs: Vec<Job>, answers: &mut Vec<Answer>) -> Result<(), StoreError> {
    run(db, "BEGIN IMMEDIATE")?;
    for job in jobs {
        answers.push(job(db));
        if db.is_autocommit() {
            // A full disk or the like has undone the whole transaction.
            return Err(StoreError("the transaction was undone".to_owned()));
        }
    }
    let committed = run(db, "COMMIT");
    if committed.is_err() && !db.is_autocommit() {
        run(db, "ROLLBACK")?;
    }
    committed.map_err(Into::into)
}

/// Runs one job so that its failure undoes it alone.
fn in_savepoint<T>(
    db: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    run(db, "SAVEPOINT job")?;
    let result = work(db);
    if db.is_autocommit() {
        return result.and(Err(Failure::Store("the transaction was undone".to_owned())));
    }
    let closed = match &result {
        Ok(_) => run(db, "RELEASE job"),
        Err(_) => run(db, "ROLLBACK TO job").and_then(|()| run(db, "RELEASE job")),
    };
    if let Err(failure) = closed {
        // What the job did cannot be told from what others did: undo it all.
        run(db, "ROLLBACK")?;
        return Err(failure);
    }
    result
}

fn run(db: &Connection, sql: &str) -> Result<(), Failure> {
    db.prepare_cached(sql)?.execute([])?;
    Ok(())
}
