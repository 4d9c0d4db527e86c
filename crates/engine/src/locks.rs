//! One change of a payment intent or a document at a time within this process. Between
//! processes the version check decides; the lock only spares the loser a
//! wasted call to the acquirer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::admission::Admission;

type Gate = Arc<tokio::sync::Mutex<()>>;

pub(crate) struct Locks {
    all: Arc<Mutex<HashMap<String, Gate>>>,
    admission: Admission,
}

/// A lock until this is dropped.
pub(crate) struct Held {
    _guard: Option<Guard>,
}

struct Guard {
    /// Taken when it is dropped.
    guard: Option<OwnedMutexGuard<()>>,
    id: String,
    all: Arc<Mutex<HashMap<String, Gate>>>,
}

impl Locks {
    /// Nothing is held yet.
    pub(crate) fn new(admission: Admission) -> Self {
        Self {
            all: Arc::default(),
            admission,
        }
    }

    /// Waits for the lock on what has that id, perhaps while an acquirer is
    /// asked.
    pub(crate) async fn hold(&self, id: &str) -> Held {
        let lock = {
            let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(id.to_owned()).or_default().clone()
        };
        let guard = match Arc::clone(&lock).try_lock_owned() {
            Ok(guard) => guard,
            Err(_) => {
                let _lent = self.admission.lend();
                lock.lock_owned().await
            }
        };
        Held {
            _guard: Some(Guard {
                guard: Some(guard),
                id: id.to_owned(),
                all: self.all.clone(),
            }),
        }
    }

    /// What is new and known to nobody needs no lock.
    pub(crate) async fn hold_known(&self, id: Option<&str>) -> Held {
        match id {
            Some(id) => self.hold(id).await,
            None => Held { _guard: None },
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.guard.take());
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        // Only the map holds it: nobody waits.
        if all
            .get(&self.id)
            .is_some_and(|lock| Arc::strong_count(lock) == 1)
        {
            all.remove(&self.id);
        }
    }
}
