//! Events on their way to a simulated receiver: what waits on the simulated disk, and
//! a receiver that refuses some, or takes one and is not heard.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tatami_core::account::Scope;
use tatami_core::event::{Event, EventType};
use tatami_core::id::SubscriptionId;
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_core::webhook::Subscription;
use tatami_engine::Clocks;
use tatami_engine::ports::delivery::Deliverer;
use tatami_engine::ports::store::{AfterAttempt, ClaimedDelivery, DeliveryAttempt};

use crate::dice::Dice;

/// A delivery on the disk.
pub struct Delivery {
    pub claimed: ClaimedDelivery,
    /// Account time.
    pub due_at: Timestamp,
    /// Machine time.
    pub leased_until: Timestamp,
}

/// Those that are still to be made, oldest first.
#[derive(Default)]
pub struct Deliveries(Vec<Delivery>);

impl Deliveries {
    pub fn push(&mut self, delivery: Delivery) {
        self.0.push(delivery);
    }

    /// The first of each lane.
    pub fn open(&mut self) -> impl Iterator<Item = &mut Delivery> {
        let mut lanes = HashSet::new();
        self.0.iter_mut().filter(move |delivery| {
            let claimed = &delivery.claimed;
            lanes.insert((claimed.endpoint.id.clone(), claimed.event.subject.clone()))
        })
    }

    pub fn record(&mut self, delivery: &ClaimedDelivery, next: AfterAttempt) {
        match next {
            AfterAttempt::Delivered | AfterAttempt::GaveUp => {
                self.0.retain(|known| known.claimed.key != delivery.key);
            }
            AfterAttempt::RetryAt(at) => {
                let known = self.0.iter_mut();
                for known in known.filter(|known| known.claimed.key == delivery.key) {
                    known.due_at = at;
                    known.leased_until = Timestamp::MIN;
                    known.claimed.tries += 1;
                }
            }
        }
    }

    /// Ends all leases: those of a process that is gone.
    pub fn release(&mut self) {
        for delivery in &mut self.0 {
            delivery.leased_until = Timestamp::MIN;
        }
    }
}

/// A subscription to some events.
pub fn subscription(
    scope: &Scope,
    events: &[EventType],
    dice: &Dice,
    at: Timestamp,
) -> Subscription {
    let facts = &mut tatami_core::Facts {
        now: at,
        entropy: &mut dice.clone(),
    };
    Subscription {
        id: SubscriptionId::mint(scope.environment, facts),
        scope: scope.clone(),
        events: events.iter().map(|e| e.name().to_owned()).collect(),
        url: "https://receiver.example/".to_owned(),
        description: None,
        secrets: Vec::new(),
        created_at: at,
        updated_at: at,
    }
}

/// Who is told. Copies share what was received.
#[derive(Clone)]
pub struct Receiver {
    dice: Dice,
    received: Arc<Mutex<Vec<Event>>>,
}

impl Receiver {
    pub fn new(dice: Dice) -> Self {
        Self {
            dice,
            received: Arc::default(),
        }
    }

