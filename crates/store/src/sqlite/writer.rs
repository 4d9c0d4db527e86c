//! The one thread that writes. It takes all jobs that wait, runs them in one
//! transaction and answers them when that transaction is on disk (group commit):
//! many callers share the price of one flush. Before it commits it lets others have
//! the processor and takes what has come meanwhile, until nothing more comes.
//!
//! Jobs seldom fail, so a batch is first run without precautions. If a job in
//! it fails, all of it is undone and run again with a savepoint for each, so
//! that the failed one is undone alone.

use std::thread::JoinHandle;

use rusqlite::Connection;
use tatami_engine::ports::store::{CommitError, StoreError};
use tokio::sync::{mpsc, oneshot};

use crate::failure::Failure;

/// Jobs that may wait before callers are held back.
const QUEUED_JOBS: usize = 1024;
/// Jobs that share one transaction.
const BATCHED_JOBS: usize = 256;

/// A piece of work and its caller.
trait Job: Send {
    /// Runs it, perhaps again. Whether it succeeded.
    fn run(&mut self, db: &Connection) -> bool;
    /// Runs it so that its failure undoes it alone.
    fn run_in_savepoint(&mut self, db: &Connection);
    /// Answers the caller, given how the transaction did.
    fn answer(self: Box<Self>, outcome: &Result<(), StoreError>);
}

type Waiting = mpsc::Receiver<Box<dyn Job>>;

struct Task<T, F> {
    work: F,
    result: Option<Result<T, Failure>>,
    reply: oneshot::Sender<Result<T, CommitError>>,
}

impl<T, F> Job for Task<T, F>
where
    T: Send,
    F: Fn(&Connection) -> Result<T, Failure> + Send,
{
    fn run(&mut self, db: &Connection) -> bool {
        let result = (self.work)(db);
        let good = result.is_ok();
        self.result = Some(result);
        good
    }

    fn run_in_savepoint(&mut self, db: &Connection) {
        self.result = Some(in_savepoint(db, &self.work));
    }

    fn answer(self: Box<Self>, outcome: &Result<(), StoreError>) {
        let not_run = || Err(Failure::Store("the transaction was not made".to_owned()));
        let result = match (self.result.unwrap_or_else(not_run), outcome) {
            (Ok(value), Ok(())) => Ok(value),
            (Ok(_), Err(error)) => Err(error.clone().into()),
            (Err(failure), _) => Err(failure.into()),
        };
        // A caller that is gone needs no answer.
        let _ = self.reply.send(result);
    }
}

/// The way to the writing thread. Dropping it ends the thread, after the jobs
/// that wait.
pub struct Writer {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on its connection.
    ///
    /// # Errors
    /// If the operating system gives no thread.
    pub fn start(db: Connection) -> std::io::Result<Self> {
        let (jobs, mut waiting) = mpsc::channel(QUEUED_JOBS);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                while let Some(first) = waiting.blocking_recv() {
                    serve(&db, first, &mut waiting);
                }
            })?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Whether jobs are still taken.
    pub fn is_running(&self) -> bool {
        self.jobs.as_ref().is_some_and(|jobs| !jobs.is_closed())
    }

    /// Runs `work` on the writing connection; returns when it is durable. What
    /// a run has written is undone before the next one.
    pub async fn write<T, F>(&self, work: F) -> Result<T, CommitError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Task {
            work,
            result: None,
            reply,
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
            tracing::error!("the thread that writes had panicked");
        }
    }
}

/// Makes the jobs that wait one transaction, and answers them.
fn serve(db: &Connection, first: Box<dyn Job>, waiting: &mut Waiting) {
    let mut jobs = vec![first];
    let started = std::time::Instant::now();
    let outcome = together(db, &mut jobs, waiting);
    crate::measured(jobs.len(), waiting.len(), started, outcome.is_ok());
    if let Err(error) = &outcome {
        tracing::error!(%error, jobs = jobs.len(), "a transaction was not made");
    }
    for job in jobs {
        job.answer(&outcome);
    }
}

/// Runs jobs, and those that come meanwhile, in one transaction, with savepoints
/// only if one of them fails.
fn together(
    db: &Connection,
    jobs: &mut Vec<Box<dyn Job>>,
    waiting: &mut Waiting,
) -> Result<(), StoreError> {
    let all = |db: &Connection| {
        let mut ran = 0;
        while gather(jobs, waiting, ran) {
            let new = jobs.iter_mut().skip(ran);
            for job in new {
                if !job.run(db) || !is_open(db) {
                    return false;
                }
            }
            ran = jobs.len();
        }
        true
    };
    if transact(db, all)? || jobs.len() == 1 {
        return Ok(());
    }
    let each = |db: &Connection| {
        jobs.iter_mut().all(|job| {
            job.run_in_savepoint(db);
            is_open(db)
        })
    };
    transact(db, each).map(drop)
}

