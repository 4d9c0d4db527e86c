//! Flushing transactions to disk, on a thread of its own: meanwhile the next one
//! is made, and nobody who asked for something waits for both.
//!
//! SQLite shows a transaction to readers as soon as it is made. So nobody is told
//! what was read before all that could be seen is on disk ([`Progress::wait`]).
//! When a flush fails, nobody knows what is on disk: the thread ends, the writer
//! with it, and nothing is told any more.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tatami_engine::ports::store::StoreError;
use tokio::sync::watch;

use super::threads;

/// Nothing is being flushed.
const FREE: u8 = 0;
/// Something is.
const BUSY: u8 = 1;
/// Something is, and the writer wants to be told of its end.
const AWAITED: u8 = 2;

/// Whether what was made is on disk.
pub struct Progress {
    // Transactions that write, counted.
    made: AtomicU64,
    flushed: AtomicU64,
    // The same as `flushed`, for those who wait; nothing when it is over.
    told: watch::Sender<Option<u64>>,
}

impl Progress {
    /// Nothing was made yet.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            made: AtomicU64::new(0),
            flushed: AtomicU64::new(0),
            told: watch::Sender::new(Some(0)),
        })
    }

    /// A transaction that has written is about to be made, and seen.
    pub fn begin(&self) {
        self.made.fetch_add(1, Ordering::SeqCst);
    }

    /// Returns when all that could be seen until now is on disk.
    ///
    /// # Errors
    /// If it is not known to be.
    pub async fn wait(&self) -> Result<(), StoreError> {
        let made = self.made.load(Ordering::SeqCst);
        if self.flushed.load(Ordering::SeqCst) >= made {
            return Ok(());
        }
        let is_over = |flushed: &Option<u64>| flushed.is_none_or(|n| n >= made);
        let mut told = self.told.subscribe();
        let seen = told.wait_for(is_over).await.map(|flushed| *flushed);
        match seen {
            Ok(Some(_)) => Ok(()),
            Ok(None) | Err(_) => Err(lost()),
        }
    }

    /// Whether nothing more is flushed.
    pub fn is_over(&self) -> bool {
        self.told.borrow().is_none()
    }

    fn end(&self) {
        self.told.send_replace(None);
    }

    fn advance(&self, number: u64) {
        self.flushed.store(number, Ordering::SeqCst);
        self.told.send_replace(Some(number));
    }
}

fn lost() -> StoreError {
    StoreError("it is not known what is on disk".to_owned())
}

/// Tells those who wait for a transaction what became of it.
type Answer = Box<dyn FnOnce(&Result<(), StoreError>) + Send>;

/// A transaction as the writer hands it over. Whatever becomes of it, those who
/// wait for it are told: if nothing else, that nobody knows.
struct Made {
    number: u64,
    outcome: Result<(), StoreError>,
    answer: Option<Answer>,
}

impl Made {
    fn answer(mut self) {
        if let Some(answer) = self.answer.take() {
            answer(&self.outcome);
        }
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if let Some(answer) = self.answer.take() {
            answer(&Err(lost()));
        }
    }
}

/// The way to the thread that flushes. Dropping it ends the thread, after what was
/// handed over.
pub struct Flusher {
    progress: Arc<Progress>,
    state: Arc<AtomicU8>,
    made: Option<SyncSender<Made>>,
    thread: Option<JoinHandle<()>>,
}

impl Flusher {
    /// Starts the thread. It calls `flush` for what was written, and `tell` when
    /// it has nothing to do and that is awaited.
    ///
    /// # Errors
    /// If the operating system gives no thread.
    pub fn start(
        progress: Arc<Progress>,
        flush: impl FnMut() -> io::Result<()> + Send + 'static,
        tell: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        let (made, waiting) = sync_channel(1);
        let state = Arc::new(AtomicU8::new(FREE));
        let shared = Shared {
            progress: Arc::clone(&progress),
            state: Arc::clone(&state),
            tell,
        };
        let thread = std::thread::Builder::new()
            .name("store-flusher".to_owned())
            .spawn(move || serve(shared, &waiting, flush))?;
        Ok(Self {
            progress,
            state,
            made: Some(made),
            thread: Some(thread),
        })
    }

