//! What the cases are told in: a store, a clock that stands still, seeded ids,
//! and builders for commits.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use tatami_core::account::{AnyScope, Scope};
use tatami_core::event::EventType;
use tatami_core::id::{AccountId, Environment, MailId, PaymentIntentId, RefundId, SubscriptionId};
use tatami_core::payment_intent::{AmountDraft, Details, Draft, PaymentIntent, Refund, create};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_core::webhook::Subscription;
use tatami_core::{Entropy, Facts};
use tatami_engine::IntentQuery;
use tatami_engine::ports::clock::Clock;
use tatami_engine::ports::documents::{Aggregate, DocumentKind, DocumentQuery, DocumentWrite};
use tatami_engine::ports::mail::Mail;
use tatami_engine::ports::store::{
    AfterAttempt, Commit, CommitError, DeliveryAttempt, IdempotencyWrite, Store, StoreError, Stored,
};

/// A clock that tests set.
pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn new() -> std::sync::Arc<Self> {
        let at: Timestamp = "2026-01-15T10:00:00Z".parse().expect("a moment");
        std::sync::Arc::new(Self(AtomicI64::new(at.as_microsecond())))
    }

    pub fn advance(&self, by: SignedDuration) {
        let micros = i64::try_from(by.as_micros()).expect("in range");
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::SeqCst)).expect("in range")
    }
}

/// A small seeded stream.
pub struct Seeded(u64);

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        u32::from_le_bytes(bytes) as usize % end
    }
}

impl Entropy for Seeded {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *byte = (self.0 >> 56) as u8;
        }
    }
}

pub struct World<'a> {
    pub store: &'a dyn Store,
    pub clock: &'a TestClock,
    seed: AtomicU64,
}

pub const SECOND: SignedDuration = SignedDuration::from_secs(1);
pub const MINUTE: SignedDuration = SignedDuration::from_mins(1);
pub const HOUR: SignedDuration = SignedDuration::from_hours(1);

