//! The port to storage. [`Store::commit`] is the only write path for decisions:
//! documents, events and the stored answer together or not at all.

use std::sync::Arc;

use async_trait::async_trait;
use tatami_core::account::{AnyScope, ApiKey, Scope};
use tatami_core::event::Event;
use tatami_core::id::{AccountId, EventId, KeyId, SubscriptionId};
use tatami_core::time::{SignedDuration, Timestamp};

use super::documents::{
    Document, DocumentKind, DocumentPage, DocumentQuery, DocumentWrite, ValueQuery,
};
use super::jobs::{DueClaim, DueJob, FailedJob, Job, JobEnd};

/// Storage failed; nothing is known to be written.
#[derive(Clone, Debug, thiserror::Error)]
#[error("storage failed: {0}")]
pub struct StoreError(pub String);

/// Why a commit was not made.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommitError {
    /// The aggregate changed, appeared or went since it was read.
    #[error("somebody else changed it first")]
    Stale,
    /// The idempotency key is taken already.
    #[error("the idempotency key is in use")]
    KeyTaken,
    /// Another document of the kind and scope has a value that only one may have.
    #[error("another has the value already")]
    ValueTaken,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An aggregate with the version it was read at.
#[derive(Clone, Debug)]
pub struct Stored<T> {
    /// The aggregate.
    pub value: T,
    /// How often it was written: the next commit expects this.
    pub version: i64,
}

/// What a commit does to an idempotency record.
#[derive(Clone, Debug)]
pub enum IdempotencyWrite {
    /// Takes a key before the acquirer is called. [`CommitError::KeyTaken`] if
    /// it is there, whatever its state.
    Claim {
        /// The caller's key.
        key: String,
        /// Digest of the request.
        fingerprint: String,
    },
    /// Takes a key and stores the answer at once. [`CommitError::KeyTaken`] if
    /// it is there.
    Store {
        /// The caller's key.
        key: String,
        /// Digest of the request.
        fingerprint: String,
        /// HTTP status of the answer.
        status: u16,
        /// The answer's body, sealed.
        sealed: Vec<u8>,
    },
    /// Stores the answer of a claimed key.
    Complete {
        /// The caller's key.
        key: String,
        /// HTTP status of the answer.
        status: u16,
        /// The answer's body, sealed.
        sealed: Vec<u8>,
    },
    /// Gives a claimed key free: nothing happened.
    Release {
        /// The caller's key.
        key: String,
    },
}

/// One decision: all of it, or none.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Whose data it changes: documents of other accounts are refused.
    pub scope: AnyScope,
    /// The account's time when it was decided.
    pub at: Timestamp,
    /// Documents that change, each once. Jobs on them end.
    pub documents: Vec<DocumentWrite>,
    /// Claims on some of these documents by the caller, which goes on with them now.
    pub claims: Vec<Job>,
    /// Events to append; each becomes a job for every endpoint of the scope that
    /// wants its type and exists in this very transaction.
    pub events: Vec<Event>,
    /// The stored answer.
    pub idempotency: Option<IdempotencyWrite>,
}

/// A stored idempotency key.
#[derive(Clone, Debug)]
pub struct IdempotencyRecord {
    /// Digest of the request that took the key.
    pub fingerprint: String,
    /// The answer (status, sealed body); `None` while the request runs.
    pub answer: Option<(u16, Vec<u8>)>,
}

/// Where a page is cut, however few entries it has by then: 4 MB.
pub const PAGE_BYTES: usize = 4_000_000;

/// An event on its way to an endpoint, claimed for one attempt.
#[derive(Clone, Debug)]
pub struct ClaimedDelivery {
    /// The key of its job.
    pub key: String,
    /// The endpoint as it is now.
    pub endpoint: Arc<Document>,
    /// The number of the event in storage.
    pub number: i64,
    pub event: Event,
    /// Attempts made before this one.
    pub tries: u32,
}

/// What came of one attempt to deliver.
#[derive(Clone, Debug)]
pub struct DeliveryAttempt {
    /// When it was made (account time).
    pub at: Timestamp,
    /// The receiver's status, if it answered.
    pub status: Option<u16>,
    /// The headers of its answer: names and values, masked and cut.
    pub answer_headers: Vec<(String, String)>,
    /// The first bytes of its answer, or what went wrong.
    pub answer: String,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// What follows.
    pub next: AfterAttempt,
}

