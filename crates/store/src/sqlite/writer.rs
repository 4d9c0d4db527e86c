//! The one thread that writes. It takes all jobs that wait, runs them in one
//! transaction and has them answered when that transaction is on disk: many
//! callers share the price of one flush. While the one before is flushed
//! (`flusher.rs`), it takes what comes. Before it ends a transaction it lets others
//! have the processor and takes what has come meanwhile, until nothing more comes:
//! on a busy machine that makes transactions half as large again, on an idle one
//! it takes no time.
//!
//! Jobs seldom fail, so a batch is first run without precautions. If a job in
//! it fails, all of it is undone and run again with a savepoint for each, so
//! that the failed one is undone alone.

use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tatami_engine::ports::store::{CommitError, StoreError};
use tokio::sync::{mpsc, oneshot};

use super::flusher::{Flusher, Progress};
use super::known::{Known, Scopes};
use super::threads;
use crate::failure::Failure;

/// Jobs that may wait before callers are held back.
const QUEUED_JOBS: usize = 1024;
/// Jobs that share one transaction.
const BATCHED_JOBS: usize = 256;

/// A piece of work and its caller.
trait Job: Send {
    /// Runs it, perhaps again, in a transaction of which something is known.
    /// Whether it succeeded.
    fn run<'db>(&mut self, db: &'db Connection, known: &mut Known<'db>) -> bool;
    /// Runs it so that its failure undoes it alone.
    fn run_in_savepoint(&mut self, db: &Connection);
    /// Tells the caller how it ended, given how the transaction did.
    fn answer(self: Box<Self>, outcome: &Result<(), StoreError>);
}

struct Task<T, F, D> {
    work: F,
    done: D,
    result: Option<Result<T, Failure>>,
    // The work goes back to its caller, who has more time to drop it.
    reply: oneshot::Sender<(Result<T, CommitError>, F)>,
}

impl<T, F, D> Job for Task<T, F, D>
where
    T: Send,
    F: for<'db> Fn(&'db Connection, &mut Known<'db>) -> Result<T, Failure> + Send,
    D: FnOnce(bool) + Send,
{
    fn run<'db>(&mut self, db: &'db Connection, known: &mut Known<'db>) -> bool {
        let result = (self.work)(db, known);
        let good = result.is_ok();
        self.result = Some(result);
        good
    }

    fn run_in_savepoint(&mut self, db: &Connection) {
        let work = |db: &Connection| (self.work)(db, &mut Known::default());
        self.result = Some(in_savepoint(db, work));
    }

    fn answer(self: Box<Self>, outcome: &Result<(), StoreError>) {
        let not_run = || Err(Failure::Store("the transaction was not made".to_owned()));
        let result = match (self.result.unwrap_or_else(not_run), outcome) {
            (Ok(value), Ok(())) => Ok(value),
            (Ok(_), Err(error)) => Err(error.clone().into()),
            (Err(failure), _) => Err(failure.into()),
        };
        (self.done)(result.is_ok());
        // A caller that is gone needs no answer.
        let _ = self.reply.send((result, self.work));
    }
}

/// What the writing thread hears.
enum Word {
    Job(Box<dyn Job>),
    /// What was handed over before is on disk.
    Flushed,
}

