//! A cache of accounts. Every request reads one, and they rarely change.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tatami_core::account::Account;
use tatami_core::id::AccountId;
use tatami_core::time::{SignedDuration, Timestamp};

/// How long an entry is used without reading it again. After that, a change by another
/// process is seen.
const FRESH_FOR: SignedDuration = SignedDuration::from_secs(1);

/// An account, and when it was read.
type ReadAt = (Arc<Account>, Timestamp);

/// Accounts by their ids, with the machine time at which they were read.
#[derive(Default)]
pub(crate) struct AccountCache(RwLock<HashMap<AccountId, ReadAt>>);

impl AccountCache {
    /// An account as it was last read, and whether that is recent enough to use.
    pub(super) fn get(&self, id: &AccountId, now: Timestamp) -> Option<(Arc<Account>, bool)> {
        let accounts = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (account, read_at) = accounts.get(id)?;
        // A machine's clock may be set back.
        let is_fresh = now.duration_since(*read_at).abs() < FRESH_FOR;
        Some((account.clone(), is_fresh))
    }

    /// Stores an account as it was read at that moment, unless a later reading is stored.
    pub(super) fn put(&self, account: Arc<Account>, at: Timestamp) {
        let mut accounts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let last = accounts.get(&account.id);
        if last.is_none_or(|(_, last)| *last <= at) {
            accounts.insert(account.id.clone(), (account, at));
        }
    }
}
