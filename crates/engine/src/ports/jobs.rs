//! Jobs: work on a document that is due, claimed for one program. A claim is a
//! lease: nobody else gets the document before it is over, and when the program
//! dies another does. What writes the document ends the job in the same
//! commit.

use tatami_core::account::AnyScope;
use tatami_core::time::{SignedDuration, Timestamp};

use super::documents::{Document, DocumentKind};
use super::store::Stored;

/// A claim on a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What the document is.
    pub kind: DocumentKind,
    /// The document's id.
    pub key: String,
    /// How often it was claimed without being written, this time included.
    pub tries: u32,
    /// Until when it is nobody else's (machine time).
    pub leased_until: Timestamp,
}

/// A due document with the claim on it.
#[derive(Clone, Debug)]
pub struct DueJob {
    /// The claim.
    pub job: Job,
    /// The document as it was when it was claimed.
    pub record: Stored<Document>,
}

/// Which due documents to claim.
#[derive(Clone, Debug)]
pub struct DueClaim {
    /// What is due at this moment of machine time.
    pub now: Timestamp,
    /// How long they are nobody else's.
    pub lease: SignedDuration,
    /// Only documents of these kinds.
    pub kinds: Vec<DocumentKind>,
    /// Only those of this scope.
    pub scope: Option<AnyScope>,
    /// None of these scopes.
    pub busy: Vec<AnyScope>,
    /// At most so many of one scope: the first that are due.
    pub per_scope: usize,
    /// At most so many. The first of each scope come before the second ones.
    pub limit: usize,
}

/// How a job ended that did not write its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobEnd {
    /// There was nothing to do.
    Done,
    /// It failed, and is tried again at that moment of machine time.
    RetryAt(Timestamp, String),
    /// It failed for the last time: it stays until somebody restarts it.
    Failed(String),
}

/// A job that failed for the last time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedJob {
    /// What the document or the endpoint is.
    pub kind: String,
    /// The id of the document; of a delivery, those of the event and the endpoint.
    pub key: String,
    pub scope: AnyScope,
    /// How often it was tried.
    pub tries: u32,
    /// What went wrong the last time.
    pub error: String,
}
