//! A simulated store: everything in memory, with commits that fail before or
//! after they are made, and a power switch.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tatami_core::account::{AnyScope, ApiKey, Scope};
use tatami_core::event::Event;
use tatami_core::id::{AccountId, CustomerId, KeyId};
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::saved_card::SavedCard;
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::documents::{
    Aggregate, Document, DocumentKind, DocumentPage, DocumentQuery, DocumentWrite, EVENT,
    IndexValue, ValueQuery,
};
use tatami_engine::ports::jobs::{DueClaim, DueJob, FailedJob, Job, JobEnd};
use tatami_engine::ports::store::{
    Backlog, ClaimedDelivery, Commit, CommitError, DeliveryAttempt, DeliveryReport,
    IdempotencyRecord, IdempotencyWrite, Redeliver, Store, StoreError, Stored,
};

use crate::deliveries::{Deliveries, Delivery};
use crate::dice::Dice;
use crate::power::Power;

#[derive(Default)]
struct Disk {
    documents: BTreeMap<String, Stored<Document>>,
    values: HashMap<String, Vec<IndexValue>>,
    jobs: HashMap<String, (Job, State)>,
    idempotency: HashMap<(AnyScope, String), IdempotencyRecord>,
    vault_key: Option<String>,
    events: Vec<Event>,
    deliveries: Deliveries,
    offsets: HashMap<Scope, SignedDuration>,
}

/// How far a job is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Claimed,
    Waiting,
    Failed,
}

/// The store. Copies share the disk.
#[derive(Clone)]
pub struct SimulatedStore {
    disk: Arc<Mutex<Disk>>,
    dice: Dice,
    faults: bool,
    /// Of the process.
    power: Power,
    /// Given once by the next claim, for it was due.
    was_due: Arc<Mutex<Vec<Stored<Document>>>>,
}

fn broken() -> StoreError {
    StoreError("the disk failed".to_owned())
}

impl SimulatedStore {
    /// A store with an empty disk.
    pub fn new(dice: Dice) -> Self {
        Self {
            disk: Arc::default(),
            dice,
            faults: true,
            power: Power::default(),
            was_due: Arc::default(),
        }
    }

    /// Lets the next who asks what is due hear of a record that no longer is, as if
    /// everything since had happened before the answer arrived.
    #[cfg(test)]
    pub fn was_due(&self, record: Stored<Document>) {
        let mut was_due = self.was_due.lock().unwrap_or_else(PoisonError::into_inner);
        was_due.push(record);
    }

    /// The same disk for a new process, which gives back the claims of the one before.
    pub fn reboot(&self, faults: bool) -> Self {
        self.power.switch_off();
        // Its claims went with the process.
        let mut disk = self.lock();
        disk.jobs.retain(|_, (_, state)| *state == State::Failed);
        disk.deliveries.release();
        drop(disk);
        Self {
            faults,
            ..self.beside(&Power::default())
        }
    }

    /// The same disk for another process, beside whatever else works on it.
    pub fn beside(&self, power: &Power) -> Self {
        Self {
            power: power.clone(),
            ..self.clone()
        }
    }

    /// An aggregate that is there from the start.
    pub fn seed<T: Aggregate>(&self, value: &T) -> Result<(), StoreError> {
        let stored = Stored {
            value: Document::of(value)?,
            version: 1,
        };
        let (mut disk, id) = (self.lock(), stored.value.id.clone());
        disk.values.insert(id.clone(), value.values());
        disk.documents.insert(id, stored);
        Ok(())
    }

    /// As if nothing of a kind had been there from the start.
    #[cfg(test)]
    pub fn seed_nothing_of(&self, kind: DocumentKind) {
        self.lock()
            .documents
            .retain(|_, record| record.value.kind != kind);
    }

    /// The cards in the vault that are customers'.
    pub fn saved_cards(&self) -> Vec<SavedCard> {
        let disk = self.lock();
        let all = disk.documents.values();
        all.filter_map(|stored| stored.value.read().ok())
            .filter(|card: &SavedCard| card.owner.starts_with(CustomerId::PREFIX))
            .collect()
    }

    /// Every event, in the order of its commits.
    pub fn events(&self) -> Vec<Event> {
        self.lock().events.clone()
    }

