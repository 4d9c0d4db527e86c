//! A queue in memory, a clock that is set by hand, and receivers on this
//! machine.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use tatami_core::Entropy;
use tatami_core::account::Scope;
use tatami_core::id::{AccountId, Environment, EventId, SecretId, SubscriptionId};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_core::webhook::{Secret, Subscription};
use tatami_engine::ports::clock::Clock;
use tatami_engine::ports::store::{AfterAttempt, ClaimedDelivery, DeliveryAttempt, StoreError};
use tatami_engine::secrets::seal_secret;
use tatami_vault::InstallationKey;
use tatami_webhooks::{DeliveryQueue, Dispatcher, Limits, Parts};
use tokio::sync::Notify;

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

struct Row {
    delivery: ClaimedDelivery,
    due: Timestamp,
    over: bool,
}

/// Deliveries in memory, by the rules of the port.
#[derive(Default)]
pub struct Queue {
    rows: Mutex<Vec<Row>>,
    attempts: Mutex<Vec<(i64, DeliveryAttempt)>>,
    recorded: Notify,
}

impl Queue {
    pub fn add(&self, subscription: &Subscription, payload: &str) -> i64 {
        let mut rows = self.rows.lock().expect("rows");
        let id = i64::try_from(rows.len()).expect("few");
        rows.push(Row {
            delivery: ClaimedDelivery {
                id,
                scope: subscription.scope.clone(),
                subscription: subscription.clone(),
                event: EventId::parse("evt_hnnHxIKR_Uy6bhZCusCltw").expect("an id"),
                payload: payload.to_owned(),
                attempts: 0,
            },
            due: Timestamp::UNIX_EPOCH,
            over: false,
        });
        id
    }

    pub fn attempts(&self) -> Vec<(i64, DeliveryAttempt)> {
        self.attempts.lock().expect("attempts").clone()
    }

    /// Waits until `count` attempts are written.
    pub async fn wait_for(&self, count: usize) -> Vec<(i64, DeliveryAttempt)> {
        let enough = async {
            while self.attempts().len() < count {
                self.recorded.notified().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), enough)
            .await
            .expect("the attempts are made");
        self.attempts()
    }
}

#[async_trait]
impl DeliveryQueue for Queue {
    async fn claim(
        &self,
        now: Timestamp,
        lease: SignedDuration,
        scope: Option<&Scope>,
        busy: &[SubscriptionId],
        limit: usize,
    ) -> Result<Vec<ClaimedDelivery>, StoreError> {
        let mut rows = self.rows.lock().expect("rows");
        let due = rows.iter_mut().filter(|row| {
            !row.over
                && row.due <= now
                && scope.is_none_or(|s| row.delivery.scope == *s)
                && !busy.contains(&row.delivery.subscription.id)
        });
        let claimed = due.take(limit).map(|row| {
            row.due = now + lease;
            row.delivery.clone()
        });
        Ok(claimed.collect())
    }

    async fn record(&self, attempts: Vec<(i64, DeliveryAttempt)>) -> Result<(), StoreError> {
        let mut rows = self.rows.lock().expect("rows");
        for (id, attempt) in &attempts {
            let row = &mut rows[usize::try_from(*id).expect("an index")];
            row.delivery.attempts += 1;
            match attempt.next {
                AfterAttempt::RetryAt(at) => row.due = at - AHEAD,
                AfterAttempt::Delivered | AfterAttempt::GaveUp => row.over = true,
            }
        }
        self.attempts.lock().expect("attempts").extend(attempts);
        self.recorded.notify_one();
        Ok(())
    }
}

/// A dispatcher and what it works on.
pub struct Bench {
    pub queue: Arc<Queue>,
    pub clock: Arc<HandClock>,
    pub wake: Arc<Notify>,
    pub dispatcher: Dispatcher,
}

pub fn bench(limits: Limits) -> Bench {
    let queue = Arc::new(Queue::default());
    let clock = Arc::new(HandClock(AtomicI64::new(1_800_000_000)));
    let wake = Arc::new(Notify::new());
    let machine = clock.clone();
    let parts = Parts {
        queue: queue.clone(),
        key: key(),
        clock: clock.clone(),
        account_time: Arc::new(move |_| machine.now() + AHEAD),
        entropy: Arc::new(|| Box::new(Middle)),
        wake: wake.clone(),
    };
    Bench {
        queue,
        clock,
        wake,
        dispatcher: Dispatcher::new(parts, limits).expect("a dispatcher"),
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
