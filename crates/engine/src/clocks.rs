//! Accounts' own clocks: the machine's plus what each was moved ahead.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use tatami_core::account::Scope;
use tatami_core::time::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::ports::clock::Clock;

/// All accounts' clocks.
pub struct Clocks {
    machine: Arc<dyn Clock>,
    offsets: RwLock<HashMap<Scope, SignedDuration>>,
    moved: watch::Sender<()>,
}

impl Clocks {
    /// Clocks that none has moved yet.
    pub fn new(machine: Arc<dyn Clock>) -> Self {
        Self {
            machine,
            offsets: RwLock::default(),
            moved: watch::Sender::new(()),
        }
    }

    /// The machine's time.
    pub fn machine(&self) -> Timestamp {
        self.machine.now()
    }

    /// The time of an account.
    pub fn now(&self, scope: &Scope) -> Timestamp {
        let offset = match self.offsets.read() {
            Ok(offsets) => offsets.get(scope).copied(),
            Err(poisoned) => poisoned.into_inner().get(scope).copied(),
        };
        let now = self.machine.now();
        offset.and_then(|o| now.checked_add(o).ok()).unwrap_or(now)
    }

    /// Sets how far an account's clock is ahead. Storage must know it already.
    /// Clocks never go back: what says so was read before they were moved.
    pub(crate) fn set(&self, scope: &Scope, offset: SignedDuration) {
        let mut offsets = self
            .offsets
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if offsets.get(scope).is_some_and(|known| *known >= offset) {
            return;
        }
        offsets.insert(scope.clone(), offset);
        drop(offsets);
        self.moved.send_replace(());
    }

    /// Waits until an account's clock has reached `at`, because time went by or
    /// because it was moved.
    pub async fn until(&self, scope: &Scope, at: Timestamp) {
        let mut moved = self.moved.subscribe();
        loop {
            let left = at.duration_since(self.now(scope));
            let Ok(left) = Duration::try_from(left) else {
                return;
            };
            if left.is_zero() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                _ = moved.changed() => {}
            }
        }
    }
}