    /// Every record of a kind.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn aggregates<T: Aggregate>(&self) -> Result<Vec<T>, StoreError> {
        let disk = self.lock();
        let all = disk.documents.values().filter(|r| r.value.kind == T::KIND);
        all.map(|record| record.value.read()).collect()
    }

    /// Every intent.
    pub fn intents(&self) -> Vec<PaymentIntent> {
        self.aggregates().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait(&self) {
        self.power.is_on().await;
        tokio::time::sleep(Duration::from_micros(self.dice.roll(3_000))).await;
        self.power.is_on().await;
    }

    async fn read<T>(&self, what: impl FnOnce(&Disk) -> T) -> Result<T, StoreError> {
        self.wait().await;
        if self.faults && self.dice.chance(1, 400) {
            return Err(broken());
        }
        Ok(what(&self.lock()))
    }
}

impl Disk {
    fn commit(&mut self, commit: Commit) -> Result<(), CommitError> {
        let place = |key: &str| (commit.scope.clone(), key.to_owned());
        // Everything is checked before anything is written.
        match &commit.idempotency {
            Some(IdempotencyWrite::Claim { key, .. } | IdempotencyWrite::Store { key, .. })
                if self.idempotency.contains_key(&place(key)) =>
            {
                return Err(CommitError::KeyTaken);
            }
            _ => {}
        }
        for write in &commit.documents {
            let expected = match write {
                DocumentWrite::Put { expected, .. } => *expected,
                DocumentWrite::Delete { expected, .. } => Some(*expected),
            };
            if self.documents.get(write.id()).map(|r| r.version) != expected {
                return Err(CommitError::Stale);
            }
        }
        for write in &commit.documents {
            self.jobs.remove(write.id());
        }
        for job in &commit.claims {
            self.jobs
                .insert(job.key.clone(), (job.clone(), State::Claimed));
        }
        for write in commit.documents.clone() {
            match write {
                DocumentWrite::Put {
                    record,
                    values,
                    expected,
                    facets: _,
                } => {
                    let id = record.id.clone();
                    let kept = self.values.entry(id.clone()).or_default();
                    if !record.kind.only_gains_values() {
                        kept.clear();
                    }
                    kept.extend(values);
                    let stored = Stored {
                        value: *record,
                        version: expected.unwrap_or(0) + 1,
                    };
                    self.documents.insert(id, stored);
                }
                DocumentWrite::Delete { id, .. } => {
                    self.documents.remove(&id);
                    self.values.remove(&id);
                }
            }
        }
        match commit.idempotency.clone() {
            Some(IdempotencyWrite::Claim { key, fingerprint }) => {
                self.idempotency.insert(
                    place(&key),
                    IdempotencyRecord {
                        fingerprint,
                        answer: None,
                    },
                );
            }
            Some(IdempotencyWrite::Store {
                key,
                fingerprint,
                status,
                sealed,
            }) => {
                let answer = Some((status, sealed));
                self.idempotency.insert(
                    place(&key),
                    IdempotencyRecord {
                        fingerprint,
                        answer,
                    },
                );
            }
            Some(IdempotencyWrite::Complete {
                key,
                status,
                sealed,
            }) => {
                if let Some(record) = self.idempotency.get_mut(&place(&key)) {
                    record.answer = Some((status, sealed));
                }
            }
            Some(IdempotencyWrite::Release { key }) => {
                self.idempotency.remove(&place(&key));
            }
            None => {}
        }
        for event in commit.events {
            self.append(event, commit.at);
        }
        Ok(())
    }

    /// Appends an event, and a delivery to each endpoint that wants it.
    fn append(&mut self, event: Event, due_at: Timestamp) {
        let wants = |id: &str| {
            let values = self.values.get(id).into_iter().flatten();
            let mut of_events = values.filter(|v| v.name == EVENT);
            of_events.any(|v| v.value == event.kind.name())
        };
        let number = i64::try_from(self.events.len()).unwrap_or(i64::MAX);
        let endpoints = self.documents.values().map(|stored| &stored.value);
        let endpoints = endpoints.filter(|record| {
            DocumentKind::ENDPOINTS.contains(&record.kind)
                && record.scope == event.scope
                && wants(&record.id)
        });
        for endpoint in endpoints {
            self.deliveries.push(Delivery {
                claimed: ClaimedDelivery {
                    key: format!("{}/{}", event.id, endpoint.id),
                    endpoint: Arc::new(endpoint.clone()),
                    number,
                    event: event.clone(),
                    tries: 0,
                },
                due_at,
                leased_until: Timestamp::MIN,
            });
        }
        self.events.push(event);
    }

