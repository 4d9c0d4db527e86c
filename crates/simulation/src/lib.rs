//! The real engine and rules over a simulated store, acquirer, clock and
//! callers: thousands of random operations, with answers lost, requests
//! delivered late or twice, disks that fail and processes that die, all from
//! one seed. Afterwards the acquirer's books, our records and what callers were
//! told must agree.

mod acquirer;
mod audit;
mod callers;
mod deliveries;
mod dice;
#[cfg(test)]
mod mails;
mod node;
mod power;
mod setups;
#[cfg(test)]
mod shared;
mod store;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tatami_core::Entropy;
use tatami_core::account::{Account, Scope};
use tatami_core::customer::{Customer, CustomerDetails};
use tatami_core::event::EventType;
use tatami_core::id::Environment;
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::time::{DAY, Timestamp};
use tatami_engine::ports::acquirer::ByEnvironment;
use tatami_engine::ports::answers::{Answer, Answers, Done};
use tatami_engine::ports::clock::Clock;
use tatami_engine::ports::delivery::Deliverer;
use tatami_engine::ports::documents::DocumentKind;
use tatami_engine::ports::mail::{Mailer, Receipt, Receipts};
use tatami_engine::ports::store::Store;
use tatami_engine::{Clocks, Engine, Failure, Parts};
use tatami_vault::{InstallationKey, KeyRing, Vault};

use acquirer::SimulatedAcquirer;
use callers::Memory;
use deliveries::{Receiver, subscription};
use dice::Dice;
use node::Node;
use power::Power;
use store::SimulatedStore;

/// How many callers work side by side.
const CALLERS: usize = 4;
/// The most often a run's process dies.
const MAX_LIVES: u64 = 6;

/// What happened in a run that held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// Processes that served and died.
    pub lives: u64,
    /// Intents at the end.
    pub intents: usize,
    /// Those that were paid.
    pub paid: usize,
    /// Intents that the card of a setup intent paid.
    pub charged: usize,
    /// Answers that callers got.
    pub acknowledged: usize,
}

/// Simulated machine time: a base plus the runtime's paused clock.
struct SimulatedClock(Mutex<(Timestamp, Option<tokio::time::Instant>)>);

impl SimulatedClock {
    fn boot(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1 = Some(tokio::time::Instant::now());
    }

    fn halt(&self) {
        let now = self.now();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (now, None);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        let (base, since) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = since.map_or(Duration::ZERO, |since| since.elapsed());
        base + gone
    }
}

/// Answers small enough to compare.
struct Plain;

impl Answers for Plain {
    fn write(&self, _account: &Account, done: &Done, _version: &str) -> Answer {
        let (status, body) = match done {
            Done::Intent {
                intent, sessions, ..
            } => (
                200,
                format!(
                    "intent {} {} {} {}",
                    intent.id,
                    intent.status.name(),
                    intent.total().minor,
                    sessions.secret(intent)
                ),
            ),
            Done::Captured(_, id) => (200, format!("capture {id}")),
            Done::Refunded(_, id) => (200, format!("refund {id}")),
            Done::Reversed(_, id) => (200, format!("reversal {id}")),
            Done::Charged(intent, _) => (200, format!("charge {}", intent.id)),
            Done::ChargeDeclined(intent, _) => (200, format!("declined charge {}", intent.id)),
            Done::SetupIntent(intent, secret) => (200, format!("setup {} {secret}", intent.id)),
            Done::ReceiptSent => (204, String::new()),
            Done::Subscription(..) | Done::Secrets(..) => (200, "subscription".to_owned()),
            Done::Customer(customer) => (200, customer.id.to_string()),
            Done::TerminalSession(session) => {
                (200, format!("session {}", session.story.status.name()))
            }
            Done::Refused(refusal) => (400, refusal.to_string()),
        };
        Answer {
            status,
            body: body.into_bytes(),
        }
    }
}

struct NoReceipts;

impl Receipts for NoReceipts {
    fn write(&self, _account: &Account, _intent: &PaymentIntent) -> Receipt {
        Receipt {
            subject: String::new(),
            text: String::new(),
            html: String::new(),
        }
    }

