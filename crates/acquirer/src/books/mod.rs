//! The acquirer's books: in a SQLite file, or in a PostgreSQL database that
//! several programs share, written by one thread of each.
//!
//! The thread takes the requests that wait, carries them out in one transaction
//! and answers them when it is on disk, so that many payments share one
//! flush.

pub(crate) mod authorizations;
pub mod balance;
pub(crate) mod challenges;
pub mod entries;
mod file;
pub(crate) mod ledger;
mod postgres;
mod rows;
mod sqlite;
mod tables;

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use tatami_core::Entropy;
use tokio::sync::{mpsc, oneshot};

pub use authorizations::BookedAuthorization;
pub use entries::{BookEntry, BookOutcome};
pub use file::{OpenError, open as open_books, version as books_version};
pub use postgres::{Connector, open as open_shared_books};
pub use tables::BOOKS_TABLES;

use self::ledger::{Broken, Ledger};
use self::postgres::ServerKeeper;
use self::sqlite::FileKeeper;

/// The most requests that share one transaction.
const GROUP_MOST: usize = 256;

/// How many requests may wait before callers wait to be let in.
const QUEUE_MOST: usize = 1024;

/// Why the books gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BooksError {
    /// They are closed: the request was not taken.
    #[error("the acquirer's books are closed")]
    Closed,
    /// They could not be read or written; the request may have been carried
    /// out.
    #[error("the acquirer's books failed")]
    Failed,
}

/// What a request may do in the books.
pub(crate) struct Desk<'a> {
    pub(crate) ledger: &'a mut dyn Ledger,
    pub(crate) entropy: &'a mut dyn Entropy,
}

/// Gives an answer to whoever waits for it.
type Deliver = Box<dyn FnOnce() + Send>;
type Job = Box<dyn FnOnce(&mut Desk<'_>) -> Result<Deliver, Broken> + Send>;

/// Where the books are kept.
trait Keeper: Send {
    /// Carries out a group of requests in one transaction: all of it, or none.
    fn carry_out(
        &mut self,
        entropy: &mut dyn Entropy,
        group: Vec<Job>,
    ) -> Result<Vec<Deliver>, Broken>;
}

/// The books. Those in a file are closed, with everything written, when dropped.
pub(crate) struct Books {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Books {
    pub(crate) fn open(path: &Path, entropy: Box<dyn Entropy>) -> Result<Self, OpenError> {
        let keeper = FileKeeper(file::open(path)?);
        let (jobs, thread) = start(Box::new(keeper), entropy)?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    pub(crate) async fn open_shared(
        connector: Arc<dyn Connector>,
        entropy: Box<dyn Entropy>,
    ) -> Result<Self, OpenError> {
        let client = connector.connect().await.map_err(OpenError::Unreachable)?;
        postgres::open(&client).await?;
        let keeper = ServerKeeper::new(connector);
        let (jobs, _unjoined) = start(Box::new(keeper), entropy)?;
        Ok(Self {
            jobs: Some(jobs),
            // It needs the runtime, which may be waiting for whoever drops this.
            thread: None,
        })
    }

    /// Carries out a request and returns its answer once that is durable. A
    /// request that was taken is carried out even if nobody waits any more.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        request: impl FnOnce(&mut Desk<'_>) -> Result<T, Broken> + Send + 'static,
    ) -> Result<T, BooksError> {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |desk| {
            let answer = request(desk)?;
            // Whoever asked may be gone.
            Ok(Box::new(move || drop(tell.send(answer))))
        });
        let jobs = self.jobs.as_ref().ok_or(BooksError::Closed)?;
        jobs.send(job).await.map_err(|_| BooksError::Closed)?;
        told.await.map_err(|_| BooksError::Failed)
    }
}

impl Drop for Books {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the acquirer's books ended in a panic");
        }
    }
}

fn start(
    keeper: Box<dyn Keeper>,
    entropy: Box<dyn Entropy>,
) -> std::io::Result<(mpsc::Sender<Job>, JoinHandle<()>)> {
    let (jobs, queue) = mpsc::channel(QUEUE_MOST);
    let thread = std::thread::Builder::new()
        .name("acquirer-books".to_owned())
        .spawn(move || serve(keeper, entropy, queue))?;
    Ok((jobs, thread))
}

fn serve(
    mut keeper: Box<dyn Keeper>,
    mut entropy: Box<dyn Entropy>,
    mut queue: mpsc::Receiver<Job>,
) {
    while let Some(first) = queue.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP_MOST {
            match queue.try_recv() {
                Ok(job) => group.push(job),
                Err(_) => break,
            }
        }
        match keeper.carry_out(entropy.as_mut(), group) {
            Ok(answers) => answers.into_iter().for_each(|deliver| deliver()),
            // The callers learn it from their channels, which are gone now.
            Err(error) => tracing::error!(%error, "the acquirer's books failed"),
        }
    }
}

/// Carries out the requests of a group, within a transaction.
fn answer_all(
    ledger: &mut dyn Ledger,
    entropy: &mut dyn Entropy,
    group: Vec<Job>,
) -> Result<Vec<Deliver>, Broken> {
    let mut desk = Desk { ledger, entropy };
    group.into_iter().map(|job| job(&mut desk)).collect()
}