impl<'a> World<'a> {
    pub fn new(store: &'a dyn Store, clock: &'a TestClock) -> Self {
        let seed = AtomicU64::new(1);
        Self { store, clock, seed }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Mints something with fresh bytes.
    pub fn mint<T>(&self, at: Timestamp, mint: impl FnOnce(&mut Facts<'_>) -> T) -> T {
        let mut entropy = Seeded::new(self.seed.fetch_add(1, Ordering::SeqCst));
        mint(&mut Facts {
            now: at,
            entropy: &mut entropy,
        })
    }

    /// The sandbox of a new account.
    pub fn scope(&self) -> Scope {
        Scope {
            account: self.mint(self.now(), |f| AccountId::mint(Environment::Production, f)),
            environment: Environment::Sandbox,
        }
    }

    /// A new intent and its event, not yet committed.
    pub fn creation_at(&self, scope: &Scope, at: Timestamp) -> Commit {
        let draft = Draft {
            amount: Some(AmountDraft {
                value: 1000,
                currency_code: "GBP".to_owned(),
            }),
            details: Box::new(Details {
                reference: "Order 1".to_owned(),
                ..Details::default()
            }),
            ..Draft::default()
        };
        let made = self.mint(at, |facts| create(scope.clone(), draft, facts));
        let made = made.expect("a valid draft");
        Commit {
            events: made.events,
            ..write(&made.intent, None, at)
        }
    }

    pub fn creation(&self, scope: &Scope) -> Commit {
        self.creation_at(scope, self.now())
    }

    /// Commits a new intent.
    pub async fn created(&self, scope: &Scope) -> PaymentIntent {
        let commit = self.creation(scope);
        let intent = intent_of(&commit);
        self.store.commit(commit).await.expect("committed");
        intent
    }

    /// A commit that only tells of an intent.
    pub fn telling(&self, intent: &PaymentIntent, kinds: &[EventType], at: Timestamp) -> Commit {
        let event = |kind: &EventType| self.mint(at, |f| intent.event(kind.clone(), f));
        Commit {
            events: kinds.iter().map(event).collect(),
            ..empty(&intent.scope, at)
        }
    }

    pub fn refund(&self, intent: &PaymentIntent) -> Refund {
        Refund {
            id: self.mint(self.now(), |f| RefundId::mint(intent.scope.environment, f)),
            amount: 100,
            reason: None,
            notes: Some("Cold soup".to_owned()),
            at: self.now(),
        }
    }

    pub fn mail(&self, scope: &Scope, to: &str) -> Mail {
        let at = self.now() + SignedDuration::from_nanos(700);
        Mail {
            id: self.mint(at, |f| MailId::mint(scope.environment, f)),
            scope: scope.into(),
            to: to.to_owned(),
            subject: "Your receipt".to_owned(),
            text: "£10.00".to_owned(),
            html: "<p>£10.00</p>".to_owned(),
            created_at: at,
            due_at: Some(at),
            refusals: 0,
            sent_at: None,
            payment: None,
        }
    }

    pub fn subscription(&self, scope: &Scope, events: &[EventType]) -> Subscription {
        let at = self.now();
        Subscription {
            id: self.mint(at, |f| SubscriptionId::mint(scope.environment, f)),
            scope: scope.clone(),
            events: events.iter().map(|e| e.name().to_owned()).collect(),
            url: "https://shop.example/hook".to_owned(),
            description: None,
            secrets: Vec::new(),
            created_at: at,
            updated_at: at,
        }
    }

    /// Commits a new subscription.
    pub async fn subscribed(&self, scope: &Scope, events: &[EventType]) -> Subscription {
        let subscription = self.subscription(scope, events);
        let commit = subscribe(&subscription, None);
        self.store.commit(commit).await.expect("committed");
        subscription
    }
}

/// A commit of nothing.
pub fn empty(scope: &Scope, at: Timestamp) -> Commit {
    Commit {
        scope: AnyScope::from(scope),
        at,
        documents: Vec::new(),
        claims: Vec::new(),
        events: Vec::new(),
        idempotency: None,
    }
}

/// A commit that writes an intent.
pub fn write(intent: &PaymentIntent, expected: Option<i64>, at: Timestamp) -> Commit {
    Commit {
        documents: vec![put(intent, expected)],
        ..empty(&intent.scope, at)
    }
}

/// A commit that also writes a mail.
pub fn with_mail(mail: &Mail, expected: Option<i64>, mut commit: Commit) -> Commit {
    commit.documents.push(put(mail, expected));
    commit
}

/// A commit that writes a subscription.
pub fn subscribe(subscription: &Subscription, expected: Option<i64>) -> Commit {
    Commit {
        documents: vec![put(subscription, expected)],
        ..empty(&subscription.scope, subscription.updated_at)
    }
}

fn put<T: Aggregate>(value: &T, expected: Option<i64>) -> DocumentWrite {
    DocumentWrite::put(value, expected).expect("a document")
}

/// A commit that deletes a subscription that was never changed.
pub fn unsubscribe(subscription: &Subscription) -> Commit {
    let deletion = DocumentWrite::Delete {
        kind: DocumentKind::Subscription,
        id: subscription.id.to_string(),
        expected: 1,
    };
    Commit {
        documents: vec![deletion],
        ..empty(&subscription.scope, subscription.updated_at)
    }
}

/// A commit that changes when an intent at version `expected` is due.
pub fn timed(intent: &PaymentIntent, expected: i64, due_at: Option<Timestamp>) -> Commit {
    let mut commit = write(intent, Some(expected), intent.updated_at);
    if let Some(DocumentWrite::Put { record, .. }) = commit.documents.first_mut() {
        record.due_at = due_at;
    }
    commit
}

/// A commit that claims a key.
pub fn claim(scope: &Scope, at: Timestamp, key: &str) -> Commit {
    Commit {
        idempotency: Some(IdempotencyWrite::Claim {
            key: key.to_owned(),
            fingerprint: "digest".to_owned(),
        }),
        ..empty(scope, at)
    }
}

/// The intent that a commit writes.
pub fn intent_of(commit: &Commit) -> PaymentIntent {
    let intent = commit.documents.iter().find_map(|write| match write {
        DocumentWrite::Put { record, .. } => record.read().ok(),
        DocumentWrite::Delete { .. } => None,
    });
    intent.expect("an intent")
}

/// The headers of each answer.
pub fn answer_headers() -> Vec<(String, String)> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    vec![pair("x-a", "é \0\"'{,"), pair("x-a", "")]
}

/// An attempt with what follows.
pub fn attempt(at: Timestamp, status: Option<u16>, next: AfterAttempt) -> DeliveryAttempt {
    DeliveryAttempt {
        at,
        status,
        answer_headers: match status {
            Some(_) => answer_headers(),
            None => Vec::new(),
        },
        answer: "as it said".to_owned(),
        took_ms: 42,
        next,
    }
}

/// The kind of refusal, for comparing.
pub fn refusal(result: Result<(), CommitError>) -> &'static str {
    match result {
        Ok(()) => "committed",
        Err(CommitError::Stale) => "stale",
        Err(CommitError::KeyTaken) => "key taken",
        Err(CommitError::ValueTaken) => "value taken",
        Err(CommitError::Store(_)) => "storage",
    }
}