    fn offset(&self, scope: &AnyScope) -> SignedDuration {
        let offset = scope.account().and_then(|scope| self.offsets.get(scope));
        offset.copied().unwrap_or_default()
    }

    /// What is due and not claimed, earliest first.
    fn due(&self, claim: &DueClaim) -> Vec<Stored<Document>> {
        let machine = |r: &Stored<Document>| {
            let at = r.value.due_at?;
            Some(at - self.offset(&r.value.scope))
        };
        let is_free = |id: &str| {
            let job = self.jobs.get(id);
            job.is_none_or(|(job, state)| *state != State::Failed && job.leased_until <= claim.now)
        };
        let all = self.documents.values();
        let mut due: Vec<_> = all
            .filter(|r| claim.scope.as_ref().is_none_or(|s| *s == r.value.scope))
            .filter(|r| !claim.busy.contains(&r.value.scope))
            .filter(|r| claim.kinds.contains(&r.value.kind))
            .filter(|r| machine(r).is_some_and(|at| at <= claim.now) && is_free(&r.value.id))
            .cloned()
            .collect();
        due.sort_by_key(machine);
        due
    }

    fn has_value(&self, id: &str, query: &DocumentQuery) -> bool {
        let Some(range) = &query.value else {
            return true;
        };
        let values = self.values.get(id).into_iter().flatten();
        let mut of_name = values.filter(|v| v.name == range.name);
        of_name.any(|v| (&range.from..=&range.to).contains(&&v.value))
    }
}