    /// A transaction that has written is about to be made.
    pub fn begin(&self) {
        self.progress.begin();
    }

    /// Whether it has nothing to do. If it has, it will tell when that is done.
    pub fn is_free(&self) -> bool {
        let (before, then) = (Ordering::AcqRel, Ordering::Acquire);
        let seen = self.state.compare_exchange(BUSY, AWAITED, before, then);
        seen == Err(FREE)
    }

    /// Lets a transaction be flushed, if it was made and has written, and then
    /// answered. Whether there can be more of them; the answer is given in any case.
    pub fn hand_over(
        &self,
        outcome: Result<(), StoreError>,
        answer: impl FnOnce(&Result<(), StoreError>) + Send + 'static,
    ) -> bool {
        self.state.store(BUSY, Ordering::Release);
        let made = Made {
            number: self.progress.made.load(Ordering::SeqCst),
            outcome,
            answer: Some(Box::new(answer)),
        };
        match &self.made {
            Some(thread) if !self.progress.is_over() => thread.send(made).is_ok(),
            _ => false,
        }
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        self.made = None;
        threads::join(&mut self.thread, "store-flusher");
    }
}

/// The thread's side of what it shares with others. However the thread ends,
/// nobody waits for it any longer.
struct Shared<F: Fn()> {
    progress: Arc<Progress>,
    state: Arc<AtomicU8>,
    tell: F,
}

impl<F: Fn()> Shared<F> {
    fn free(&self) {
        if self.state.swap(FREE, Ordering::AcqRel) == AWAITED {
            (self.tell)();
        }
    }
}

impl<F: Fn()> Drop for Shared<F> {
    fn drop(&mut self) {
        self.progress.end();
        self.free();
    }
}

fn serve<F: Fn()>(
    shared: Shared<F>,
    waiting: &Receiver<Made>,
    mut flush: impl FnMut() -> io::Result<()>,
) {
    while let Ok(made) = waiting.recv() {
        let wrote = made.number > shared.progress.flushed.load(Ordering::SeqCst);
        let flushed = match &made.outcome {
            Ok(()) if wrote => flush(),
            _ => Ok(()),
        };
        if let Err(error) = flushed {
            tracing::error!(%error, "a transaction could not be flushed: nothing more is written");
            // Before anybody is told.
            drop(shared);
            return;
        }
        shared.progress.advance(made.number);
        shared.free();
        made.answer();
    }
}

/// What flushes the write-ahead log of that database, which is open.
///
/// # Errors
/// If the log cannot be opened.
pub fn of_log(db: &Connection) -> io::Result<impl FnMut() -> io::Result<()> + Send + use<>> {
    let path = db.path().ok_or(io::ErrorKind::NotFound)?;
    let log = File::open(PathBuf::from(format!("{path}-wal")))?;
    Ok(move || log.sync_data())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn when_a_flush_fails_those_who_wait_behind_it_are_told_that_nobody_knows() {
        let (go, wait) = channel::<()>();
        let flush = move || match wait.recv() {
            Ok(()) => Err(io::ErrorKind::StorageFull.into()),
            Err(error) => Err(io::Error::other(error)),
        };
        let flusher = Flusher::start(Progress::new(), flush, || ()).expect("a thread");
        let (told, hears) = channel();
        for transaction in 1..=2 {
            flusher.begin();
            let told = told.clone();
            let taken = flusher.hand_over(Ok(()), move |outcome| {
                let _ = told.send((transaction, outcome.clone()));
            });
            assert!(taken, "{transaction}");
        }
        go.send(()).expect("a flush");
        let mut heard: Vec<_> = hears.iter().take(2).collect();
        heard.sort_by_key(|(transaction, _)| *transaction);
        for (transaction, outcome) in heard {
            let why = outcome.expect_err("nobody knows").to_string();
            assert!(why.contains("not known"), "{transaction}: {why}");
        }
        assert!(!flusher.hand_over(Ok(()), |_| ()));
    }
}