    fn invite(&self, account: &Account, intent: &PaymentIntent, _link: &str) -> Receipt {
        self.write(account, intent)
    }
}

struct World {
    dice: Dice,
    clock: Arc<SimulatedClock>,
    store: SimulatedStore,
    acquirer: SimulatedAcquirer,
    receiver: Receiver,
    scope: Scope,
    memory: Arc<Memory>,
    mailer: Option<Arc<dyn Mailer>>,
    /// Whether two processes share the store, as on PostgreSQL.
    is_shared: bool,
}

/// Runs one seed from beginning to end.
///
/// # Errors
/// What does not agree at the end; the same seed finds it again.
pub fn run(seed: u64) -> Result<Story, String> {
    let dice = Dice::new(seed);
    let mut world = World::new(dice)?;
    world.is_shared = seed.is_multiple_of(2);
    let lives = 1 + world.dice.roll(MAX_LIVES);
    for _ in 0..lives {
        world.live(true)?;
        world.store = match world.is_shared {
            true => world.store.beside(&Power::default()),
            false => world.store.reboot(true),
        };
    }
    world.store = world.store.reboot(false);
    world.acquirer = world.acquirer.calm();
    world.live(false)?;
    audit::check(&world.store, &world.acquirer, &world.memory)?;
    audit::received(&world.store, &world.receiver)?;
    let intents = world.store.intents();
    Ok(Story {
        lives,
        paid: intents.iter().filter(|i| i.authorization.is_some()).count(),
        charged: intents
            .iter()
            .filter(|i| i.authorization.is_some() && i.details.setup_intent_id.is_some())
            .count(),
        intents: intents.len(),
        acknowledged: world.memory.acknowledged(),
    })
}

impl World {
    fn new(dice: Dice) -> Result<Self, String> {
        let start: Timestamp = "2026-03-01T09:00:00Z".parse().map_err(|e| format!("{e}"))?;
        let mut entropy = dice.clone();
        let facts = &mut tatami_core::Facts {
            now: start,
            entropy: &mut entropy,
        };
        let scope = Scope {
            account: tatami_core::id::AccountId::mint(Environment::Production, facts),
            environment: Environment::Sandbox,
        };
        let customer = Customer::create(scope.clone(), CustomerDetails::default(), facts)
            .map_err(|e| e.to_string())?;
        let store = SimulatedStore::new(dice.clone());
        store.seed(&customer).map_err(|e| e.to_string())?;
        let listens = subscription(&scope, &EventType::ALL, &dice, start);
        store.seed(&listens).map_err(|e| e.to_string())?;
        let customer = customer.id;
        let account = Account {
            id: scope.account.clone(),
            name: "Simulated".to_owned(),
            time_zone: Account::DEFAULT_TIME_ZONE.to_owned(),
            permissions: Default::default(),
            merchant: Default::default(),
            created_at: start,
        };
        store.seed(&account).map_err(|e| e.to_string())?;
        Ok(Self {
            clock: Arc::new(SimulatedClock(Mutex::new((start, None)))),
            acquirer: SimulatedAcquirer::new(dice.clone()),
            memory: Arc::new(Memory::new(dice.clone(), scope.clone(), customer)),
            receiver: Receiver::new(dice.clone()),
            mailer: None,
            store,
            scope,
            dice,
            is_shared: false,
        })
    }

    /// The vault, founded by the first process.
    async fn vault(&self) -> Result<Vault, Failure> {
        let ring = Arc::new(KeyRing::new([5; 32]));
        let founded = match self.store.vault_key().await? {
            Some(founded) => founded,
            None => {
                let founded = Vault::found(&ring, &mut self.dice.clone());
                self.store.keep_vault_key(None, &founded).await?
            }
        };
        Vault::open_with(move || ring.clone(), &founded)
            .map_err(|e| Failure::Unavailable(e.to_string()))
    }

    async fn engine(&self) -> Result<Engine, Failure> {
        self.engine_of(&Power::default()).await
    }

