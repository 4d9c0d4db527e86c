//! The `Store` port on SQLite: one thread writes, a few connections read.

mod api_keys;
mod attempts;
mod backlog;
mod clocks;
mod commit;
mod deliveries;
mod document_index;
mod documents;
mod events;
mod idempotency;
mod installation;
mod jobs;
mod migrations;
mod open;
mod pages;
mod readers;
mod request_log;
mod vault;
mod writer;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::Connection;
use tatami_core::account::{AnyScope, ApiKey, Scope};
use tatami_core::id::{AccountId, KeyId};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::clock::Clock;
use tatami_engine::ports::documents::{
    Document, DocumentKind, DocumentPage, DocumentQuery, ValueQuery,
};
use tatami_engine::ports::jobs::{DueClaim, DueJob, FailedJob, Job, JobEnd};
use tatami_engine::ports::store::{
    Backlog, ClaimedDelivery, Commit, CommitError, DeliveryAttempt, DeliveryReport,
    IdempotencyRecord, Redeliver, Store, StoreError, Stored,
};

pub use self::migrations::names as schema;
use self::readers::Readers;
pub use self::request_log::SqliteRequestLog;
use self::writer::Writer;
use crate::OpenError;
use crate::failure::Failure;
use crate::prepared::Prepared;
use crate::values::{moment, span_ticks, ticks};

/// Idempotency records forgotten in one transaction: others write in between.
const FORGOTTEN_AT_ONCE: usize = 1000;

/// A store in one SQLite file, in WAL mode with every commit flushed to disk.
///
/// Dropping it finishes what was handed to the writer and closes the file.
pub struct SqliteStore {
    // Closed first; the last connection tidies up the file.
    readers: Readers,
    writer: Writer,
    clock: Arc<dyn Clock>,
    /// Whether what is due in sandboxes is found.
    sandboxes: bool,
}

