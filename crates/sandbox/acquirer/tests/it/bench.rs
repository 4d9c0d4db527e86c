//! A counter to stand at: an acquirer, a clock to move, cards and references.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tatami_acquirer::{
    AccountTime, BookEntry, Outcome, STATE, SandboxAcquirer, TEST_CARDS, ThreeDs,
};
use tatami_core::account::Scope;
use tatami_core::card::{CardEntry, CardNumber, Cv2, Expiry};
use tatami_core::id::{AccountId, AttemptId, Environment};
use tatami_core::money::{Currency, Money};
use tatami_core::payment_intent::{Approval, Decline};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_core::{Entropy, Facts};
use tatami_engine::ports::acquirer::{
    Acquirer as _, AcquirerAnswer, Authorize, ChallengeAnswer, Channel, FollowUp, Merchant, Verify,
};
use tatami_engine::ports::clock::SystemClock;
use tatami_engine::ports::outside::CallError;
use tatami_engine::ports::store::Store;
use tatami_engine::{Clocks, DocumentState};
use tatami_store::SqliteStore;
use tokio::sync::watch;

/// A card of the table by its outcome, without a challenge.
pub fn card(outcome: Outcome) -> &'static str {
    let mut cards = TEST_CARDS.iter();
    cards
        .find(|c| c.outcome == outcome && c.three_ds == ThreeDs::Frictionless)
        .expect("a card in the table")
        .number
}

/// A card of the table by what 3-D Secure does.
pub fn challenged(three_ds: ThreeDs) -> &'static str {
    let mut cards = TEST_CARDS.iter();
    cards
        .find(|c| c.three_ds == three_ds)
        .expect("a card in the table")
        .number
}

pub const fn gbp(minor: i64) -> Money {
    Money::new(minor, Currency::Gbp)
}

/// A small stream of numbers, another for each seed.
pub struct Stream(pub u64);

impl Entropy for Stream {
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

/// A clock that only moves when told.
pub struct Time(watch::Sender<Timestamp>);

impl Time {
    pub fn advance(&self, by: SignedDuration) {
        self.0.send_modify(|now| *now += by);
    }

    /// Returns when somebody waits for the clock.
    pub async fn awaited(&self) {
        while self.0.receiver_count() == 0 {
            tokio::task::yield_now().await;
        }
    }
}

#[async_trait]
impl AccountTime for Time {
    fn now(&self, _: &Scope) -> Timestamp {
        *self.0.borrow()
    }

    async fn until(&self, _: &Scope, at: Timestamp) {
        let reached = self.0.subscribe().wait_for(|now| *now >= at).await.is_ok();
        assert!(reached, "the clock outlives who waits for it");
    }
}

/// More entries than any test makes.
pub const ALL: usize = 500;

pub struct Bench {
    pub acquirer: SandboxAcquirer,
    pub time: Arc<Time>,
    pub scope: Scope,
    pub other: Scope,
    ids: Mutex<Stream>,
    pub folder: tempfile::TempDir,
}

static SEED: AtomicU64 = AtomicU64::new(1);

fn seed() -> Stream {
    Stream(SEED.fetch_add(1, Ordering::Relaxed) << 20)
}

impl Bench {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let start = "2026-05-01T12:00:00Z".parse().expect("a moment");
        let time = Arc::new(Time(watch::Sender::new(start)));
        let mut ids = seed();
        let mut scope = || Scope {
            account: AccountId::mint(
                Environment::Production,
                &mut Facts {
                    now: start,
                    entropy: &mut ids,
                },
            ),
            environment: Environment::Sandbox,
        };
        let (one, other) = (scope(), scope());
        Self {
            acquirer: open(folder.path(), &time),
            time,
            scope: one,
            other,
            ids: Mutex::new(ids),
            folder,
        }
    }

    /// Closes the books and opens them again.
    pub fn reopened(self) -> Self {
        let Self {
            acquirer,
            time,
            folder,
            ..
        } = self;
        drop(acquirer);
        Self {
            acquirer: open(folder.path(), &time),
            time,
            folder,
            ..self
        }
    }