/// The way to the writing thread. Dropping it ends the thread, after the jobs
/// that wait.
pub struct Writer {
    words: Option<mpsc::Sender<Word>>,
    progress: Arc<Progress>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on its connection, which leaves flushing to `flush`.
    ///
    /// # Errors
    /// If the operating system gives no thread.
    pub fn start(
        db: Connection,
        progress: Arc<Progress>,
        flush: impl FnMut() -> std::io::Result<()> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (words, waiting) = mpsc::channel(QUEUED_JOBS);
        let weak = words.downgrade();
        let tell = move || {
            // Where it finds no room, the writer has something to do, and looks
            // again when that is done.
            let _ = weak.upgrade().map(|words| words.try_send(Word::Flushed));
        };
        let flusher = Flusher::start(Arc::clone(&progress), flush, tell)?;
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || serve(&db, waiting, &flusher))?;
        Ok(Self {
            words: Some(words),
            progress,
            thread: Some(thread),
        })
    }

    /// Whether jobs are still taken, and what they write is flushed.
    pub fn is_running(&self) -> bool {
        let takes_jobs = self.words.as_ref().is_some_and(|words| !words.is_closed());
        takes_jobs && !self.progress.is_over()
    }

    /// Runs `work` on the writing connection; returns when it is durable. What
    /// a run has written is undone before the next one.
    pub async fn write<T, F>(&self, work: F) -> Result<T, CommitError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        self.commit(
            move |db, known| {
                let result = work(db);
                // Whatever it changed.
                known.scopes = Scopes::default();
                result
            },
            |_| (),
        )
        .await
    }

    /// The same for work that keeps what is known of the transaction true. Tells
    /// `done` whether it was made, in the order in which things were made, whether
    /// or not the caller is still there.
    pub async fn commit<T, F, D>(&self, work: F, done: D) -> Result<T, CommitError>
    where
        T: Send + 'static,
        F: for<'db> Fn(&'db Connection, &mut Known<'db>) -> Result<T, Failure> + Send + 'static,
        D: FnOnce(bool) + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Task {
            work,
            done,
            result: None,
            reply,
        });
        let stopped = || StoreError("the writer has stopped".to_owned());
        let words = self.words.as_ref().ok_or_else(stopped)?;
        words.send(Word::Job(job)).await.map_err(|_| stopped())?;
        let unanswered = |_| StoreError("the transaction was not made".to_owned());
        let (result, _work) = answer.await.map_err(unanswered)?;
        result
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.words = None;
        threads::join(&mut self.thread, "store-writer");
    }
}

fn serve(db: &Connection, mut waiting: mpsc::Receiver<Word>, flusher: &Flusher) {
    while let Some(word) = waiting.blocking_recv() {
        let Word::Job(first) = word else {
            continue;
        };
        let mut batch = Batch {
            jobs: vec![first],
            waiting: &mut waiting,
            flusher,
        };
        let started = std::time::Instant::now();
        let outcome = batch.transact(db);
        let jobs = batch.jobs;
        let queued = waiting.len();
        let answer = move |outcome: &Result<(), StoreError>| {
            crate::measured(jobs.len(), queued, started, outcome.is_ok());
            if let Err(error) = outcome {
                tracing::error!(%error, jobs = jobs.len(), "a transaction was not made");
            }
            for job in jobs {
                job.answer(outcome);
            }
        };
        if !flusher.hand_over(outcome, answer) {
            return;
        }
    }
}

/// Jobs that share a transaction.
struct Batch<'a> {
    jobs: Vec<Box<dyn Job>>,
    waiting: &'a mut mpsc::Receiver<Word>,
    flusher: &'a Flusher,
}

impl Batch<'_> {
    /// Runs its jobs and those that come meanwhile in one transaction, with
    /// savepoints only if one of them fails.
    fn transact(&mut self, db: &Connection) -> Result<(), StoreError> {
        let flusher = self.flusher;
        if transact(db, flusher, |db| self.run(db))? || self.jobs.len() == 1 {
            return Ok(());
        }
        let run_each = |db: &Connection| {
            self.jobs.iter_mut().all(|job| {
                job.run_in_savepoint(db);
                is_open(db)
            })
        };
        transact(db, flusher, run_each).map(drop)
    }

    /// Runs jobs until one fails, or none comes and the transaction before is on
    /// disk.
    fn run(&mut self, db: &Connection) -> bool {
        let mut next = 0;
        let mut known = Known::default();
        loop {
            if !self.gather(next) {
                return true;
            }
            let Some(jobs) = self.jobs.get_mut(next..) else {
                return true;
            };
            if !jobs
                .iter_mut()
                .all(|job| job.run(db, &mut known) && is_open(db))
            {
                return false;
            }
            next = self.jobs.len();
        }
    }

    /// Waits for more jobs than those, as long as it is worth while. Whether there
    /// are any.
    fn gather(&mut self, ran: usize) -> bool {
        self.take();
        if self.jobs.len() == ran {
            std::thread::yield_now();
            self.take();
        }
        while self.jobs.len() == ran && ran < BATCHED_JOBS && !self.flusher.is_free() {
            match self.waiting.blocking_recv() {
                Some(Word::Job(job)) => self.jobs.push(job),
                Some(Word::Flushed) => {}
                None => break,
            }
        }
        self.jobs.len() > ran
    }

    fn take(&mut self) {
        while self.jobs.len() < BATCHED_JOBS
            && let Ok(word) = self.waiting.try_recv()
        {
            if let Word::Job(job) = word {
                self.jobs.push(job);
            }
        }
    }
}