/// A page of a search.
pub struct IntentPage {
    pub intents: Vec<PaymentIntent>,
    pub more_before: bool,
    pub more_after: bool,
}

/// Documents of a store, read.
pub trait Lookups {
    async fn get<T: Aggregate>(
        &self,
        scope: Option<&Scope>,
        id: &str,
    ) -> Result<Option<Stored<T>>, StoreError>;

    async fn payment_intent(
        &self,
        scope: &Scope,
        id: &PaymentIntentId,
    ) -> Result<Option<Stored<PaymentIntent>>, StoreError> {
        self.get(Some(scope), id.as_str()).await
    }

    async fn public_payment_intent(
        &self,
        id: &PaymentIntentId,
    ) -> Result<Option<Stored<PaymentIntent>>, StoreError> {
        self.get(None, id.as_str()).await
    }

    async fn payment_intent_of_refund(
        &self,
        scope: &Scope,
        refund: &RefundId,
    ) -> Result<Option<Stored<PaymentIntent>>, StoreError>;

    async fn search_payment_intents(
        &self,
        scope: &Scope,
        query: IntentQuery,
    ) -> Result<IntentPage, StoreError>;

    async fn subscription(
        &self,
        scope: &Scope,
        id: &SubscriptionId,
    ) -> Result<Option<Stored<Subscription>>, StoreError> {
        self.get(Some(scope), id.as_str()).await
    }

    /// Oldest first.
    async fn subscriptions(&self, scope: &Scope) -> Result<Vec<Subscription>, StoreError>;

    /// Newest first.
    async fn mails(&self, scope: &Scope) -> Result<Vec<Mail>, StoreError>;
}

impl<S: Store + ?Sized> Lookups for S {
    async fn get<T: Aggregate>(
        &self,
        scope: Option<&Scope>,
        id: &str,
    ) -> Result<Option<Stored<T>>, StoreError> {
        let scope = scope.map(AnyScope::from);
        let found = self.document(T::KIND, scope.as_ref(), id).await?;
        found.map(|record| record.read()).transpose()
    }

    async fn payment_intent_of_refund(
        &self,
        scope: &Scope,
        refund: &RefundId,
    ) -> Result<Option<Stored<PaymentIntent>>, StoreError> {
        let (scope, query) = (scope.into(), DocumentQuery::intent_of_refund(refund));
        let page = self.documents(PaymentIntent::KIND, &scope, query).await?;
        page.documents.first().map(Stored::read).transpose()
    }

    async fn search_payment_intents(
        &self,
        scope: &Scope,
        query: IntentQuery,
    ) -> Result<IntentPage, StoreError> {
        let scope = scope.into();
        let page = self.documents(PaymentIntent::KIND, &scope, query.into());
        let page = page.await?;
        let intents = page.documents.iter().map(|record| record.value.read());
        Ok(IntentPage {
            intents: intents.collect::<Result<_, _>>()?,
            more_before: page.more_before,
            more_after: page.more_after,
        })
    }

    async fn subscriptions(&self, scope: &Scope) -> Result<Vec<Subscription>, StoreError> {
        let query = DocumentQuery {
            limit: 100,
            ..DocumentQuery::default()
        };
        let scope = scope.into();
        let page = self.documents(Subscription::KIND, &scope, query).await?;
        let oldest_first = page.documents.iter().rev();
        oldest_first.map(|record| record.value.read()).collect()
    }

    async fn mails(&self, scope: &Scope) -> Result<Vec<Mail>, StoreError> {
        let query = DocumentQuery {
            limit: 100,
            ..DocumentQuery::default()
        };
        let page = self.documents(Mail::KIND, &scope.into(), query).await?;
        let newest_first = page.documents.iter();
        newest_first.map(|record| record.value.read()).collect()
    }
}
