//! The port to the stored request log, which developers read in the portal.

use async_trait::async_trait;
use tatami_core::account::Scope;
use tatami_core::id::{KeyId, PaymentIntentId};
use tatami_core::time::Timestamp;

use super::store::StoreError;

/// A request with its answer. No text of it holds a secret or a card number: they are
/// masked before there is one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggedRequest {
    /// The scope of the request; `None` if no key named one.
    pub scope: Option<Scope>,
    /// When it was received (machine time).
    pub at: Timestamp,
    /// The same on the account's clock.
    pub account_at: Timestamp,
    pub method: String,
    /// The template of its route.
    pub route: String,
    /// Its path and query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// How long the answer took, in microseconds.
    pub took_us: u32,
    /// The API version that it named.
    pub version: Option<String>,
    /// The key that it came with.
    pub key: Option<KeyId>,
    pub idempotency_key: Option<String>,
    /// The trace id of the answer.
    pub trace_id: String,
    /// The payment intent that it was about.
    pub payment: Option<PaymentIntentId>,
    /// Ids and a reference that it is found by.
    pub about: String,
    pub bodies: Bodies,
}

/// The bodies of a request and its answer, masked and perhaps cut; none if there was none,
/// or it is not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bodies {
    pub request: Option<String>,
    pub answer: Option<String>,
}

/// A request in the log, with its number there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Later entries have greater ones.
    pub number: i64,
    pub request: LoggedRequest,
}

/// Which entries of a scope are wanted, newest first. What is empty wants all.
#[derive(Clone, Debug, Default)]
pub struct RequestQuery {
    /// The first and last status.
    pub statuses: Option<(u16, u16)>,
    pub method: Option<String>,
    pub route: Option<String>,
    pub key: Option<KeyId>,
    pub payment: Option<PaymentIntentId>,
    /// A part of a path, id, reference, idempotency key or trace id, in any case.
    pub text: Option<String>,
    /// Received at or after.
    pub from: Option<Timestamp>,
    /// Received at or before.
    pub to: Option<Timestamp>,
    /// Only those of lesser numbers.
    pub before: Option<i64>,
    /// Only those of greater numbers.
    pub after: Option<i64>,
    /// At most so many.
    pub limit: usize,
}

/// Where the log is stored. No decision reads it, so losing its last entries loses no
/// payment data.
#[async_trait]
pub trait RequestStore: Send + Sync {
    /// Adds requests. Those without a scope are left out.
    async fn append(&self, requests: Vec<LoggedRequest>) -> Result<(), StoreError>;
    /// Entries of a scope without their bodies, newest first.
    async fn page(&self, scope: &Scope, query: RequestQuery) -> Result<Vec<Entry>, StoreError>;
    /// An entry of a scope with its bodies.
    async fn entry(&self, scope: &Scope, number: i64) -> Result<Option<Entry>, StoreError>;
    /// Removes entries received before that moment and all but the newest `keep` ones, a
    /// batch at a time. Returns how many it removed.
    async fn prune(&self, before: Timestamp, keep: u32) -> Result<u64, StoreError>;
}