    /// All that was received, in its order.
    pub fn received(&self) -> Vec<Event> {
        let received = self.received.lock();
        received.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What takes events to it.
    pub fn by(&self, clocks: Arc<Clocks>) -> Arc<dyn Deliverer> {
        let receiver = self.clone();
        Arc::new(Post { receiver, clocks })
    }
}

struct Post {
    receiver: Receiver,
    clocks: Arc<Clocks>,
}

#[async_trait]
impl Deliverer for Post {
    async fn deliver(&self, delivery: &ClaimedDelivery) -> DeliveryAttempt {
        let Receiver { dice, received } = &self.receiver;
        let scope = delivery.event.scope.account();
        let now = || scope.map_or(delivery.event.at, |scope| self.clocks.now(scope));
        let at = now();
        tokio::time::sleep(Duration::from_micros(dice.roll(5_000))).await;
        let later = || AfterAttempt::RetryAt(now() + SignedDuration::from_secs(5));
        if dice.chance(1, 10) {
            return attempt(at, later());
        }
        let mut received = received.lock().unwrap_or_else(PoisonError::into_inner);
        received.push(delivery.event.clone());
        drop(received);
        // Its answer may be lost.
        let next = match dice.chance(1, 20) {
            true => later(),
            false => AfterAttempt::Delivered,
        };
        attempt(at, next)
    }
}

fn attempt(at: Timestamp, next: AfterAttempt) -> DeliveryAttempt {
    DeliveryAttempt {
        at,
        status: None,
        answer_headers: Vec::new(),
        answer: String::new(),
        took_ms: 0,
        next,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tatami_core::account::AnyScope;
    use tatami_engine::Engine;
    use tatami_engine::ports::clock::Clock as _;
    use tatami_engine::ports::documents::DocumentKind;
    use tatami_engine::ports::store::{Commit, Store as _};
    use tokio::sync::{mpsc, oneshot};

    use super::*;
    use crate::World;
    use crate::callers::draft;

    /// A receiver that tells the endpoint of each delivery and answers those to one of
    /// them only when it is let.
    struct Slow {
        slow: String,
        seen: mpsc::UnboundedSender<String>,
        leave: tokio::sync::Notify,
    }

    #[async_trait]
    impl Deliverer for Slow {
        async fn deliver(&self, delivery: &ClaimedDelivery) -> DeliveryAttempt {
            let endpoint = &delivery.endpoint.id;
            let _ = self.seen.send(endpoint.clone());
            if *endpoint == self.slow {
                self.leave.notified().await;
            }
            attempt(delivery.event.at, AfterAttempt::Delivered)
        }
    }

    struct Bench {
        world: World,
        engine: Engine,
        slow: Arc<Slow>,
        seen: mpsc::UnboundedReceiver<String>,
    }

    /// An engine whose creations are told to a slow receiver and whose changes to a
    /// quick one.
    async fn bench() -> Bench {
        let mut world = World::new(Dice::new(1)).expect("a world");
        world.store = world.store.reboot(false);
        world.clock.boot();
        let now = world.clock.now();
        let kinds = [
            EventType::PAYMENT_INTENT_CREATED,
            EventType::PAYMENT_INTENT_STATUS_UPDATED,
        ];
        world.store.seed_nothing_of(DocumentKind::Subscription);
        let [slow, quick] = kinds.map(|kind| subscription(&world.scope, &[kind], &world.dice, now));
        world.store.seed(&slow).expect("seeded");
        world.store.seed(&quick).expect("seeded");
        let (seen, inbox) = mpsc::unbounded_channel();
        let slow = Arc::new(Slow {
            slow: slow.id.to_string(),
            seen,
            leave: tokio::sync::Notify::new(),
        });
        let deliverer: Arc<dyn Deliverer> = slow.clone();
        let to = |_| HashMap::from([(DocumentKind::Subscription, deliverer)]);
        let engine = world
            .engine_with(&crate::power::Power::default(), to)
            .await
            .expect("an engine");
        Bench {
            world,
            engine,
            slow,
            seen: inbox,
        }
    }

    impl Bench {
        /// Tells so many events of that kind, each of another subject.
        async fn tell(&self, kind: EventType, count: usize) {
            let order = draft(&self.world.memory.customer, 1_000, false, false);
            let facts = &mut tatami_core::Facts {
                now: self.world.clock.now(),
                entropy: &mut self.world.dice.clone(),
            };
            let made = tatami_core::payment_intent::create(self.world.scope.clone(), order, facts);
            let intent = made.expect("valid").intent;
            let events = (0..count).map(|n| {
                let mut event = intent.event(kind.clone(), facts);
                event.subject.id = format!("{} {n}", event.id);
                event
            });
            let commit = Commit {
                scope: AnyScope::from(&self.world.scope),
                at: self.world.clock.now(),
                documents: Vec::new(),
                claims: Vec::new(),
                events: events.collect(),
                idempotency: None,
            };
            self.world.store.commit(commit).await.expect("committed");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_receiver_does_not_hold_up_others() {
        let mut bench = bench().await;
        // The slow receiver's backlog alone would fill every batch, and more.
        bench.tell(EventType::PAYMENT_INTENT_CREATED, 900).await;
        bench
            .tell(EventType::PAYMENT_INTENT_STATUS_UPDATED, 50)
            .await;
        let engine = bench.engine.clone();
        let running = tokio::spawn(async move { engine.jobs().run(std::future::pending()).await });
        let (mut quick, mut slow) = (0, 0);
        while quick < 50 {
            match bench.seen.recv().await.expect("it runs") {
                endpoint if endpoint == bench.slow.slow => slow += 1,
                _ => quick += 1,
            }
        }
        assert!(slow <= 16, "{slow} requests at once");
        running.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_under_way_ends_before_the_loop_does() {
        let mut bench = bench().await;
        let (stop, stopped) = oneshot::channel::<()>();
        let engine = bench.engine.clone();
        let running = tokio::spawn(async move {
            let stop = async {
                let _ = stopped.await;
            };
            engine.jobs().run(stop).await;
        });
        bench.tell(EventType::PAYMENT_INTENT_CREATED, 1).await;
        bench.seen.recv().await.expect("a delivery");
        stop.send(()).expect("it runs");
        bench.slow.leave.notify_one();
        running.await.expect("it ended");
        let next = bench.world.store.next_due(&bench.world.scope).await;
        assert_eq!(next.expect("read"), None, "it is recorded");
    }
}