/// What follows an attempt to deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterAttempt {
    Delivered,
    /// Try again at that moment of account time.
    RetryAt(Timestamp),
    /// No try is left.
    GaveUp,
}

/// A delivery with all its attempts, for people to look at.
#[derive(Clone, Debug)]
pub struct DeliveryReport {
    /// The number of the event in storage.
    pub number: i64,
    /// The event's id.
    pub event: EventId,
    /// The event's type.
    pub event_type: String,
    /// The id of the endpoint.
    pub endpoint: String,
    /// The endpoint's URL; empty if it has none, or is gone.
    pub url: String,
    /// `pending`, `delivered` or `gave-up`.
    pub state: String,
    /// When the event happened (account time).
    pub created_at: Timestamp,
    /// When the next try is due (account time), while pending.
    pub next_at: Option<Timestamp>,
    /// The exact body.
    pub payload: String,
    /// The attempts, oldest first.
    pub attempts: Vec<DeliveryAttempt>,
}

impl DeliveryReport {
    /// Whether it is a webhook; others go to a POS.
    pub fn is_webhook(&self) -> bool {
        SubscriptionId::parse(&self.endpoint).is_ok()
    }
}

/// Which deliveries that are over are made again.
#[derive(Clone, Debug)]
pub enum Redeliver {
    /// That of the event of a number to an endpoint.
    One {
        endpoint: SubscriptionId,
        number: i64,
    },
    /// Those to webhooks that were given up, of the events since a moment of account
    /// time, oldest first, at most so many.
    FailedSince { since: Timestamp, limit: usize },
}

/// What storage holds that is still to be done.
#[derive(Clone, Debug, Default)]
pub struct Backlog {
    /// Deliveries that are neither delivered nor given up.
    pub deliveries: u64,
    /// The scope of the oldest of their events, and when it happened (account
    /// time).
    pub oldest_delivery: Option<(AnyScope, Timestamp)>,
    /// Mails that are still to be sent.
    pub mails: u64,
    /// The scope of the oldest of them, and when it was written (account time).
    pub oldest_mail: Option<(AnyScope, Timestamp)>,
    /// Jobs on documents that failed for the last time.
    pub failed_jobs: u64,
}

/// What a program does that is woken with a word.
pub type Woken<'a> = dyn Fn(&str) + Send + Sync + 'a;

/// Storage.
#[async_trait]
pub trait Store: Send + Sync {
    /// Makes a decision durable.
    async fn commit(&self, commit: Commit) -> Result<(), CommitError>;

    /// Whether storage answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// An idempotency record.
    async fn idempotency(
        &self,
        scope: &AnyScope,
        key: &str,
    ) -> Result<Option<IdempotencyRecord>, StoreError>;
    /// Forgets idempotency records taken before that moment of machine time
    /// whose request is answered.
    async fn forget_idempotency(&self, before: Timestamp) -> Result<u64, StoreError>;

    /// Keeps a key by its digest.
    async fn create_key(&self, key: ApiKey, digest: [u8; 32]) -> Result<(), StoreError>;
    async fn key_by_digest(&self, digest: &[u8; 32]) -> Result<Option<ApiKey>, StoreError>;
    /// Keys of an account, oldest first.
    async fn keys(&self, account: &AccountId) -> Result<Vec<ApiKey>, StoreError>;
    /// Deletes a key; whether it was there.
    async fn delete_key(&self, id: &KeyId) -> Result<bool, StoreError>;
    /// Those of some keys that are there.
    async fn existing_keys(&self, ids: &[KeyId]) -> Result<Vec<KeyId>, StoreError>;

