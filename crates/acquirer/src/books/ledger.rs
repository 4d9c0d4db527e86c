//! What the rules need of the books' rows, wherever those are kept.

use tatami_core::account::Scope;
use tatami_core::id::AttemptId;

use super::authorizations::Authorization;
use super::challenges::Pending;
use super::entries::{Answer, Entry};

/// Why the rows could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Broken(String);

impl Broken {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }

    /// A column that does not hold what was once written to it.
    pub(super) fn damaged(column: &str, why: impl std::fmt::Display) -> Self {
        Self(format!("{column}: {why}"))
    }
}

impl From<rusqlite::Error> for Broken {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for Broken {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

/// The rows, within one transaction.
pub(crate) trait Ledger {
    /// The entry of a reference.
    fn entry(&mut self, scope: &Scope, reference: &AttemptId) -> Result<Option<Entry>, Broken>;

    /// All entries of a scope, oldest first.
    fn entries(&mut self, scope: &Scope) -> Result<Vec<Entry>, Broken>;

    /// Books a reference. It must be new.
    fn book(&mut self, entry: &Entry) -> Result<(), Broken>;

    /// Writes the final answer of a reference whose holder was asked.
    fn conclude(
        &mut self,
        scope: &Scope,
        reference: &AttemptId,
        answer: &Answer,
    ) -> Result<(), Broken>;

    /// The authorization of a reference, if it is this scope's.
    fn authorization(
        &mut self,
        scope: &Scope,
        reference: &AttemptId,
    ) -> Result<Option<Authorization>, Broken>;

    /// All authorizations of a scope, in the order of their references.
    fn authorizations(&mut self, scope: &Scope) -> Result<Vec<Authorization>, Broken>;

    /// Writes an authorization, new or changed.
    fn save_authorization(&mut self, authorization: &Authorization) -> Result<(), Broken>;

    /// The challenge that a browser names.
    fn challenge(&mut self, payload: &str) -> Result<Option<Pending>, Broken>;

    /// The challenge of a reference.
    fn challenge_of(
        &mut self,
        scope: &Scope,
        reference: &AttemptId,
    ) -> Result<Option<Pending>, Broken>;

    /// Writes a challenge, new or changed.
    fn save_challenge(&mut self, pending: &Pending) -> Result<(), Broken>;

    /// Forgets a challenge: its payment is concluded.
    fn forget_challenge(&mut self, payload: &str) -> Result<(), Broken>;
}
