//! The port to whoever delivers webhooks.

use async_trait::async_trait;
use tatami_core::account::Scope;

/// Delivers what is due.
#[async_trait]
pub trait Courier: Send + Sync {
    /// Makes one attempt at every delivery of the scope that is due now, waits
    /// for their answers, and tells how many there were.
    async fn deliver_due(&self, scope: &Scope) -> usize;
}
