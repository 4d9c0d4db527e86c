//! Why work on the database was not done, before it becomes the port's error.

use tatami_engine::ports::store::{CommitError, StoreError};

/// A failure inside this crate.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The aggregate is not as it was read.
    Stale,
    /// The idempotency key is there already.
    KeyTaken,
    /// Another document has the value.
    ValueTaken,
    /// Another transaction stood in the way; nothing was done, and it may be
    /// tried again.
    Contended(String),
    /// Storage, or what it holds, is not in order.
    Store(String),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Store(format!("a record is not in its form: {error}"))
    }
}

impl From<Failure> for CommitError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Stale => Self::Stale,
            Failure::KeyTaken => Self::KeyTaken,
            Failure::ValueTaken => Self::ValueTaken,
            Failure::Contended(what) | Failure::Store(what) => Self::Store(StoreError(what)),
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match CommitError::from(failure) {
            CommitError::Store(error) => error,
            other => Self(other.to_string()),
        }
    }
}