    /// The engine of a process with that power.
    async fn engine_of(&self, power: &Power) -> Result<Engine, Failure> {
        self.engine_with(power, |clocks| {
            HashMap::from([(DocumentKind::Subscription, self.receiver.by(clocks))])
        })
        .await
    }

    async fn engine_with(
        &self,
        power: &Power,
        deliverers: impl FnOnce(Arc<Clocks>) -> HashMap<DocumentKind, Arc<dyn Deliverer>>,
    ) -> Result<Engine, Failure> {
        let dice = self.dice.clone();
        let vault = self.vault().await?;
        let clocks = Arc::new(Clocks::new(self.clock.clone()));
        Engine::start(Parts {
            store: Arc::new(self.store.beside(power)),
            acquirers: Arc::new(ByEnvironment {
                sandbox: Some(Arc::new(self.acquirer.called_by(power))),
                production: None,
            }),
            sandbox_terminals: None,
            pos: None,
            deliverers: deliverers(clocks.clone()),
            clocks,
            entropy: Arc::new(move || Box::new(dice.clone()) as Box<dyn Entropy>),
            key: InstallationKey::new([3; 32]),
            vault: Arc::new(vault),
            public_webhooks_only: false,
            customer_secret_life: tatami_core::customer::SECRET_LIFE,
            answers: Arc::new(Plain),
            receipts: Arc::new(NoReceipts),
            mailer: self.mailer.clone(),
        })
        .await
    }

    /// One process, from its start to its death; a calm one instead brings
    /// everything to its end.
    fn live(&self, stormy: bool) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .map_err(|e| e.to_string())?;
        let lived = runtime.block_on(async {
            self.clock.boot();
            let lived = if stormy {
                self.storm().await
            } else {
                self.calm().await
            };
            self.clock.halt();
            lived
        });
        // Dropping the runtime drops every task wherever it is: the crash.
        drop(runtime);
        lived
    }

    async fn storm(&self) -> Result<(), String> {
        // A process that cannot start for its disk is just another crash.
        let Ok(nodes) = self.nodes().await else {
            return Ok(());
        };
        for node in &nodes {
            let (jobs, clocks) = (node.engine.clone(), node.engine.clone());
            tokio::spawn(async move { jobs.jobs().run(std::future::pending()).await });
            tokio::spawn(async move { clocks.clocks().run(std::future::pending()).await });
        }
        for _ in 0..CALLERS {
            let (nodes, memory) = (nodes.clone(), self.memory.clone());
            tokio::spawn(async move { memory.call(nodes).await });
        }
        let first = Duration::from_millis(50 + self.dice.roll(450));
        tokio::time::sleep(first).await;
        if nodes.len() > 1
            && let Some(node) = self.dice.pick(&nodes)
        {
            // The other goes on alone.
            node.kill();
        }
        tokio::time::sleep(Duration::from_millis(self.dice.roll(450))).await;
        Ok(())
    }

    /// The processes of a life: one, which recovers what an earlier one left, or two
    /// that share the store.
    async fn nodes(&self) -> Result<Vec<Node>, Failure> {
        let mut nodes = Vec::new();
        for _ in 0..=usize::from(self.is_shared) {
            let power = Power::default();
            nodes.push(Node::new(self.engine_of(&power).await?, power));
        }
        if let [only] = nodes.as_slice() {
            only.engine.attempts().recover().await?;
        }
        Ok(nodes)
    }

    async fn calm(&self) -> Result<(), String> {
        let engine = self.engine().await.map_err(|e| e.to_string())?;
        engine
            .attempts()
            .recover()
            .await
            .map_err(|e| e.to_string())?;
        let open = engine
            .overview()
            .open_attempts()
            .await
            .map_err(|e| e.to_string())?;
        audit::listed(&self.store, &open)?;
        engine
            .clocks()
            .advance(&self.scope, DAY * 40)
            .await
            .map_err(|e| e.to_string())?;
        self.memory.replay(&engine).await
    }
}
