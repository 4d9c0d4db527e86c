//! The use cases of Tatami: load, decide with the core, commit, call the
//! acquirer, commit the outcome. It knows neither HTTP nor SQL.
//!
//! Every door — API, checkout, card machine, timer — runs the same use case
//! over the same rules, so none of them decides anything about money.

mod accounts;
mod acquiring;
mod admission;
mod attempts;
mod call;
mod charges;
mod clocks;
mod command;
mod connector_state;
mod customers;
mod idempotency;
mod intents;
mod jobs;
mod json;
mod keys;
mod linked_customer;
mod locks;
mod machines;
mod operations;
mod outside;
mod overview;
mod payers;
pub mod ports;
mod reading;
mod records;
mod saved_cards;
pub mod secrets;
mod sessions;
mod setup_intents;
mod subscriptions;
mod timers;
mod vault;
mod wallets;

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use tatami_core::account::{Account, Scope};
use tatami_core::id::{AccountId, Environment, TerminalId};
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_core::webhook_url::Reach;
use tatami_core::{Entropy, Facts};
use tatami_vault::{InstallationKey, Vault};
use tokio::sync::{Notify, broadcast};

pub use accounts::{DOCUMENTED_KEY, DOCUMENTED_KEYS, NewKey};
pub use admission::{Admission, Permit};
pub use call::{Call, Failure};
pub use clocks::Clocks;
pub use connector_state::DocumentState;
pub use customers::{CustomerPage, NewCustomerSecret};
pub use intents::IntentQuery;
pub use json::{NotUtf8, json_text, with_json};
pub use machines::TapSecret;
pub use overview::{AttemptOn, OpenAttempt, Outstanding};
pub use payers::PaymentResult;
pub use reading::{View, ViewPage};
pub use saved_cards::Keep;
pub use sessions::{Opens, Sessions};
pub use setup_intents::{CapturedCard, SetupResult, SetupView};
pub use subscriptions::{NewSubscription, SubscriptionChange};
pub use wallets::{DeviceProof, WalletPayment};

use ports::acquirer::Acquirers;
use ports::answers::Answers;
use ports::delivery::Deliverer;
use ports::mail::{Mailer, Receipts};
use ports::records::RecordKind;
use ports::store::Store;
use ports::terminal::TerminalGateway;

/// How often storage is asked how it is.
const ASKED_EVERY: SignedDuration = SignedDuration::from_millis(500);

/// How many changes of machines somebody who watches may be behind.
const MACHINE_CHANGES: usize = 256;

/// What an engine is made of.
pub struct Parts {
    /// Storage.
    pub store: Arc<dyn Store>,
    /// The acquirers of merchants; no sandboxes when those are switched off.
    pub acquirers: Arc<dyn Acquirers>,
    /// The gateway to the terminals of sandboxes; none when they are switched off.
    pub sandbox_terminals: Option<Arc<dyn TerminalGateway>>,
    /// The accounts' clocks.
    pub clocks: Arc<Clocks>,
    /// A fresh source of random bytes for each decision.
    pub entropy: Arc<dyn Fn() -> Box<dyn Entropy> + Send + Sync>,
    /// The installation's key.
    pub key: InstallationKey,
    /// The vault of cards.
    pub vault: Arc<Vault>,
    /// Whether the webhooks of sandboxes, too, go to public addresses only.
    pub public_webhooks_only: bool,
    /// How long a customer's secret is good for.
    pub customer_secret_life: SignedDuration,
    /// Writes answers.
    pub answers: Arc<dyn Answers>,
    /// Writes receipts.
    pub receipts: Arc<dyn Receipts>,
    /// Takes mail to the mail server. Without one, mail is delivered by being in the
    /// local mailbox.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// Takes events to endpoints, by their kind.
    pub deliverers: HashMap<RecordKind, Arc<dyn Deliverer>>,
}

