//! The engine and what all its use cases share.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use tatami_core::account::{AnyScope, Scope};
use tatami_core::id::{Environment, TerminalId};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_core::webhook_url::Reach;
use tatami_core::{Entropy, Facts};
use tatami_vault::{InstallationKey, Vault};
use tokio::sync::{Notify, broadcast};

use crate::accounts::cache::AccountCache;
use crate::accounts::keys::Keys;
use crate::admission::Admission;
use crate::call::Failure;
use crate::clocks::Clocks;
use crate::locks::Locks;
use crate::passwords::Hashing;
use crate::ports::acquirer::Acquirers;
use crate::ports::answers::Answers;
use crate::ports::delivery::Deliverer;
use crate::ports::documents::DocumentKind;
use crate::ports::mail::{Mailer, Receipts};
use crate::ports::pos::PosSystems;
use crate::ports::store::Store;
use crate::ports::terminal::TerminalGateway;
use crate::sessions::Sessions;

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
    /// The POS systems of merchants, if orders are paid here.
    pub pos: Option<Arc<dyn PosSystems>>,
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
    pub deliverers: HashMap<DocumentKind, Arc<dyn Deliverer>>,
}

/// The use cases. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

/// What all use cases share.
pub struct Shared {
    pub(crate) parts: Parts,
    pub(crate) accounts: AccountCache,
    pub(crate) keys: Keys,
    pub(crate) admission: Admission,
    pub(crate) pinged: tokio::sync::Mutex<Option<(Timestamp, Result<(), Failure>)>>,
    pub(crate) locks: Locks,
    pub(crate) hashing: Hashing,
    /// Rings when events were committed.
    pub(crate) events_written: Notify,
    /// Rings when mail was committed.
    pub(crate) mail_written: Notify,
    /// Rings when a document was committed whose call to a POS is due.
    pub(crate) call_due: Notify,
    pub(crate) machines: broadcast::Sender<TerminalId>,
}

impl Engine {
    /// An engine of those parts. It reads how far the accounts' clocks were
    /// moved.
    pub async fn start(parts: Parts) -> Result<Self, Failure> {
        let admission = Admission::default();
        let engine = Self(Arc::new(Shared {
            parts,
            accounts: AccountCache::default(),
            keys: Keys::default(),
            locks: Locks::new(admission.clone()),
            admission,
            pinged: tokio::sync::Mutex::default(),
            hashing: Hashing::default(),
            events_written: Notify::new(),
            mail_written: Notify::new(),
            call_due: Notify::new(),
            machines: broadcast::Sender::new(MACHINE_CHANGES),
        }));
        engine.clocks().follow().await?;
        Ok(engine)
    }
}

impl Deref for Engine {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Shared {
    /// The permits of requests to this engine.
    pub fn admission(&self) -> &Admission {
        &self.admission
    }

    /// The account's time.
    pub fn now(&self, scope: &Scope) -> Timestamp {
        self.parts.clocks.now(scope)
    }

    /// The time of a scope: the machine's, if it is no account's.
    pub(crate) fn now_in(&self, scope: &AnyScope) -> Timestamp {
        let account = scope.account();
        account.map_or_else(|| self.parts.clocks.machine(), |scope| self.now(scope))
    }

    /// Whether payments of that environment can be taken.
    pub fn acquirer_ready(&self, environment: Environment) -> bool {
        self.parts.acquirers.serves(environment)
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
        let mut last = self.pinged.lock().await;
        let now = self.parts.clocks.machine();
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
    pub(crate) fn reach(&self, scope: &Scope) -> Reach {
        Reach::of(scope.environment, self.parts.public_webhooks_only)
    }

    pub(crate) fn store(&self) -> &dyn Store {
        self.parts.store.as_ref()
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.parts.vault
    }

    /// What works the terminals of an environment.
    pub(crate) fn terminal_gateway(
        &self,
        environment: Environment,
    ) -> Option<&dyn TerminalGateway> {
        match environment {
            Environment::Sandbox => self.parts.sandbox_terminals.as_deref(),
            Environment::Production => None,
        }
    }

    pub(crate) fn sessions(&self) -> Sessions {
        Sessions::new(&self.parts.key)
    }

    /// Runs a rule with the facts of this moment in a scope.
    pub(crate) fn with_facts<T>(&self, scope: &Scope, rule: impl FnOnce(&mut Facts<'_>) -> T) -> T {
        let mut entropy = (self.parts.entropy)();
        rule(&mut Facts {
            now: self.now(scope),
            entropy: entropy.as_mut(),
        })
    }

    /// The machine's time, which wallets' tokens go by.
    pub fn machine_now(&self) -> Timestamp {
        self.parts.clocks.machine()
    }
}