impl SqliteStore {
    /// Opens the database in that file, or makes it, and brings its schema up
    /// to date. Its folder must exist. The clock decides when idempotency keys
    /// were taken.
    ///
    /// # Errors
    /// If the file cannot be written, is no database, or is of a newer version.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let db = open::for_writing(path)?;
        let readers = Readers::open(path)?;
        let writer = Writer::start(db).map_err(|error| open::unusable(path, &error))?;
        Ok(Self {
            readers,
            writer,
            clock,
            sandboxes: true,
        })
    }

    /// Lets sandboxes rest from now on: nothing of them is found due, delivered or
    /// sent, unless it is asked for by their scope.
    #[must_use]
    pub fn without_sandboxes(mut self) -> Self {
        self.sandboxes = false;
        self
    }

    /// Opens the database in that file, or makes it, and brings its schema up
    /// to date, for taking its rows elsewhere.
    ///
    /// # Errors
    /// As for [`SqliteStore::open`].
    pub fn connection(path: &Path) -> Result<Connection, OpenError> {
        open::for_writing(path)
    }

    /// Gives free the jobs that an earlier process claimed and did not finish. For the one process that serves the data, before it
    /// claims any: no other process can have claimed them.
    pub async fn release_claims(&self) -> Result<(), StoreError> {
        self.write(jobs::release).await
    }

    async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> Result<T, Failure> + Send + 'static,
    {
        self.writer.write(work).await.map_err(|error| match error {
            CommitError::Store(error) => error,
            other => StoreError(other.to_string()),
        })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let prepared = Prepared::new(commit)?;
        let now = ticks(self.clock.now());
        self.writer
            .write(move |db| commit::apply(db, &prepared, now))
            .await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        if !self.writer.is_running() {
            return Err(StoreError("the writer has stopped".to_owned()));
        }
        self.readers.read(migrations::check).await?;
        self.write(installation::probe).await
    }

    async fn idempotency(
        &self,
        scope: &AnyScope,
        key: &str,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        let scope = scope.to_string();
        self.readers.find(|db| idempotency::find(db, &scope, key))
    }

    async fn forget_idempotency(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut forgotten = 0;
        loop {
            let gone = self
                .write(move |db| idempotency::forget(db, ticks(before), FORGOTTEN_AT_ONCE))
                .await?;
            forgotten += gone as u64;
            if gone < FORGOTTEN_AT_ONCE {
                return Ok(forgotten);
            }
        }
    }

    async fn create_key(&self, key: ApiKey, digest: [u8; 32]) -> Result<(), StoreError> {
        self.write(move |db| api_keys::insert(db, &key, &digest))
            .await
    }

    async fn key_by_digest(&self, digest: &[u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        self.readers.find(|db| api_keys::find(db, digest))
    }

    async fn keys(&self, account: &AccountId) -> Result<Vec<ApiKey>, StoreError> {
        let account = account.clone();
        self.readers
            .read(move |db| api_keys::list(db, &account))
            .await
    }

    async fn delete_key(&self, id: &KeyId) -> Result<bool, StoreError> {
        let id = id.clone();
        self.write(move |db| api_keys::delete(db, &id)).await
    }

    async fn existing_keys(&self, ids: &[KeyId]) -> Result<Vec<KeyId>, StoreError> {
        let ids = ids.to_vec();
        self.readers
            .read(move |db| api_keys::existing(db, &ids))
            .await
    }

    async fn clock_offsets(&self) -> Result<Vec<(Scope, SignedDuration)>, StoreError> {
        self.readers.read(clocks::offsets).await
    }

    async fn set_clock_offset(
        &self,
        scope: &Scope,
        offset: SignedDuration,
    ) -> Result<(), StoreError> {
        let scope = scope.clone();
        self.write(move |db| clocks::set(db, &scope, offset)).await
    }

    async fn next_due(&self, scope: &Scope) -> Result<Option<Timestamp>, StoreError> {
        let scope = scope.to_string();
        self.readers
            .read(move |db| {
                let snapshot = db.unchecked_transaction()?;
                let document = documents::next_due(&snapshot, &scope)?;
                let delivery = deliveries::next_due(&snapshot, &scope)?;
                Ok(document.into_iter().chain(delivery).min().map(moment))
            })
            .await
    }

    async fn document(
        &self,
        kind: DocumentKind,
        scope: Option<&AnyScope>,
        id: &str,
    ) -> Result<Option<Stored<Document>>, StoreError> {
        self.readers.find(|db| documents::find(db, kind, scope, id))
    }

    async fn documents_by_id(
        &self,
        kind: DocumentKind,
        scope: &AnyScope,
        ids: Vec<String>,
    ) -> Result<Vec<Stored<Document>>, StoreError> {
        let scope = scope.clone();
        self.readers
            .read(move |db| documents::of_ids(db, kind, &scope, &ids))
            .await
    }

    async fn documents(
        &self,
        kind: DocumentKind,
        scope: &AnyScope,
        query: DocumentQuery,
    ) -> Result<DocumentPage, StoreError> {
        let scope = scope.clone();
        self.readers
            .read(move |db| pages::page(db, kind, &scope, &query))
            .await
    }

    async fn values(
        &self,
        scope: &AnyScope,
        query: ValueQuery,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let scope = scope.to_string();
        self.readers
            .read(move |db| document_index::values(db, &scope, &query))
            .await
    }

    async fn documents_of_status(
        &self,
        kind: DocumentKind,
        status: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Stored<Document>>, StoreError> {
        let (status, after) = (status.to_owned(), after.map(str::to_owned));
        self.readers
            .read(move |db| documents::of_status(db, kind, &status, after.as_deref(), limit))
            .await
    }

    async fn due_documents(
        &self,
        now: Timestamp,
        scope: Option<&Scope>,
        limit: usize,
    ) -> Result<Vec<Stored<Document>>, StoreError> {
        let (scope, sandboxes) = (scope.cloned(), self.sandboxes);
        self.readers
            .read(move |db| documents::due(db, ticks(now), scope.as_ref(), sandboxes, limit))
            .await
    }

    async fn claim_due(&self, claim: DueClaim) -> Result<Vec<DueJob>, StoreError> {
        let sandboxes = self.sandboxes;
        self.write(move |db| jobs::claim(db, &claim, sandboxes))
            .await
    }

    async fn end_job(&self, job: &Job, end: JobEnd) -> Result<(), StoreError> {
        let job = job.clone();
        self.write(move |db| jobs::finish(db, &job, &end)).await
    }

    async fn failed_jobs(&self, limit: usize) -> Result<Vec<FailedJob>, StoreError> {
        self.readers.read(move |db| jobs::failed(db, limit)).await
    }

    async fn restart_job(&self, kind: &str, key: &str) -> Result<bool, StoreError> {
        let (kind, key) = (kind.to_owned(), key.to_owned());
        self.write(move |db| jobs::restart(db, &kind, &key)).await
    }

    async fn claim_deliveries(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        scope: Option<&Scope>,
        busy: &[String],
        limit: usize,
    ) -> Result<Vec<ClaimedDelivery>, StoreError> {
        let lease = (ticks(now), ticks(now) + span_ticks(lease));
        let (scope, busy, sandboxes) = (scope.cloned(), busy.to_vec(), self.sandboxes);
        self.write(move |db| deliveries::claim(db, lease, scope.as_ref(), sandboxes, &busy, limit))
            .await
    }

    async fn record_attempts(
        &self,
        attempts: Vec<(ClaimedDelivery, DeliveryAttempt)>,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            attempts
                .iter()
                .try_for_each(|(delivery, attempt)| deliveries::record(db, delivery, attempt))
        })
        .await
    }

    async fn redeliver(&self, scope: &Scope, wanted: Redeliver) -> Result<u64, StoreError> {
        let scope = scope.to_string();
        self.write(move |db| deliveries::redeliver(db, &scope, &wanted))
            .await
    }

    async fn hasten_deliveries(&self, endpoint: &str, at: Timestamp) -> Result<(), StoreError> {
        let endpoint = endpoint.to_owned();
        self.write(move |db| deliveries::hasten(db, &endpoint, ticks(at)))
            .await
    }

    async fn deliveries(
        &self,
        scope: &Scope,
        limit: usize,
    ) -> Result<Vec<DeliveryReport>, StoreError> {
        let scope = scope.clone();
        self.readers
            .read(move |db| attempts::latest(db, &scope, limit))
            .await
    }

    async fn vault_key(&self) -> Result<Option<String>, StoreError> {
        self.readers.read(vault::find).await
    }

    async fn keep_vault_key(
        &self,
        expected: Option<&str>,
        wrapped: &str,
    ) -> Result<String, StoreError> {
        let (expected, wrapped) = (expected.map(str::to_owned), wrapped.to_owned());
        self.write(move |db| vault::keep(db, expected.as_deref(), &wrapped))
            .await
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        let sandboxes = self.sandboxes;
        self.readers
            .read(move |db| backlog::count(db, sandboxes))
            .await
    }
}

/// How SQLite finds the rows of a statement.
#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a failed expectation is how a test fails"
)]
fn plan(sql: &str) -> String {
    let db = Connection::open_in_memory().expect("a database");
    db.execute_batch(include_str!("../../migrations/sqlite/0001_initial.sql"))
        .expect("the tables");
    let mut steps = db
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .expect("a plan");
    let steps = steps.raw_query().mapped(|row| row.get::<_, String>(3));
    steps
        .collect::<rusqlite::Result<Vec<_>>>()
        .expect("steps")
        .join("\n")
}
