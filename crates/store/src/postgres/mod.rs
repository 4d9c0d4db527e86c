//! The `Store` port on PostgreSQL, for any number of nodes on one database.
//! They need nothing else to agree: versions guard what is decided, and leases
//! what is done.

mod api_keys;
mod attempts;
mod backlog;
mod batch;
mod clocks;
mod deliveries;
mod document_index;
mod documents;
mod events;
mod failure;
mod idempotency;
mod installation;
mod jobs;
mod link;
mod migrations;
mod nodes;
mod pages;
mod pool;
mod recorder;
mod request_log;
mod rows;
mod server;
mod session;
mod tls;
mod transaction;
mod vault;
mod writers;

use std::sync::Arc;

use async_trait::async_trait;
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
    IdempotencyRecord, Redeliver, Store, StoreError, Stored, Woken,
};

pub use self::request_log::PostgresRequestLog;

use self::pool::{Lent, Pool};
use self::recorder::Recorder;
use self::server::Server;
use self::session::Session;
use self::writers::Writers;
use crate::OpenError;
use crate::failure::Failure;
use crate::prepared::Prepared;
use crate::values::{span_ticks, ticks};

/// Idempotency records forgotten in one transaction: others write in between.
const FORGOTTEN_AT_ONCE: usize = 1000;

/// A store in a PostgreSQL database that other nodes may use as well.
pub struct PostgresStore {
    readers: Pool<4>,
    /// For what is not a decision: claims, accounts, keys.
    clerks: Pool<2>,
    /// Where searches are read, if not with the other reads.
    replica: Option<Pool<4>>,
    writers: Writers,
    recorder: Recorder,
    /// For the connection by which this program is a node.
    server: Arc<Server>,
    clock: Arc<dyn Clock>,
    /// Whether what is due in sandboxes is found.
    sandboxes: bool,
}

impl PostgresStore {
    /// Opens the database at a URL (`postgres://user:password@host:port/name`)
    /// and brings its schema up to date. The clock decides when idempotency keys
    /// were taken.
    ///
    /// # Errors
    /// If the URL is not one, the server cannot be reached or refuses, or the
    /// database is of a newer version.
    pub async fn connect(url: &str, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let (server, _) = Self::open(url).await?;
        Ok(Self {
            readers: Pool::of(&server),
            clerks: Pool::of(&server),
            replica: None,
            writers: Writers::start(&server),
            recorder: Recorder::to(&server),
            server,
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

    /// Reads listings that may lag, such as searches of payment intents, from a
    /// replica of the database from now on; all else is read where it is decided.
    ///
    /// # Errors
    /// If the replica cannot be reached, or does not have the schema yet.
    pub async fn searching(mut self, url: &str) -> Result<Self, OpenError> {
        let server = Arc::new(Server::at(url)?);
        let checked = async { migrations::check(&server.connect().await?).await };
        checked.await.map_err(|failure: Failure| {
            let StoreError(reason) = failure.into();
            server.unusable(reason)
        })?;
        self.replica = Some(Pool::of(&server));
        Ok(self)
    }

    /// Opens the database at a URL and brings its schema up to date, for taking
    /// its rows elsewhere.
    ///
    /// # Errors
    /// As for [`PostgresStore::connect`].
    pub async fn connection(url: &str) -> Result<tokio_postgres::Client, OpenError> {
        let (_, session) = Self::open(url).await?;
        Ok(session.into_client())
    }

    async fn open(url: &str) -> Result<(Arc<Server>, Session), OpenError> {
        let server = Arc::new(Server::at(url)?);
        let opened = async {
            let session = server.connect().await?;
            let known = migrations::apply(&session).await?;
            Ok((session, known))
        };
        let (session, known) = opened.await.map_err(|failure: Failure| {
            let StoreError(reason) = failure.into();
            server.unusable(reason)
        })?;
        if !known {
            return Err(OpenError::Newer(server.place()));
        }
        Ok((server, session))
    }

    async fn reader(&self) -> Result<Lent<'_>, Failure> {
        self.readers.session().await
    }

    async fn searcher(&self) -> Result<Lent<'_>, Failure> {
        self.replica
            .as_ref()
            .unwrap_or(&self.readers)
            .session()
            .await
    }

    async fn clerk(&self) -> Result<Lent<'_>, Failure> {
        self.clerks.session().await
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        let prepared = Prepared::new(commit)?;
        let now = ticks(self.clock.now());
        self.writers.commit(prepared, now).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        if !self.writers.is_running() {
            return Err(StoreError("the writers have stopped".to_owned()));
        }
        let db = self.clerk().await?;
        migrations::check(&db).await?;
        Ok(installation::probe(&db).await?)
    }

    async fn idempotency(
        &self,
        scope: &AnyScope,
        key: &str,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        Ok(idempotency::find(&*self.reader().await?, &scope.to_string(), key).await?)
    }

    async fn forget_idempotency(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut forgotten = 0;
        loop {
            let clerk = self.clerk().await?;
            let gone = idempotency::forget(&clerk, ticks(before), FORGOTTEN_AT_ONCE).await?;
            forgotten += gone;
            if gone < FORGOTTEN_AT_ONCE as u64 {
                return Ok(forgotten);
            }
        }
    }

    async fn create_key(&self, key: ApiKey, digest: [u8; 32]) -> Result<(), StoreError> {
        Ok(api_keys::insert(&*self.clerk().await?, &key, &digest).await?)
    }

