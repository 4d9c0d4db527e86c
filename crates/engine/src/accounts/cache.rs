//! Accounts that were looked up a moment ago. Every request is about one, and they hardly
//! ever change.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tatami_core::account::Account;
use tatami_core::id::AccountId;
use tatami_core::time::{SignedDuration, Timestamp};

/// How long an account is taken for what it was: after that, a change that another process
/// made is seen.
const KNOWN_FOR: SignedDuration = SignedDuration::from_secs(1);

/// An account, and when it was read.
type ReadAt = (Arc<Account>, Timestamp);

/// Accounts by their ids, with the machine time at which they were read.
#[derive(Default)]
pub(crate) struct KnownAccounts(RwLock<HashMap<AccountId, ReadAt>>);

impl KnownAccounts {
    /// An account as it was read last, and whether that was a moment ago.
    pub(super) fn get(&self, id: &AccountId, now: Timestamp) -> Option<(Arc<Account>, bool)> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (account, read_at) = known.get(id)?;
        // A machine's clock may be set back.
        let is_fresh = now.duration_since(*read_at).abs() < KNOWN_FOR;
        Some((account.clone(), is_fresh))
    }

    /// Keeps an account as it was at that moment, unless it is known as of a later one.
    pub(super) fn learn(&self, account: Arc<Account>, at: Timestamp) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let last = known.get(&account.id);
        if last.is_none_or(|(_, last)| *last <= at) {
            known.insert(account.id.clone(), (account, at));
        }
    }
}
