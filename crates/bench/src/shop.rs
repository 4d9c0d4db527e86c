//! One server as its callers see it: what was created there, to be read again.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many intents are remembered for reading.
const REMEMBERED: usize = 20_000;

/// An intent that exists.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its id.
    pub id: String,
    /// Its amount in minor units.
    pub amount: u64,
}

/// What the callers of one server know together.
#[derive(Debug)]
pub struct Shop {
    /// Where the server is.
    pub address: SocketAddr,
    orders: AtomicU64,
    known: Mutex<Vec<Known>>,
}

impl Shop {
    /// A shop that knows of these intents already.
    pub fn new(address: SocketAddr, known: Vec<Known>) -> Self {
        Self {
            address,
            orders: AtomicU64::new(0),
            known: Mutex::new(known),
        }
    }

    /// The number of the next order.
    pub fn next_order(&self) -> u64 {
        self.orders.fetch_add(1, Ordering::Relaxed)
    }

    /// Remembers an intent; the first so many are enough.
    pub fn remember(&self, id: &str, amount: u64) {
        let mut known = self.known();
        if known.len() < REMEMBERED {
            let id = id.to_owned();
            known.push(Known { id, amount });
        }
    }

    /// One of the intents that exist; numbers in a row give ones far apart.
    pub fn recall(&self, n: u64) -> Option<Known> {
        const STRIDE: u64 = 7_919;
        let known = self.known();
        let count = u64::try_from(known.len()).ok().filter(|c| *c > 0)?;
        let at = usize::try_from(n.wrapping_mul(STRIDE) % count).ok()?;
        known.get(at).cloned()
    }

    fn known(&self) -> MutexGuard<'_, Vec<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
