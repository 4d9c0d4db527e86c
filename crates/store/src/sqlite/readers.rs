//! Connections that read. In WAL mode they never wait for a lock, so a few are enough.
//!
//! A row that is found by its key takes some microseconds, far less than handing
//! the work to another thread and waking up for its result: such reads are made
//! where they are asked for. What reads many rows goes to a thread that may
//! block.

use std::num::NonZero;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tatami_engine::ports::store::StoreError;
use tokio::sync::Semaphore;

use super::open::for_reading;
use crate::OpenError;
use crate::failure::Failure;

/// Connections for short reads: one for each of the runtime's threads, up to
/// this many. One more long read than that runs at the same time: more of them
/// would only share the processors, and each takes memory.
const MAX_AT_ONCE: usize = 8;

/// The pool.
pub struct Readers {
    at_once: Box<[Mutex<Connection>]>,
    free: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

/// A connection that goes back into the pool, also when its reader panics.
struct Lent {
    db: Option<Connection>,
    home: Arc<Mutex<Vec<Connection>>>,
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut free = self.home.lock().unwrap_or_else(PoisonError::into_inner);
        free.extend(self.db.take());
    }
}

impl Readers {
    /// Opens the connections.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let short = threads.min(MAX_AT_ONCE);
        let long = short + 1;
        let connections: Result<Vec<_>, _> = (0..long).map(|_| for_reading(path)).collect();
        let at_once: Result<Vec<_>, _> = (0..short)
            .map(|_| for_reading(path).map(Mutex::new))
            .collect();
        Ok(Self {
            at_once: at_once?.into(),
            free: Arc::new(Mutex::new(connections?)),
            permits: Arc::new(Semaphore::new(long)),
        })
    }

    /// Finds a few rows by their keys, on the calling thread.
    pub fn find<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let free = self.at_once.iter().find_map(|db| db.try_lock().ok());
        // More threads than connections: the others are done in a moment.
        let waited_for = || self.at_once.first().map(Mutex::lock);
        let db = free.or_else(|| Some(waited_for()?.unwrap_or_else(PoisonError::into_inner)));
        let db = db.ok_or_else(|| StoreError("there are no readers".to_owned()))?;
        Ok(work(&db)?)
    }

    /// Runs `work` that may take long on a connection of the pool.
    pub async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        let closed = || StoreError("the readers are closed".to_owned());
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| closed())?;
        let home = Arc::clone(&self.free);
        let task = tokio::task::spawn_blocking(move || {
            // Dropped last, when the connection is back.
            let _permit = permit;
            let db = home.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let lent = Lent { db, home };
            let db = lent.db.as_ref().ok_or_else(closed)?;
            work(db).map_err(StoreError::from)
        });
        task.await.map_err(|error| StoreError(error.to_string()))?
    }
}
