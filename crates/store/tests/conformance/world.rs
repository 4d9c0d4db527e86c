//! What the cases are told in: a store, a clock that stands still, seeded ids,
//! and builders for commits.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use tatami_core::account::Scope;
use tatami_core::event::{Event, EventType};
use tatami_core::id::{AccountId, Environment, EventId, MailId, RefundId, SubscriptionId};
use tatami_core::payment_intent::{
    AmountDraft, Details, Draft, PaymentIntent, Refund, TimerChange, create,
};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_core::webhook::Subscription;
use tatami_core::{Entropy, Facts};
use tatami_engine::ports::clock::Clock;
use tatami_engine::ports::mail::Mail;
use tatami_engine::ports::store::{
    AfterAttempt, Commit, CommitError, DeliveryAttempt, IdempotencyWrite, Store, Write,
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

    /// A new intent, its event and its timer, not yet committed.
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
            timers: made.timers,
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
        let events = kinds.iter().map(|kind| Event {
            id: self.mint(at, |f| EventId::mint(intent.scope.environment, f)),
            kind: *kind,
            scope: intent.scope.clone(),
            created_at: at,
            payment_intent: intent.id.clone(),
            status: intent.status,
            capture_mode: intent.capture_mode,
        });
        Commit {
            events: events.collect(),
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
            scope: scope.clone(),
            to: to.to_owned(),
            subject: "Your receipt".to_owned(),
            text: "£10.00".to_owned(),
            html: "<p>£10.00</p>".to_owned(),
            created_at: at,
            sent_at: None,
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
        scope: scope.clone(),
        at,
        write: None,
        records: Vec::new(),
        events: Vec::new(),
        timers: Vec::new(),
        mails: Vec::new(),
        idempotency: None,
    }
}

/// A commit that writes an intent.
pub fn write(intent: &PaymentIntent, expected: Option<i64>, at: Timestamp) -> Commit {
    Commit {
        write: Some(Write::PaymentIntent {
            intent: Arc::new(intent.clone()),
            expected,
        }),
        ..empty(&intent.scope, at)
    }
}

/// A commit that writes a subscription.
pub fn subscribe(subscription: &Subscription, expected: Option<i64>) -> Commit {
    Commit {
        write: Some(Write::Subscription {
            subscription: Box::new(subscription.clone()),
            expected,
        }),
        ..empty(&subscription.scope, subscription.updated_at)
    }
}

/// A commit that deletes a subscription.
pub fn unsubscribe(subscription: &Subscription) -> Commit {
    let (scope, id) = (subscription.scope.clone(), subscription.id.clone());
    Commit {
        write: Some(Write::DeleteSubscription(scope, id)),
        ..empty(&subscription.scope, subscription.updated_at)
    }
}

/// A commit that changes only timers of an intent at version `expected`.
pub fn timed(intent: &PaymentIntent, expected: i64, timers: &[TimerChange]) -> Commit {
    Commit {
        timers: timers.to_vec(),
        ..write(intent, Some(expected), intent.updated_at)
    }
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
    match &commit.write {
        Some(Write::PaymentIntent { intent, .. }) => (**intent).clone(),
        other => panic!("not of an intent: {other:?}"),
    }
}

/// An attempt with what follows.
pub fn attempt(at: Timestamp, status: Option<u16>, next: AfterAttempt) -> DeliveryAttempt {
    DeliveryAttempt {
        at,
        status,
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
        Err(CommitError::EventTaken) => "event taken",
        Err(CommitError::Store(_)) => "storage",
    }
}
