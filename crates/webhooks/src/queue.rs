//! The little of storage that delivery needs.

use std::sync::Arc;

use async_trait::async_trait;
use tatami_core::account::Scope;
use tatami_core::id::SubscriptionId;
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::store::{ClaimedDelivery, DeliveryAttempt, Store, StoreError};

/// Where deliveries come from and what came of them goes.
#[async_trait]
pub trait DeliveryQueue: Send + Sync {
    /// Claims due deliveries, as [`Store::claim_deliveries`].
    ///
    /// # Errors
    /// If storage fails.
    async fn claim(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        scope: Option<&Scope>,
        busy: &[SubscriptionId],
        limit: usize,
    ) -> Result<Vec<ClaimedDelivery>, StoreError>;

    /// Writes what came of claimed deliveries, as [`Store::record_attempts`].
    ///
    /// # Errors
    /// If storage fails; the deliveries are then made again.
    async fn record(&self, attempts: Vec<(i64, DeliveryAttempt)>) -> Result<(), StoreError>;
}

#[async_trait]
impl DeliveryQueue for Arc<dyn Store> {
    async fn claim(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        scope: Option<&Scope>,
        busy: &[SubscriptionId],
        limit: usize,
    ) -> Result<Vec<ClaimedDelivery>, StoreError> {
        self.claim_deliveries(now, lease, scope, busy, limit).await
    }

    async fn record(&self, attempts: Vec<(i64, DeliveryAttempt)>) -> Result<(), StoreError> {
        self.record_attempts(attempts).await
    }
}