    pub fn reference(&self) -> AttemptId {
        let mut ids = self.ids.lock().expect("not poisoned");
        // Two references are not of the same moment.
        self.time.advance(SignedDuration::from_millis(1));
        let now = self.time.now(&self.scope);
        AttemptId::mint(
            Environment::Sandbox,
            &mut Facts {
                now,
                entropy: &mut *ids,
            },
        )
    }

    pub fn request(&self, number: &str, minor: i64, capture: bool) -> Authorize {
        let number = CardNumber::parse(number).expect("passes Luhn");
        let cv2 = Cv2::parse("123", number.scheme());
        Authorize {
            scope: self.scope.clone(),
            merchant: merchant(),
            reference: self.reference(),
            amount: gbp(minor),
            capture,
            card: CardEntry {
                number,
                expiry: Expiry {
                    year: 2030,
                    month: 1,
                },
                cv2,
                holder: "A Holder".to_owned(),
            },
            address: None,
            channel: Channel::Ecommerce { three_ds: true },
            authentication: None,
        }
    }

    /// A verification of a card.
    pub fn question(&self, number: &str) -> Verify {
        let payment = self.request(number, 1, false);
        Verify {
            scope: payment.scope,
            merchant: payment.merchant,
            reference: payment.reference,
            card: payment.card,
            address: payment.address,
            three_ds: true,
            authentication: None,
        }
    }

    /// Authorizes with an approved card.
    pub async fn paid(&self, minor: i64, capture: bool) -> AttemptId {
        self.paid_with(card(Outcome::Approved), minor, capture)
            .await
    }

    pub async fn paid_with(&self, number: &str, minor: i64, capture: bool) -> AttemptId {
        let request = self.request(number, minor, capture);
        let reference = request.reference.clone();
        approved(self.acquirer.authorize(request).await);
        reference
    }

    pub fn about(&self, authorization: &AttemptId, minor: i64) -> FollowUp {
        FollowUp {
            scope: self.scope.clone(),
            reference: self.reference(),
            merchant: merchant(),
            authorization: authorization.clone(),
            network_reference: None,
            amount: gbp(minor),
        }
    }

    /// The books in the order in which they were written.
    pub async fn entries(&self) -> Vec<BookEntry> {
        let books = self.acquirer.books(&self.scope, None, ALL).await;
        let mut books = books.expect("books");
        books.sort_by_key(|entry| entry.at);
        books
    }
}

fn open(folder: &Path, time: &Arc<Time>) -> SandboxAcquirer {
    let store = SqliteStore::open(&folder.join("tatami.db"), Arc::new(SystemClock));
    over(Arc::new(store.expect("opens")), time)
}

/// An acquirer whose books are in that store.
pub fn over(store: Arc<dyn Store>, time: &Arc<Time>) -> SandboxAcquirer {
    let clocks = Arc::new(Clocks::new(Arc::new(SystemClock)));
    let state = Arc::new(DocumentState::new(store, clocks, STATE));
    SandboxAcquirer::new(state, time.clone(), Box::new(seed()))
}

fn merchant() -> Merchant {
    Merchant {
        id: "000000000000001".to_owned(),
        terminal: "00000001".to_owned(),
        category: "5999".to_owned(),
    }
}

type Said = Result<AcquirerAnswer, CallError>;

pub fn approved(said: Said) -> Approval {
    match said {
        Ok(AcquirerAnswer::Approved(approval)) => approval,
        other => panic!("not approved: {other:?}"),
    }
}

pub fn declined(said: Said) -> Decline {
    match said {
        Ok(AcquirerAnswer::Declined(decline)) => decline,
        other => panic!("not declined: {other:?}"),
    }
}

pub fn asked(said: Said) -> ChallengeAnswer {
    match said {
        Ok(AcquirerAnswer::Challenge(challenge)) => challenge,
        other => panic!("not challenged: {other:?}"),
    }
}