/// A transaction that is over takes no more jobs: they would be on their own.
fn is_open(db: &Connection) -> bool {
    !db.is_autocommit()
}

/// Makes a transaction of some work, or undoes it if the work says no. Whether
/// it was made.
fn transact(
    db: &Connection,
    flusher: &Flusher,
    work: impl FnOnce(&Connection) -> bool,
) -> Result<bool, StoreError> {
    run(db, "BEGIN IMMEDIATE")?;
    let before = db.total_changes();
    let good = work(db);
    if !is_open(db) {
        // A full disk or the like has undone the whole transaction.
        return Err(StoreError("the transaction was undone".to_owned()));
    }
    if !good {
        run(db, "ROLLBACK")?;
        return Ok(false);
    }
    if db.total_changes() != before {
        flusher.begin();
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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::Pin;
    use std::sync::mpsc::channel;
    use std::task::Poll;

    use super::*;

    fn writer() -> (Writer, tempfile::TempDir) {
        let (writer, _, folder) = writer_with(|| Ok(()));
        (writer, folder)
    }

    fn writer_with(
        flush: impl FnMut() -> std::io::Result<()> + Send + 'static,
    ) -> (Writer, Arc<Progress>, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Connection::open(folder.path().join("t.db")).expect("a database");
        db.execute_batch("CREATE TABLE t (n INTEGER PRIMARY KEY)")
            .expect("a table");
        let progress = Progress::new();
        let writer = Writer::start(db, Arc::clone(&progress), flush);
        (writer.expect("a writer"), progress, folder)
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

    async fn is_pending<F: Future + Unpin + ?Sized>(future: &mut F) -> bool {
        poll_fn(|context| Poll::Ready(Pin::new(&mut *future).poll(context).is_pending())).await
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
            let told = started.send(()).map_err(|e| e.to_string());
            told.and_then(|()| wait.recv().map_err(|e| e.to_string()))
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
    async fn nobody_is_told_before_the_flush_and_the_next_transaction_is_made_meanwhile() {
        let (begins, begun) = channel();
        let (go, wait) = channel();
        let (writer, progress, _folder) = writer_with(move || {
            begins.send(()).map_err(std::io::Error::other)?;
            wait.recv().map_err(std::io::Error::other)
        });
        let mut first = Box::pin(writer.write(insert(1)));
        hand_over(&mut first).await;
        begun.recv().expect("the first flush");
        let (runs, ran) = channel();
        let next = move |db: &Connection| {
            insert(2)(db)?;
            runs.send(()).map_err(|e| Failure::Store(e.to_string()))
        };
        let mut second = Box::pin(writer.write(next));
        hand_over(&mut second).await;
        ran.recv().expect("run while the first is flushed");
        let mut read = Box::pin(progress.wait());
        for pending in [
            &mut first as &mut (dyn Future<Output = _> + Unpin),
            &mut second,
        ] {
            assert!(is_pending(pending).await);
        }
        assert!(is_pending(&mut read).await, "the first could be seen");
        go.send(()).expect("a flush");
        first.await.expect("the first");
        read.await.expect("on disk");
        begun.recv().expect("the second flush");
        assert!(is_pending(&mut second).await);
        go.send(()).expect("a flush");
        second.await.expect("the second");
        progress.wait().await.expect("nothing to wait for");
    }

    #[tokio::test]
    async fn what_writes_nothing_is_not_flushed() {
        let (flushes, flushed) = channel();
        let (writer, progress, _folder) =
            writer_with(move || flushes.send(()).map_err(std::io::Error::other));
        assert!(rows(&writer).await.is_empty());
        progress.wait().await.expect("nothing to wait for");
        writer.write(insert(1)).await.expect("written");
        assert_eq!(rows(&writer).await, [1]);
        drop(writer);
        assert_eq!(flushed.iter().count(), 1);
    }

    #[tokio::test]
    async fn when_a_flush_fails_nothing_more_is_written_or_told() {
        let full = || Err(std::io::ErrorKind::StorageFull.into());
        let (writer, progress, _folder) = writer_with(full);
        assert!(writer.write(insert(1)).await.is_err());
        assert!(progress.wait().await.is_err());
        assert!(writer.write(insert(2)).await.is_err());
        assert!(writer.write(insert(3)).await.is_err());
        assert!(!writer.is_running());
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
