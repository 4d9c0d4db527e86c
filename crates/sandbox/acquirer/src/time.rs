//! The accounts' clocks, as far as the acquirer needs them.

use async_trait::async_trait;
use tatami_core::account::Scope;
use tatami_core::time::Timestamp;

/// Tells the time of an account, which can be moved ahead.
#[async_trait]
pub trait AccountTime: Send + Sync {
    /// The account's time.
    fn now(&self, scope: &Scope) -> Timestamp;

    /// Returns when the account's clock has reached `at`, because time went by
    /// or because it was moved.
    async fn until(&self, scope: &Scope, at: Timestamp);
}
