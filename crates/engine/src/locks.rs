//! One change of a payment intent or a record at a time within this process. Between
//! processes the version check decides; the lock only spares the loser a
//! wasted call to the acquirer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

type Gate = Arc<tokio::sync::Mutex<()>>;

#[derive(Default)]
pub(crate) struct Locks(Arc<Mutex<HashMap<String, Gate>>>);

pub(crate) struct Held {
    guard: Option<OwnedMutexGuard<()>>,
    id: String,
    all: Arc<Mutex<HashMap<String, Gate>>>,
}

impl Locks {
    /// Waits for whoever holds what has that id.
    pub(crate) async fn hold(&self, id: &str) -> Held {
        let gate = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(id.to_owned()).or_default().clone()
        };
        Held {
            guard: Some(gate.lock_owned().await),
            id: id.to_owned(),
            all: self.0.clone(),
        }
    }
}

impl Locks {
    /// The same, unless somebody holds it.
    pub(crate) fn try_hold(&self, id: &str) -> Option<Held> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let gate = all.entry(id.to_owned()).or_default().clone();
        Some(Held {
            guard: Some(gate.try_lock_owned().ok()?),
            id: id.to_owned(),
            all: self.0.clone(),
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.guard.take());
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        // Only the map holds it: nobody waits.
        if all
            .get(&self.id)
            .is_some_and(|gate| Arc::strong_count(gate) == 1)
        {
            all.remove(&self.id);
        }
    }
}
