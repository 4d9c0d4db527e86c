//! A simulated store: everything in memory, with commits that fail before or
//! after they are made, and a power switch.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tatami_core::account::{Account, ApiKey, Scope};
use tatami_core::event::Event;
use tatami_core::id::{AccountId, CustomerId, KeyId, PaymentIntentId, RefundId, SubscriptionId};
use tatami_core::payment_intent::{PaymentIntent, TimerChange, TimerKind};
use tatami_core::saved_card::SavedCard;
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_core::webhook::Subscription;
use tatami_engine::ports::mail::Mail;
use tatami_engine::ports::records::{
    Aggregate, Record, RecordKind, RecordPage, RecordQuery, RecordWrite,
};
use tatami_engine::ports::store::{
    Backlog, ClaimedDelivery, Commit, CommitError, DeliveryAttempt, DeliveryReport, DueTimer,
    IdempotencyRecord, IdempotencyWrite, IntentPage, IntentQuery, Store, StoreError, Stored, Write,
};

use crate::dice::Dice;

#[derive(Default)]
struct Disk {
    accounts: Vec<Account>,
    intents: BTreeMap<PaymentIntentId, (i64, String)>,
    timers: BTreeMap<(PaymentIntentId, TimerKind), (Scope, Timestamp)>,
    records: BTreeMap<String, Stored<Record>>,
    idempotency: HashMap<(Scope, String), IdempotencyRecord>,
    vault_key: Option<String>,
    events: Vec<Event>,
    offsets: HashMap<Scope, SignedDuration>,
}

/// The store. Copies share the disk.
#[derive(Clone)]
pub struct SimulatedStore {
    disk: Arc<Mutex<Disk>>,
    dice: Dice,
    faults: bool,
    /// Off while the process is dead: what is still running writes nothing.
    power: Arc<AtomicBool>,
    /// Told once to whoever asks what is due, for it was.
    was_due: Arc<Mutex<Vec<DueTimer>>>,
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
            power: Arc::new(AtomicBool::new(true)),
            was_due: Arc::default(),
        }
    }

    /// Lets the next who asks what is due hear of a timer that no longer is, as if
    /// everything since had happened before the answer arrived.
    #[cfg(test)]
    pub fn was_due(&self, timer: DueTimer) {
        let mut was_due = self.was_due.lock().unwrap_or_else(PoisonError::into_inner);
        was_due.push(timer);
    }

    /// The same disk for a new process.
    pub fn reboot(&self, faults: bool) -> Self {
        self.power.store(false, Ordering::SeqCst);
        Self {
            faults,
            power: Arc::new(AtomicBool::new(true)),
            ..self.clone()
        }
    }

    /// Puts an account on the disk.
    pub fn seed_account(&self, account: Account) {
        self.lock().accounts.push(account);
    }

    /// A record that is there from the start.
    pub fn seed_record(&self, record: Record) {
        let stored = Stored {
            value: record.clone(),
            version: 1,
        };
        self.lock().records.insert(record.id, stored);
    }

    /// The cards in the vault that are customers'.
    pub fn saved_cards(&self) -> Vec<SavedCard> {
        let disk = self.lock();
        let all = disk.records.values();
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
        let all = disk.records.values().filter(|r| r.value.kind == T::KIND);
        all.map(|record| record.value.read()).collect()
    }

    /// Every intent.
    pub fn intents(&self) -> Vec<PaymentIntent> {
        self.lock()
            .intents
            .values()
            .filter_map(|(_, body)| serde_json::from_str(body).ok())
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn wait(&self) {
        if !self.power.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(Duration::from_micros(self.dice.roll(3_000))).await;
        if !self.power.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }

    async fn read<T>(&self, what: impl FnOnce(&Disk) -> T) -> Result<T, StoreError> {
        self.wait().await;
        if self.faults && self.dice.chance(1, 400) {
            return Err(broken());
        }
        Ok(what(&self.lock()))
    }
}