/// The use cases. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    parts: Parts,
    accounts: RwLock<HashMap<AccountId, Arc<Account>>>,
    keys: keys::Keys,
    admission: Admission,
    pinged: tokio::sync::Mutex<Option<(Timestamp, Result<(), Failure>)>>,
    locks: locks::Locks,
    advancing: tokio::sync::Mutex<()>,
    /// Rings when events were committed.
    told: Notify,
    /// Rings when mail was committed.
    mailed: Notify,
    machines: broadcast::Sender<TerminalId>,
}

impl Engine {
    /// An engine of those parts. It reads how far the accounts' clocks were
    /// moved.
    ///
    /// # Errors
    /// If storage does not answer.
    pub async fn start(parts: Parts) -> Result<Self, Failure> {
        let admission = Admission::default();
        let engine = Self(Arc::new(Inner {
            parts,
            accounts: RwLock::default(),
            keys: keys::Keys::default(),
            locks: locks::Locks::new(admission.clone()),
            admission,
            pinged: tokio::sync::Mutex::default(),
            advancing: tokio::sync::Mutex::default(),
            told: Notify::new(),
            mailed: Notify::new(),
            machines: broadcast::Sender::new(MACHINE_CHANGES),
        }));
        engine.follow_clocks().await?;
        Ok(engine)
    }

    /// The permits of requests to this engine.
    pub fn admission(&self) -> &Admission {
        &self.0.admission
    }

    /// The account's time.
    pub fn now(&self, scope: &Scope) -> Timestamp {
        self.0.parts.clocks.now(scope)
    }

    /// Whether payments of that environment can be taken.
    pub fn acquirer_ready(&self, environment: Environment) -> bool {
        self.0.parts.acquirers.serves(environment)
    }

    /// Whether anything of that environment is served. A program without a sandbox
    /// takes nobody in for what earlier ones left in theirs.
    pub fn serves(&self, environment: Environment) -> bool {
        match environment {
            Environment::Sandbox => self.acquirer_ready(environment),
            Environment::Production => true,
        }
    }

    /// Whether storage answers and can be written to. It is asked at most twice a
    /// second, however often somebody wants to know.
    ///
    /// # Errors
    /// If it does not.
    pub async fn ping(&self) -> Result<(), Failure> {
        let mut last = self.0.pinged.lock().await;
        let now = self.0.parts.clocks.machine();
        match &*last {
            Some((at, answer)) if (now.duration_since(*at)).abs() < ASKED_EVERY => answer.clone(),
            _ => {
                let answer = self.store().ping().await.map_err(Failure::from);
                *last = Some((now, answer.clone()));
                answer
            }
        }
    }

    /// Where the webhooks of a scope may go.
    fn reach(&self, scope: &Scope) -> Reach {
        Reach::of(scope.environment, self.0.parts.public_webhooks_only)
    }

    fn store(&self) -> &dyn Store {
        self.0.parts.store.as_ref()
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.0.parts.vault
    }

    /// What works the terminals of an environment.
    pub(crate) fn terminal_gateway(
        &self,
        environment: Environment,
    ) -> Option<&dyn TerminalGateway> {
        match environment {
            Environment::Sandbox => self.0.parts.sandbox_terminals.as_deref(),
            Environment::Production => None,
        }
    }

    fn sessions(&self) -> sessions::Sessions {
        sessions::Sessions::new(&self.0.parts.key)
    }

    /// Runs a rule with the facts of this moment in a scope.
    fn with_facts<T>(&self, scope: &Scope, rule: impl FnOnce(&mut Facts<'_>) -> T) -> T {
        let mut entropy = (self.0.parts.entropy)();
        rule(&mut Facts {
            now: self.now(scope),
            entropy: entropy.as_mut(),
        })
    }

    fn view(&self, account: Arc<Account>, intent: impl Into<Arc<PaymentIntent>>) -> View {
        let intent = intent.into();
        View {
            customer_secret: self.customer_secret(&intent),
            intent,
            account,
            sessions: self.sessions(),
        }
    }
}
