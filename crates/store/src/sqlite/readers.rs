//! Connections that read. In WAL mode they wait for nobody, so a few are enough.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tatami_engine::ports::store::StoreError;
use tokio::sync::Semaphore;

use super::open::for_reading;
use crate::OpenError;
use crate::failure::Failure;

/// Reads that run at the same time.
const CONNECTIONS: usize = 4;

/// The pool.
pub struct Readers {
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
        let connections: Result<Vec<_>, _> = (0..CONNECTIONS).map(|_| for_reading(path)).collect();
        Ok(Self {
            free: Arc::new(Mutex::new(connections?)),
            permits: Arc::new(Semaphore::new(CONNECTIONS)),
        })
    }

    /// Runs `work` on a connection of the pool.
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