    /// How far ahead of the machine's each scope's clock is; scopes never moved
    /// are left out.
    async fn clock_offsets(&self) -> Result<Vec<(Scope, SignedDuration)>, StoreError>;
    /// Sets a scope's clock ahead, unless it is ahead of that already, and with it the
    /// machine time at which its documents and deliveries are due.
    async fn set_clock_offset(
        &self,
        scope: &Scope,
        offset: SignedDuration,
    ) -> Result<(), StoreError>;
    /// The moment of account time at which the next document (mail left out) or
    /// delivery of the scope is due.
    async fn next_due(&self, scope: &Scope) -> Result<Option<Timestamp>, StoreError>;
    /// A document of a scope; without one, of any: for payers, who hold no key.
    async fn document(
        &self,
        kind: DocumentKind,
        scope: Option<&AnyScope>,
        id: &str,
    ) -> Result<Option<Stored<Document>>, StoreError>;
    /// Those documents of a scope that there are, in no order.
    async fn documents_by_id(
        &self,
        kind: DocumentKind,
        scope: &AnyScope,
        ids: Vec<String>,
    ) -> Result<Vec<Stored<Document>>, StoreError>;
    /// A page of a scope's documents.
    async fn documents(
        &self,
        kind: DocumentKind,
        scope: &AnyScope,
        query: DocumentQuery,
    ) -> Result<DocumentPage, StoreError>;
    /// Values of a scope's documents in their order, each with the id of its document.
    async fn values(
        &self,
        scope: &AnyScope,
        query: ValueQuery,
    ) -> Result<Vec<(String, String)>, StoreError>;
    /// Records of a kind and status, of all scopes, oldest first: for work that
    /// goes through an installation. Only those after that id.
    async fn documents_of_status(
        &self,
        kind: DocumentKind,
        status: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Stored<Document>>, StoreError>;
    /// Records due at that moment of machine time, earliest first; of all
    /// scopes, or of one. They stay until a commit moves their time.
    async fn due_documents(
        &self,
        now: Timestamp,
        scope: Option<&Scope>,
        limit: usize,
    ) -> Result<Vec<Stored<Document>>, StoreError>;

    /// Claims due documents on which no job is under way or has failed for the
    /// last time.
    async fn claim_due(&self, claim: DueClaim) -> Result<Vec<DueJob>, StoreError>;
    /// Ends a job that did not write its document, unless the claim is another's
    /// by now.
    async fn end_job(&self, job: &Job, end: JobEnd) -> Result<(), StoreError>;
    /// Jobs that failed for the last time, deliveries that were given up included.
    async fn failed_jobs(&self, limit: usize) -> Result<Vec<FailedJob>, StoreError>;
    /// Lets a failed job be tried anew; whether there was one.
    async fn restart_job(&self, kind: &str, key: &str) -> Result<bool, StoreError>;

    /// Claims deliveries that are due at that moment of machine time, of all
    /// scopes or of one, until `lease` from then: nobody else gets them
    /// meanwhile. A delivery waits for the earlier ones of its endpoint and
    /// subject. Deliveries to `busy` endpoints are left where they are, so that a
    /// slow receiver's do not fill the claim.
    async fn claim_deliveries(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        scope: Option<&Scope>,
        busy: &[String],
        limit: usize,
    ) -> Result<Vec<ClaimedDelivery>, StoreError>;
    /// Writes what came of claimed deliveries.
    async fn record_attempts(
        &self,
        attempts: Vec<(ClaimedDelivery, DeliveryAttempt)>,
    ) -> Result<(), StoreError>;
    /// Makes what waits to be delivered to an endpoint due at that moment of account
    /// time, if it is due later.
    async fn hasten_deliveries(&self, endpoint: &str, at: Timestamp) -> Result<(), StoreError>;
    /// Makes webhook deliveries of a scope that are over again: they are due at once,
    /// beside the later ones of their lanes. How many there are; none that is under way.
    async fn redeliver(&self, scope: &Scope, wanted: Redeliver) -> Result<u64, StoreError>;
    /// The latest deliveries of a scope, newest first.
    async fn deliveries(
        &self,
        scope: &Scope,
        limit: usize,
    ) -> Result<Vec<DeliveryReport>, StoreError>;

    /// The key of the vault's fingerprints, wrapped, if the vault has one.
    async fn vault_key(&self) -> Result<Option<String>, StoreError>;
    /// Keeps that key if what is there is `expected`; what is there now.
    async fn keep_vault_key(
        &self,
        expected: Option<&str>,
        wrapped: &str,
    ) -> Result<String, StoreError>;

    /// Makes this program known to the others on the same storage by that name, for as
    /// long as the future is polled, and passes what it is woken with to `woken`.
    /// Storage of one program has no others.
    async fn be_node(&self, _name: &str, _woken: &Woken<'_>) {
        std::future::pending::<()>().await;
    }
    /// Wakes a program with a word. It may be lost.
    async fn wake_node(&self, _name: &str, _word: &str) -> Result<(), StoreError> {
        Ok(())
    }
    /// Whether a program of that name is there.
    async fn is_node_there(&self, _name: &str) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// What is still to be done, counted.
    async fn backlog(&self) -> Result<Backlog, StoreError>;
}
