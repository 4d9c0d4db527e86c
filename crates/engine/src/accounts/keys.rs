//! Keys that were looked up a moment ago. Every request names one, and they
//! hardly ever change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tatami_core::account::ApiKey;
use tatami_core::id::KeyId;
use tatami_core::time::{SignedDuration, Timestamp};

/// How long a key is taken for what it was: after that, one that was deleted
/// beside this process is found to be gone.
pub(crate) const TRUSTED_FOR: SignedDuration = SignedDuration::from_millis(500);
/// How often it is written down that a key is used.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(10);
/// Above so many, all are forgotten.
const MAX_KEYS: usize = 10_000;

/// Keys by their digests, with the machine time at which they were read.
#[derive(Default)]
pub(crate) struct Keys {
    read: RwLock<HashMap<[u8; 32], ReadAt>>,
    /// When the use of a key was written down last.
    noted: Mutex<HashMap<KeyId, Timestamp>>,
}

/// A key, and when it was read.
type ReadAt = (Arc<ApiKey>, Timestamp);

impl Keys {
    /// A key that was read a moment ago.
    pub(crate) fn known(&self, digest: &[u8; 32], now: Timestamp) -> Option<Arc<ApiKey>> {
        let keys = self.read.read().unwrap_or_else(PoisonError::into_inner);
        let (key, read_at) = keys.get(digest)?;
        let age = now.duration_since(*read_at);
        // A machine's clock may be set back.
        let fresh = age < TRUSTED_FOR && age > -TRUSTED_FOR;
        fresh.then(|| Arc::clone(key))
    }

    /// Whether it is to be written down that a key is used.
    pub(crate) fn is_use_due(&self, id: &KeyId, now: Timestamp) -> bool {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let last = noted.get(id);
        if last.is_some_and(|last| now.duration_since(*last) < NOTED_EVERY) {
            return false;
        }
        if noted.len() >= MAX_KEYS {
            noted.clear();
        }
        noted.insert(id.clone(), now);
        true
    }

    /// Keeps a key that was read.
    pub(crate) fn learn(&self, digest: [u8; 32], key: Arc<ApiKey>, now: Timestamp) {
        let mut keys = self.read.write().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= MAX_KEYS {
            keys.clear();
        }
        keys.insert(digest, (key, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tatami_core::account::Scope;
    use tatami_core::id::{AccountId, Environment};

    #[test]
    fn a_key_is_known_for_a_moment() {
        let tail = "0".repeat(22);
        let key = Arc::new(ApiKey {
            id: KeyId::parse(&format!("key_sandbox_{tail}")).expect("an id"),
            scope: Scope {
                account: AccountId::parse(&format!("acc_{tail}")).expect("an id"),
                environment: Environment::Sandbox,
            },
            hint: "0000".to_owned(),
            created_at: Timestamp::UNIX_EPOCH,
        });
        let (keys, now) = (Keys::default(), Timestamp::UNIX_EPOCH);
        assert_eq!(keys.known(&[1; 32], now), None);
        keys.learn([1; 32], key.clone(), now);
        let soon = now + SignedDuration::from_millis(499);
        assert_eq!(keys.known(&[1; 32], soon), Some(key));
        assert_eq!(keys.known(&[2; 32], now), None);
        assert_eq!(keys.known(&[1; 32], now + TRUSTED_FOR), None);
        assert_eq!(keys.known(&[1; 32], now - TRUSTED_FOR), None);
    }
}