    async fn key_by_digest(&self, digest: &[u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        Ok(api_keys::find(&*self.reader().await?, digest).await?)
    }

    async fn keys(&self, account: &AccountId) -> Result<Vec<ApiKey>, StoreError> {
        Ok(api_keys::list(&*self.reader().await?, account).await?)
    }

    async fn delete_key(&self, id: &KeyId) -> Result<bool, StoreError> {
        Ok(api_keys::delete(&*self.clerk().await?, id).await?)
    }

    async fn existing_keys(&self, ids: &[KeyId]) -> Result<Vec<KeyId>, StoreError> {
        Ok(api_keys::existing(&*self.reader().await?, ids).await?)
    }

    async fn clock_offsets(&self) -> Result<Vec<(Scope, SignedDuration)>, StoreError> {
        Ok(clocks::all(&*self.reader().await?).await?)
    }

    async fn set_clock_offset(
        &self,
        scope: &Scope,
        offset: SignedDuration,
    ) -> Result<(), StoreError> {
        Ok(clocks::set(&*self.clerk().await?, scope, offset).await?)
    }

    async fn next_due(&self, scope: &Scope) -> Result<Option<Timestamp>, StoreError> {
        Ok(documents::next_due(&*self.reader().await?, scope).await?)
    }

    async fn document(
        &self,
        kind: DocumentKind,
        scope: Option<&AnyScope>,
        id: &str,
    ) -> Result<Option<Stored<Document>>, StoreError> {
        Ok(documents::find(&*self.reader().await?, kind, scope, id).await?)
    }

    async fn documents_by_id(
        &self,
        kind: DocumentKind,
        scope: &AnyScope,
        ids: Vec<String>,
    ) -> Result<Vec<Stored<Document>>, StoreError> {
        Ok(documents::of_ids(&*self.reader().await?, kind, scope, &ids).await?)
    }

    async fn documents(
        &self,
        kind: DocumentKind,
        scope: &AnyScope,
        query: DocumentQuery,
    ) -> Result<DocumentPage, StoreError> {
        let session = match query.may_lag {
            true => self.searcher().await?,
            false => self.reader().await?,
        };
        Ok(pages::page(&session, kind, scope, &query).await?)
    }

    async fn values(
        &self,
        scope: &AnyScope,
        query: ValueQuery,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let session = self.searcher().await?;
        Ok(document_index::values(&session, &scope.to_string(), &query).await?)
    }

    async fn documents_of_status(
        &self,
        kind: DocumentKind,
        status: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Stored<Document>>, StoreError> {
        Ok(documents::of_status(&*self.reader().await?, kind, status, after, limit).await?)
    }

    async fn due_documents(
        &self,
        now: Timestamp,
        scope: Option<&Scope>,
        limit: usize,
    ) -> Result<Vec<Stored<Document>>, StoreError> {
        Ok(documents::due(
            &*self.reader().await?,
            ticks(now),
            scope,
            self.sandboxes,
            limit,
        )
        .await?)
    }

    async fn claim_due(&self, claim: DueClaim) -> Result<Vec<DueJob>, StoreError> {
        Ok(jobs::claim(&*self.clerk().await?, &claim, self.sandboxes).await?)
    }

    async fn end_job(&self, job: &Job, end: JobEnd) -> Result<(), StoreError> {
        Ok(jobs::finish(&*self.clerk().await?, job, &end).await?)
    }

    async fn failed_jobs(&self, limit: usize) -> Result<Vec<FailedJob>, StoreError> {
        Ok(jobs::failed(&*self.reader().await?, limit).await?)
    }

    async fn restart_job(&self, kind: &str, key: &str) -> Result<bool, StoreError> {
        Ok(jobs::restart(&*self.clerk().await?, kind, key).await?)
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
        Ok(deliveries::claim(
            &*self.clerk().await?,
            lease,
            scope,
            self.sandboxes,
            busy,
            limit,
        )
        .await?)
    }

    async fn record_attempts(
        &self,
        attempts: Vec<(ClaimedDelivery, DeliveryAttempt)>,
    ) -> Result<(), StoreError> {
        Ok(self.recorder.record(attempts).await?)
    }

    async fn redeliver(&self, scope: &Scope, wanted: Redeliver) -> Result<u64, StoreError> {
        let db = self.clerk().await?;
        Ok(deliveries::redeliver(&db, &scope.to_string(), &wanted).await?)
    }

    async fn hasten_deliveries(&self, endpoint: &str, at: Timestamp) -> Result<(), StoreError> {
        Ok(deliveries::hasten(&*self.clerk().await?, endpoint, ticks(at)).await?)
    }

    async fn deliveries(
        &self,
        scope: &Scope,
        limit: usize,
    ) -> Result<Vec<DeliveryReport>, StoreError> {
        Ok(attempts::latest(&*self.reader().await?, scope, limit).await?)
    }

    async fn vault_key(&self) -> Result<Option<String>, StoreError> {
        Ok(vault::find(&*self.clerk().await?).await?)
    }

    async fn keep_vault_key(
        &self,
        expected: Option<&str>,
        wrapped: &str,
    ) -> Result<String, StoreError> {
        Ok(vault::keep(&*self.clerk().await?, expected, wrapped).await?)
    }

    async fn be_node(&self, name: &str, woken: &Woken<'_>) {
        nodes::be(&self.server, name, woken).await;
    }

    async fn wake_node(&self, name: &str, word: &str) -> Result<(), StoreError> {
        Ok(nodes::wake(&*self.clerk().await?, name, word).await?)
    }

    async fn is_node_there(&self, name: &str) -> Result<bool, StoreError> {
        Ok(nodes::is_there(&*self.clerk().await?, name).await?)
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        Ok(backlog::count(&*self.clerk().await?, self.sandboxes).await?)
    }
}