fn stored(disk: &Disk, id: &PaymentIntentId) -> Option<Stored<PaymentIntent>> {
    let (version, body) = disk.intents.get(id)?;
    serde_json::from_str(body).ok().map(|value| Stored {
        value,
        version: *version,
    })
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
        for write in &commit.records {
            let expected = match write {
                RecordWrite::Put { expected, .. } => *expected,
                RecordWrite::Delete { expected, .. } => Some(*expected),
            };
            if self.records.get(write.id()).map(|r| r.version) != expected {
                return Err(CommitError::Stale);
            }
        }
        if let Some(Write::PaymentIntent { intent, expected }) = &commit.write {
            if self.intents.get(&intent.id).map(|(v, _)| *v) != *expected {
                return Err(CommitError::Stale);
            }
            let body = serde_json::to_string(&**intent)
                .map_err(|e| CommitError::Store(StoreError(e.to_string())))?;
            self.intents
                .insert(intent.id.clone(), (expected.unwrap_or(0) + 1, body));
            for change in &commit.timers {
                match *change {
                    TimerChange::Set(kind, at) => {
                        self.timers
                            .insert((intent.id.clone(), kind), (commit.scope.clone(), at));
                    }
                    TimerChange::Clear(kind) => {
                        self.timers.remove(&(intent.id.clone(), kind));
                    }
                }
            }
        }
        for write in commit.records.clone() {
            match write {
                RecordWrite::Put { record, expected } => {
                    let id = record.id.clone();
                    let stored = Stored {
                        value: *record,
                        version: expected.unwrap_or(0) + 1,
                    };
                    self.records.insert(id, stored);
                }
                RecordWrite::Delete { id, .. } => {
                    self.records.remove(&id);
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
        self.events.extend(commit.events);
        Ok(())
    }

    fn offset(&self, scope: &Scope) -> SignedDuration {
        self.offsets.get(scope).copied().unwrap_or_default()
    }
}

fn due(key: &(PaymentIntentId, TimerKind), scope: &Scope) -> DueTimer {
    DueTimer {
        payment_intent: key.0.clone(),
        scope: scope.clone(),
        kind: key.1,
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
            // Written, but nobody was told.
            return Err(broken().into());
        }
        self.wait().await;
        Ok(())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn payment_intent(
        &self,
        scope: &Scope,
        id: &PaymentIntentId,
    ) -> Result<Option<Stored<PaymentIntent>>, StoreError> {
        self.read(|disk| stored(disk, id).filter(|s| s.value.scope == *scope))
            .await
    }

    async fn public_payment_intent(
        &self,
        id: &PaymentIntentId,
    ) -> Result<Option<Stored<PaymentIntent>>, StoreError> {
        self.read(|disk| stored(disk, id)).await
    }

    async fn payment_intent_of_refund(
        &self,
        scope: &Scope,
        refund: &RefundId,
    ) -> Result<Option<Stored<PaymentIntent>>, StoreError> {
        self.read(|disk| {
            let all = disk.intents.keys().filter_map(|id| stored(disk, id));
            all.filter(|s| s.value.scope == *scope)
                .find(|s| s.value.refunds.iter().any(|r| r.id == *refund))
        })
        .await
    }

    async fn search_payment_intents(
        &self,
        scope: &Scope,
        query: IntentQuery,
    ) -> Result<IntentPage, StoreError> {
        self.read(|disk| {
            let all = disk
                .intents
                .keys()
                .rev()
                .filter_map(|id| stored(disk, id))
                .map(|s| s.value);
            let intents = all
                .filter(|i| i.scope == *scope)
                .take(query.limit)
                .collect();
            IntentPage {
                intents,
                more_before: false,
                more_after: false,
            }
        })
        .await
    }

    async fn idempotency(
        &self,
        scope: &Scope,
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

    async fn create_account(&self, account: Account) -> Result<(), StoreError> {
        self.lock().accounts.push(account);
        Ok(())
    }

    async fn account(&self, id: &AccountId) -> Result<Option<Account>, StoreError> {
        self.read(|disk| disk.accounts.iter().find(|a| a.id == *id).cloned())
            .await
    }

    async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        self.read(|disk| disk.accounts.clone()).await
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
        self.lock().offsets.insert(scope.clone(), offset);
        Ok(())
    }

    async fn next_due(&self, scope: &Scope) -> Result<Option<Timestamp>, StoreError> {
        self.read(|disk| {
            let timers = disk.timers.values().filter(|(s, _)| s == scope);
            let records = disk.records.values().filter(|r| r.value.scope == *scope);
            timers
                .map(|(_, at)| *at)
                .chain(records.filter_map(|r| r.value.due_at))
                .min()
        })
        .await
    }

    async fn due_timers(
        &self,
        now: Timestamp,
        scope: Option<&Scope>,
        limit: usize,
    ) -> Result<Vec<DueTimer>, StoreError> {
        let was_due =
            std::mem::take(&mut *self.was_due.lock().unwrap_or_else(PoisonError::into_inner));
        if !was_due.is_empty() {
            return Ok(was_due);
        }
        self.read(|disk| {
            let mut due_now: Vec<_> = disk
                .timers
                .iter()
                .filter(|(_, (s, at))| {
                    *at - disk.offset(s) <= now && scope.is_none_or(|scope| scope == s)
                })
                .map(|(key, (s, at))| (*at, due(key, s)))
                .collect();
            due_now.sort_by_key(|(at, _)| *at);
            due_now
                .into_iter()
                .take(limit)
                .map(|(_, timer)| timer)
                .collect()
        })
        .await
    }

    async fn timers_of_kind(&self, kind: TimerKind) -> Result<Vec<DueTimer>, StoreError> {
        self.read(|disk| {
            disk.timers
                .iter()
                .filter(|(k, _)| k.1 == kind)
                .map(|(k, (s, _))| due(k, s))
                .collect()
        })
        .await
    }

    async fn record(
        &self,
        kind: RecordKind,
        scope: Option<&Scope>,
        id: &str,
    ) -> Result<Option<Stored<Record>>, StoreError> {
        self.read(|disk| {
            let found = disk.records.get(id).filter(|r| r.value.kind == kind);
            found
                .filter(|r| scope.is_none_or(|scope| *scope == r.value.scope))
                .cloned()
        })
        .await
    }

    async fn records(
        &self,
        kind: RecordKind,
        scope: &Scope,
        query: RecordQuery,
    ) -> Result<RecordPage, StoreError> {
        self.read(|disk| {
            let wanted = |r: &&Stored<Record>| {
                let r = &r.value;
                r.kind == kind
                    && r.scope == *scope
                    && query.owner.iter().all(|o| r.owner.as_ref() == Some(o))
                    && (query.statuses.is_empty() || query.statuses.contains(&r.status))
            };
            let all = disk.records.values().rev().filter(wanted);
            RecordPage {
                records: all.take(query.limit).cloned().collect(),
                ..RecordPage::default()
            }
        })
        .await
    }

    async fn records_of_status(
        &self,
        kind: RecordKind,
        status: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Stored<Record>>, StoreError> {
        self.read(|disk| {
            let wanted = |r: &&Stored<Record>| {
                r.value.kind == kind
                    && r.value.status == status
                    && after.is_none_or(|after| r.value.id.as_str() > after)
            };
            let all = disk.records.values().filter(wanted);
            all.take(limit).cloned().collect()
        })
        .await
    }

    async fn due_records(
        &self,
        now: Timestamp,
        scope: Option<&Scope>,
        limit: usize,
    ) -> Result<Vec<Stored<Record>>, StoreError> {
        self.read(|disk| {
            let is_due = |r: &&Stored<Record>| {
                let of = &r.value.scope;
                scope.is_none_or(|scope| scope == of)
                    && r.value.due_at.is_some_and(|at| at - disk.offset(of) <= now)
            };
            let mut due: Vec<_> = disk.records.values().filter(is_due).cloned().collect();
            due.sort_by_key(|r| r.value.due_at.map(|at| at - disk.offset(&r.value.scope)));
            due.truncate(limit);
            due
        })
        .await
    }

    async fn subscription(
        &self,
        _scope: &Scope,
        _id: &SubscriptionId,
    ) -> Result<Option<Stored<Subscription>>, StoreError> {
        Ok(None)
    }

    async fn subscriptions(&self, _scope: &Scope) -> Result<Vec<Subscription>, StoreError> {
        Ok(Vec::new())
    }

    async fn claim_deliveries(
        &self,
        _now: Timestamp,
        _lease: SignedDuration,
        _scope: Option<&Scope>,
        _busy: &[SubscriptionId],
        _limit: usize,
    ) -> Result<Vec<ClaimedDelivery>, StoreError> {
        Ok(Vec::new())
    }

    async fn record_attempts(
        &self,
        _attempts: Vec<(i64, DeliveryAttempt)>,
    ) -> Result<(), StoreError> {
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

    async fn mails(&self, _scope: &Scope, _limit: usize) -> Result<Vec<Mail>, StoreError> {
        Ok(Vec::new())
    }

    async fn claim_mails(
        &self,
        _now: Timestamp,
        _lease: SignedDuration,
        _limit: usize,
    ) -> Result<Vec<Mail>, StoreError> {
        Ok(Vec::new())
    }

    async fn mail_sent(&self, _mail: &Mail, _at: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }
}
