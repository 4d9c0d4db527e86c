//! The port to what takes events to endpoints of one kind.

use std::time::Duration;

use async_trait::async_trait;

use super::documents::Document;
use super::store::{ClaimedDelivery, DeliveryAttempt};

/// How long an attempt may take.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// Takes events to endpoints.
#[async_trait]
pub trait Deliverer: Send + Sync {
    /// Makes one attempt. It ends within [`ATTEMPT_TIMEOUT`].
    async fn deliver(&self, delivery: &ClaimedDelivery) -> DeliveryAttempt;

    /// The headers that a body is sent to an endpoint with, but for those that every
    /// request has; none if it is not sent by HTTP.
    fn headers(&self, _endpoint: &Document, _body: &str) -> Vec<(String, String)> {
        Vec::new()
    }
}