#[async_trait]
impl Store for SimulatedStore {
    async fn commit(&self, commit: Commit) -> Result<(), CommitError> {
        self.wait().await;
        if self.faults && self.dice.chance(1, 60) {
            return Err(broken().into());
        }
        self.lock().commit(commit)?;
        if self.faults && self.dice.chance(1, 100) {
            // Written, but not answered.
            return Err(broken().into());
        }
        self.wait().await;
        Ok(())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn idempotency(
        &self,
        scope: &AnyScope,
        key: &str,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        self.read(|disk| {
            disk.idempotency
                .get(&(scope.clone(), key.to_owned()))
                .cloned()
        })
        .await
    }

    async fn forget_idempotency(&self, _before: Timestamp) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn create_key(&self, _key: ApiKey, _digest: [u8; 32]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn key_by_digest(&self, _digest: &[u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        Ok(None)
    }

    async fn keys(&self, _account: &AccountId) -> Result<Vec<ApiKey>, StoreError> {
        Ok(Vec::new())
    }

    async fn delete_key(&self, _id: &KeyId) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn existing_keys(&self, ids: &[KeyId]) -> Result<Vec<KeyId>, StoreError> {
        Ok(ids.to_vec())
    }

    async fn clock_offsets(&self) -> Result<Vec<(Scope, SignedDuration)>, StoreError> {
        Ok(self
            .lock()
            .offsets
            .iter()
            .map(|(s, o)| (s.clone(), *o))
            .collect())
    }

    async fn set_clock_offset(
        &self,
        scope: &Scope,
        offset: SignedDuration,
    ) -> Result<(), StoreError> {
        self.wait().await;
        let mut disk = self.lock();
        let ahead = disk.offsets.entry(scope.clone()).or_insert(offset);
        *ahead = offset.max(*ahead);
        Ok(())
    }

    async fn next_due(&self, scope: &Scope) -> Result<Option<Timestamp>, StoreError> {
        let delivery = self.lock().deliveries.open().map(|d| d.due_at).min();
        self.read(|disk| {
            let all = disk.documents.values();
            let failed = |id: &str| {
                let job = disk.jobs.get(id);
                job.is_some_and(|(_, state)| *state != State::Claimed)
            };
            let ours = all.filter(|r| r.value.scope.account() == Some(scope));
            let ours = ours.filter(|r| r.value.kind != DocumentKind::Mail);
            let ours = ours.filter(|r| !failed(&r.value.id));
            ours.filter_map(|r| r.value.due_at).chain(delivery).min()
        })
        .await
    }

    async fn document(
        &self,
        kind: DocumentKind,
        scope: Option<&AnyScope>,
        id: &str,
    ) -> Result<Option<Stored<Document>>, StoreError> {
        self.read(|disk| {
            let found = disk.documents.get(id).filter(|r| r.value.kind == kind);
            found
                .filter(|r| scope.is_none_or(|scope| *scope == r.value.scope))
                .cloned()
        })
        .await
    }

    async fn documents_by_id(
        &self,
        kind: DocumentKind,
        scope: &AnyScope,
        ids: Vec<String>,
    ) -> Result<Vec<Stored<Document>>, StoreError> {
        self.read(|disk| {
            let found = ids.iter().filter_map(|id| disk.documents.get(id));
            let found = found.filter(|r| r.value.kind == kind && r.value.scope == *scope);
            found.cloned().collect()
        })
        .await
    }

    async fn documents(
        &self,
        kind: DocumentKind,
        scope: &AnyScope,
        query: DocumentQuery,
    ) -> Result<DocumentPage, StoreError> {
        self.read(|disk| {
            let wanted = |r: &&Stored<Document>| {
                let r = &r.value;
                r.kind == kind
                    && r.scope == *scope
                    && query.owner.iter().all(|o| r.owner.as_ref() == Some(o))
                    && (query.statuses.is_empty() || query.statuses.contains(&r.status))
                    && disk.has_value(&r.id, &query)
            };
            let all = disk.documents.values().rev().filter(wanted);
            DocumentPage {
                documents: all.take(query.limit).cloned().collect(),
                ..DocumentPage::default()
            }
        })
        .await
    }

    async fn values(
        &self,
        scope: &AnyScope,
        query: ValueQuery,
    ) -> Result<Vec<(String, String)>, StoreError> {
        self.read(|disk| {
            let mut found = Vec::new();
            for record in disk.documents.values().map(|stored| &stored.value) {
                let values = disk.values.get(&record.id).into_iter().flatten();
                let values = values.filter(|value| {
                    record.kind == query.kind
                        && record.scope == *scope
                        && value.name == query.name
                        && value.value > query.above
                        && value.value < query.below
                });
                found.extend(values.map(|value| (value.value.clone(), record.id.clone())));
            }
            found.sort_unstable();
            if !query.ascending {
                found.reverse();
            }
            found.truncate(query.limit);
            found
        })
        .await
    }

    async fn documents_of_status(
        &self,
        kind: DocumentKind,
        status: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Stored<Document>>, StoreError> {
        self.read(|disk| {
            let wanted = |r: &&Stored<Document>| {
                r.value.kind == kind
                    && r.value.status == status
                    && after.is_none_or(|after| r.value.id.as_str() > after)
            };
            let all = disk.documents.values().filter(wanted);
            all.take(limit).cloned().collect()
        })
        .await
    }

    async fn due_documents(
        &self,
        now: Timestamp,
        scope: Option<&Scope>,
        limit: usize,
    ) -> Result<Vec<Stored<Document>>, StoreError> {
        self.read(|disk| {
            let is_due = |r: &&Stored<Document>| {
                let of = &r.value.scope;
                scope.is_none_or(|scope| of.account() == Some(scope))
                    && r.value.due_at.is_some_and(|at| at - disk.offset(of) <= now)
            };
            let mut due: Vec<_> = disk.documents.values().filter(is_due).cloned().collect();
            due.sort_by_key(|r| r.value.due_at.map(|at| at - disk.offset(&r.value.scope)));
            due.truncate(limit);
            due
        })
        .await
    }

    async fn claim_due(&self, claim: DueClaim) -> Result<Vec<DueJob>, StoreError> {
        let was_due =
            std::mem::take(&mut *self.was_due.lock().unwrap_or_else(PoisonError::into_inner));
        self.wait().await;
        if self.faults && self.dice.chance(1, 400) {
            return Err(broken());
        }
        let mut disk = self.lock();
        let mut due: Vec<_> = disk.due(&claim).into_iter().take(claim.limit).collect();
        due.extend(was_due);
        let leased_until = claim.now + claim.lease;
        Ok(due
            .into_iter()
            .map(|record| {
                let key = record.value.id.clone();
                let tries = disk.jobs.get(&key).map_or(1, |(job, _)| job.tries + 1);
                let job = Job {
                    kind: record.value.kind,
                    key: key.clone(),
                    tries,
                    leased_until,
                };
                disk.jobs.insert(key, (job.clone(), State::Claimed));
                DueJob { job, record }
            })
            .collect())
    }

    async fn end_job(&self, job: &Job, end: JobEnd) -> Result<(), StoreError> {
        self.wait().await;
        let mut disk = self.lock();
        let ours = disk.jobs.get_mut(&job.key);
        let Some(ours) = ours.filter(|(claim, _)| claim.leased_until == job.leased_until) else {
            return Ok(());
        };
        match end {
            JobEnd::Done => {
                disk.jobs.remove(&job.key);
            }
            JobEnd::RetryAt(at, _) => {
                ours.0.leased_until = at;
                ours.1 = State::Waiting;
            }
            JobEnd::Failed(_) => ours.1 = State::Failed,
        }
        Ok(())
    }

    async fn failed_jobs(&self, limit: usize) -> Result<Vec<FailedJob>, StoreError> {
        self.read(|disk| {
            let all = disk.jobs.values();
            let failed = all.filter(|(_, state)| *state == State::Failed);
            let failed = failed.filter_map(|(job, _)| {
                Some(FailedJob {
                    kind: job.kind.word().to_owned(),
                    key: job.key.clone(),
                    scope: disk.documents.get(&job.key)?.value.scope.clone(),
                    tries: job.tries,
                    error: String::new(),
                })
            });
            failed.take(limit).collect()
        })
        .await
    }

    async fn restart_job(&self, _kind: &str, key: &str) -> Result<bool, StoreError> {
        Ok(self.lock().jobs.remove(key).is_some())
    }

    async fn claim_deliveries(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        _scope: Option<&Scope>,
        busy: &[String],
        limit: usize,
    ) -> Result<Vec<ClaimedDelivery>, StoreError> {
        self.wait().await;
        if self.faults && self.dice.chance(1, 400) {
            return Err(broken());
        }
        let mut disk = self.lock();
        let offsets = disk.offsets.clone();
        let offset = |scope: &AnyScope| scope.account().and_then(|s| offsets.get(s)).copied();
        let due = disk.deliveries.open().filter(|delivery| {
            let ahead = offset(&delivery.claimed.event.scope).unwrap_or_default();
            delivery.due_at - ahead <= now
                && delivery.leased_until <= now
                && !busy.contains(&delivery.claimed.endpoint.id)
        });
        let claimed = due.take(limit).map(|delivery| {
            delivery.leased_until = now + lease;
            delivery.claimed.clone()
        });
        Ok(claimed.collect())
    }

    async fn record_attempts(
        &self,
        attempts: Vec<(ClaimedDelivery, DeliveryAttempt)>,
    ) -> Result<(), StoreError> {
        self.wait().await;
        if self.faults && self.dice.chance(1, 60) {
            return Err(broken());
        }
        let mut disk = self.lock();
        for (delivery, attempt) in attempts {
            disk.deliveries.record(&delivery, attempt.next);
        }
        Ok(())
    }

    async fn redeliver(&self, _scope: &Scope, _wanted: Redeliver) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn hasten_deliveries(&self, _endpoint: &str, _at: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    async fn deliveries(
        &self,
        _scope: &Scope,
        _limit: usize,
    ) -> Result<Vec<DeliveryReport>, StoreError> {
        Ok(Vec::new())
    }

    async fn vault_key(&self) -> Result<Option<String>, StoreError> {
        self.read(|disk| disk.vault_key.clone()).await
    }

    async fn keep_vault_key(
        &self,
        expected: Option<&str>,
        wrapped: &str,
    ) -> Result<String, StoreError> {
        let mut disk = self.lock();
        if disk.vault_key.as_deref() == expected {
            disk.vault_key = Some(wrapped.to_owned());
        }
        disk.vault_key.clone().ok_or_else(broken)
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        Ok(Backlog::default())
    }
}
