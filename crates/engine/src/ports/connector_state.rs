//! The port through which a connector, such as one to an acquirer, keeps state of its
//! own in the program's database: what it was asked, numbers it counts, what is open.

use async_trait::async_trait;
use tatami_core::account::Scope;

use super::store::{CommitError, StoreError};

/// A value with the version it was read at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateEntry {
    pub key: String,
    /// The value, as text.
    pub value: String,
    /// How often it was written.
    pub version: i64,
}

/// The write of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateWrite {
    pub key: String,
    /// The new value; none to delete it.
    pub value: Option<String>,
    /// The version that must still be there; none if the key must be new.
    pub expected: Option<i64>,
}

/// The state of one connector, which no other sees. Keys are its own choice.
#[async_trait]
pub trait ConnectorState: Send + Sync {
    /// The value of a key.
    async fn get(&self, key: &str) -> Result<Option<StateEntry>, StoreError>;

    /// Writes keys on behalf of a scope: all of them, durably, or none.
    /// [`CommitError::Stale`] if one is not at its expected version.
    async fn write(&self, scope: &Scope, writes: Vec<StateWrite>) -> Result<(), CommitError>;

    /// A scope's keys with that prefix, in their order: those after a key, at most
    /// `limit`, perhaps fewer. None are left when none are returned.
    async fn list(
        &self,
        scope: &Scope,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<StateEntry>, StoreError>;
}