/// Takes the jobs that wait. Whether there are more than those that ran.
fn gather(jobs: &mut Vec<Box<dyn Job>>, waiting: &mut Waiting, ran: usize) -> bool {
    take(jobs, waiting);
    if jobs.len() == ran {
        std::thread::yield_now();
        take(jobs, waiting);
    }
    jobs.len() > ran
}

fn take(jobs: &mut Vec<Box<dyn Job>>, waiting: &mut Waiting) {
    while jobs.len() < BATCHED_JOBS
        && let Ok(job) = waiting.try_recv()
    {
        jobs.push(job);
    }
}

/// A transaction that is over takes no more jobs: they would be on their own.
fn is_open(db: &Connection) -> bool {
    !db.is_autocommit()
}

/// Makes some work one transaction, or undoes it if the work returns false.
/// Returns whether it was made.
fn transact(db: &Connection, work: impl FnOnce(&Connection) -> bool) -> Result<bool, StoreError> {
    run(db, "BEGIN IMMEDIATE")?;
    let good = work(db);
    if !is_open(db) {
        // A full disk or the like has undone the whole transaction.
        return Err(StoreError("the transaction was undone".to_owned()));
    }
    if !good {
        run(db, "ROLLBACK")?;
        return Ok(false);
    }
    let committed = run(db, "COMMIT");
    if committed.is_err() && is_open(db) {
        run(db, "ROLLBACK")?;
    }
    committed?;
    Ok(true)
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
        // What the job did cannot be separated from what others did: undo it all.
        run(db, "ROLLBACK")?;
        return Err(failure);
    }
    result
}

fn run(db: &Connection, sql: &str) -> Result<(), Failure> {
    db.prepare_cached(sql)?.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::sync::mpsc::channel;
    use std::task::Poll;

    use super::*;

    fn writer() -> (Writer, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Connection::open(folder.path().join("t.db")).expect("a database");
        db.execute_batch("CREATE TABLE t (n INTEGER PRIMARY KEY)")
            .expect("a table");
        (Writer::start(db).expect("a writer"), folder)
    }

    fn insert(n: i64) -> impl Fn(&Connection) -> Result<(), Failure> + Send + 'static {
        move |db| {
            db.execute("INSERT INTO t (n) VALUES (?1)", [n])?;
            Ok(())
        }
    }

    async fn rows(writer: &Writer) -> Vec<i64> {
        let read = writer.write(|db| {
            let mut rows = db.prepare("SELECT n FROM t ORDER BY n")?;
            let rows = rows.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        });
        read.await.expect("rows")
    }

    /// Gives a job to the writer and does not wait for its answer.
    async fn hand_over<T>(job: &mut Pin<Box<impl Future<Output = T>>>) {
        poll_fn(|context| {
            let _ = job.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
    }

    #[tokio::test]
    async fn a_failed_job_is_undone_alone() {
        let (writer, _folder) = writer();
        let half = |db: &Connection| -> Result<(), Failure> {
            insert(2)(db)?;
            Err(Failure::Stale)
        };
        let results = tokio::join!(
            writer.write(insert(1)),
            writer.write(half),
            writer.write(insert(3))
        );
        assert!(results.0.is_ok() && results.2.is_ok());
        assert!(matches!(results.1, Err(CommitError::Stale)));
        assert_eq!(rows(&writer).await, [1, 3]);
    }

    #[tokio::test]
    async fn when_a_transaction_is_lost_all_its_jobs_are_told() {
        let (writer, _folder) = writer();
        let (started, begun) = channel();
        let (go, wait) = channel();
        let hold = move |_: &Connection| {
            let sent = started.send(()).map_err(|e| e.to_string());
            sent.and_then(|()| wait.recv().map_err(|e| e.to_string()))
                .map_err(Failure::Store)
        };
        let lose = |db: &Connection| Ok(db.execute_batch("ROLLBACK")?);
        let mut held = Box::pin(writer.write(hold));
        hand_over(&mut held).await;
        begun.recv().expect("begun");
        // While the first is held, the others come and join its transaction.
        let release = async { go.send(()) };
        let (before, lost, after, released, held) = tokio::join!(
            writer.write(insert(1)),
            writer.write(lose),
            writer.write(insert(2)),
            release,
            held,
        );
        released.expect("released");
        assert!(held.is_err() && before.is_err() && lost.is_err() && after.is_err());
        assert!(rows(&writer).await.is_empty());
        writer.write(insert(3)).await.expect("the next one works");
        assert_eq!(rows(&writer).await, [3]);
    }

    #[tokio::test]
    async fn dropping_finishes_what_was_handed_over() {
        let (writer, folder) = writer();
        let mut handed = Box::pin(writer.write(insert(1)));
        hand_over(&mut handed).await;
        drop(handed);
        drop(writer);
        let db = Connection::open(folder.path().join("t.db")).expect("a database");
        let kept: i64 = db
            .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
            .expect("a count");
        assert_eq!(kept, 1);
    }
}
