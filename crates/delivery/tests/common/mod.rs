//! A sender of webhooks, a clock that is set by hand, and receivers on this machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::Router;
use tatami_core::Entropy;
use tatami_core::account::Scope;
use tatami_core::event::{Event, EventType, Subject};
use tatami_core::id::{AccountId, Environment, EventId, SecretId, SubscriptionId};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_core::webhook::{Secret, Subscription};
use tatami_delivery::{Attempts, Outbound, WebhookSender};
use tatami_engine::ports::clock::Clock;
use tatami_engine::ports::delivery::Deliverer as _;
use tatami_engine::ports::documents::Document;
use tatami_engine::ports::store::{ClaimedDelivery, DeliveryAttempt};
use tatami_engine::secrets::seal_secret;
use tatami_vault::InstallationKey;

/// The secret of every subscription here.
pub const SECRET: &str = "PDYkJQq6sESYHp_zJuTTBQ";
/// How far the account's clock is ahead of the machine's.
pub const AHEAD: SignedDuration = SignedDuration::from_hours(100);

/// The same random bytes for ever: jitter in the middle.
pub struct Middle;
impl Entropy for Middle {
    fn fill(&mut self, out: &mut [u8]) {
        out.fill(0x7f);
    }
}

/// A clock that is set by hand.
pub struct HandClock(AtomicI64);
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).expect("in range")
    }
}
impl HandClock {
    pub fn advance(&self, by: SignedDuration) {
        self.0.fetch_add(by.as_secs() + 1, Ordering::SeqCst);
    }
}

/// A sender and the clock that it goes by.
pub struct Bench {
    pub clock: Arc<HandClock>,
    sender: WebhookSender,
}

impl Bench {
    /// Makes an attempt after so many others.
    pub async fn attempt(&self, subscription: &Subscription, tries: u32) -> DeliveryAttempt {
        let record = Document::of(subscription).expect("a document");
        let delivery = ClaimedDelivery {
            key: "evt/ws".to_owned(),
            endpoint: Arc::new(record),
            number: 1,
            event: event(&subscription.scope),
            tries,
        };
        self.sender.deliver(&delivery).await
    }
}

pub fn bench(timeout: Duration) -> Bench {
    let clock = Arc::new(HandClock(AtomicI64::new(1_800_000_000)));
    let machine = clock.clone();
    let sender = WebhookSender {
        outbound: Outbound::new(timeout, false).expect("a client"),
        key: key(),
        attempts: Attempts {
            account_time: Arc::new(move |_| machine.now() + AHEAD),
            entropy: Arc::new(|| Box::new(Middle)),
        },
    };
    Bench { clock, sender }
}

pub fn event(scope: &Scope) -> Event {
    Event {
        id: EventId::parse("evt_hnnHxIKR_Uy6bhZCusCltw").expect("an id"),
        kind: EventType::PAYMENT_INTENT_CREATED,
        subject: Subject {
            kind: "payment-intent".into(),
            id: "pi_1".to_owned(),
        },
        scope: scope.into(),
        at: Timestamp::UNIX_EPOCH,
        data: "{}".to_owned(),
    }
}

pub fn key() -> InstallationKey {
    InstallationKey::new([7; 32])
}

pub fn scope(environment: Environment) -> Scope {
    Scope {
        account: AccountId::parse("acc_0123456789abcdefghijkl").expect("an id"),
        environment,
    }
}

/// A subscription of the sandbox; `n` tells it from others.
pub fn subscription(n: u8, url: &str) -> Subscription {
    let id = SecretId::parse("sc_sandbox_RBMHTJ4fIkmSppDILZVCGw").expect("an id");
    Subscription {
        id: SubscriptionId::parse(&format!("ws_sandbox_RBMHTJ4fIkmSppDILZVC{n:02}"))
            .expect("an id"),
        scope: scope(Environment::Sandbox),
        events: vec!["payment_intent.created".to_owned()],
        url: url.to_owned(),
        description: None,
        secrets: vec![Secret {
            sealed: seal_secret(&key(), &id, SECRET, &mut Middle),
            id,
            active: true,
            created_at: Timestamp::UNIX_EPOCH,
        }],
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

/// Serves `router` on a free port; the URL of its `/hook`.
pub async fn receiver(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}
