//! Puts the parts together.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use tatami_acquirer::{AccountTime, SandboxAcquirer};
use tatami_core::Entropy;
use tatami_core::account::{AnyScope, Scope};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_delivery::{Attempts, Outbound, SmtpMailer, WebhookSender};
use tatami_engine::ports::acquirer::ByEnvironment;
use tatami_engine::ports::clock::{Clock, SystemClock, SystemEntropy};
use tatami_engine::ports::delivery::Deliverer;
use tatami_engine::ports::documents::{DocumentKind, DocumentQuery};
use tatami_engine::ports::mail::Mailer;
use tatami_engine::ports::request_log::RequestStore;
use tatami_engine::ports::store::Store;
use tatami_engine::{Clocks, DocumentState, Engine, Kept, RequestLog};
use tatami_epos::{Gateway, Links, PosEventSender, PosLinks, RecentCalls, Registry, RestClient};
use tatami_sandbox::Simulator;
use tatami_store::{PostgresRequestLog, PostgresStore, SqliteRequestLog, SqliteStore};
use tatami_vault::{InstallationKey, Vault};
use url::Url;

use crate::Fault;
use crate::config::{Config, Home};
use crate::folder::Folder;
use crate::key::Taken;
use crate::{key, vault};

/// What an installation is made of, before it is an engine.
pub struct Parts {
    /// The installation's key.
    pub key: InstallationKey,
    /// The vault of cards.
    pub vault: Arc<Vault>,
    /// How long a customer's secret is good for.
    pub customer_secret_life: SignedDuration,
    /// Storage.
    pub store: Arc<dyn Store>,
    /// Whether other programs may be at work on the same storage.
    pub is_shared: bool,
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
    /// The accounts' clocks.
    pub clocks: Arc<Clocks>,
}

/// What a program that serves an installation does with it.
#[derive(Clone, Copy)]
struct Serves {
    /// Whether there are sandboxes; without, those that are stored rest.
    sandbox: bool,
}

/// Whether a database is in use: it knows its key, or was filled by an import.
async fn taken(store: &dyn Store, key_check: Option<&str>) -> Result<Taken, Fault> {
    Ok(match key_check {
        Some(_) => Taken::WithKey,
        None => {
            let one = DocumentQuery {
                limit: 1,
                ..DocumentQuery::default()
            };
            let of = AnyScope::Installation;
            match store
                .documents(DocumentKind::Account, &of, one)
                .await?
                .documents
                .is_empty()
            {
                true => Taken::Not,
                false => Taken::Imported,
            }
        }
    })
}

/// The sandbox acquirer's time is the account's.
struct EngineTime(Arc<Clocks>);

#[async_trait]
impl AccountTime for EngineTime {
    fn now(&self, scope: &Scope) -> Timestamp {
        self.0.now(scope)
    }

    async fn until(&self, scope: &Scope, at: Timestamp) {
        self.0.until(scope, at).await;
    }
}

/// What a program that serves sends to others with; an administration command sends
/// nothing.
#[derive(Default)]
pub struct Outlets {
    mailer: Option<Arc<dyn Mailer>>,
    deliverers: HashMap<DocumentKind, Arc<dyn Deliverer>>,
    /// The POS systems of merchants, which learn later what is registered.
    pub pos: Option<PosLinks>,
}

/// A fresh source of the machine's random bytes.
pub fn entropy() -> Box<dyn Entropy> {
    Box::new(SystemEntropy)
}

impl Parts {
    /// Opens an installation's storage, beside a serving program.
    async fn open(
        home: &Home,
        folder: Folder,
        serves: Option<Serves>,
        vault_anew: bool,
    ) -> Result<Self, Fault> {
        let rests = serves.is_some_and(|serves| !serves.sandbox);
        let serves = serves.is_some();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let (key, kept, store): (_, _, Arc<dyn Store>) = match &home.database {
            Some(url) => {
                let store = PostgresStore::connect(url, clock.clone()).await?;
                let kept = store.key_check().await?;
                let key = key::choose(home, &folder, taken(&store, kept.as_deref()).await?)?;
                let kept = store.keep_key_check(&key::check(&key)).await?;
                let store = if rests {
                    store.without_sandboxes()
                } else {
                    store
                };
                let store = match &home.search_database {
                    Some(replica) if serves => store.searching(replica).await?,
                    _ => store,
                };
                (key, kept, Arc::new(store))
            }
            None => {
                let file = folder.database(crate::folder::STATE)?;
                let store = SqliteStore::open(&file, clock.clone())?;
                let kept = store.key_check().await?;
                let key = key::choose(home, &folder, taken(&store, kept.as_deref()).await?)?;
                let kept = store.keep_key_check(&key::check(&key)).await?;
                let store = if rests {
                    store.without_sandboxes()
                } else {
                    store
                };
                if serves {
                    store.release_claims().await?;
                }
                (key, kept, Arc::new(store))
            }
        };
        key::verify(home, &key, &kept)?;
        let vault = Arc::new(vault::open(home, &folder, store.as_ref(), vault_anew).await?);
        Ok(Self {
            key,
            vault,
            customer_secret_life: home.customer_secret_life,
            store,
            is_shared: home.database.is_some(),
            clocks: Arc::new(Clocks::new(clock.clone())),
            clock,
        })
    }

    /// Opens an installation's storage for a program that serves it and holds
    /// the folder's lock. What an earlier one had under way in the folder is
    /// free again; in a shared database its lease runs out.
    pub async fn to_serve(home: &Home, folder: Folder, sandbox: bool) -> Result<Self, Fault> {
        Self::open(home, folder, Some(Serves { sandbox }), false).await
    }

    /// The sandbox acquirer.
    pub fn sandbox(&self) -> Arc<SandboxAcquirer> {
        let (store, clocks) = (self.store.clone(), self.clocks.clone());
        let state = DocumentState::new(store, clocks, tatami_acquirer::STATE);
        let time = Arc::new(EngineTime(self.clocks.clone()));
        Arc::new(SandboxAcquirer::new(Arc::new(state), time, entropy()))
    }

    /// What POS systems are called by.
    pub fn links(&self, outbound: &Outbound, gateway: &Gateway) -> Links {
        let clocks = self.clocks.clone();
        Links {
            rest: RestClient::new(outbound.clone(), self.key.clone()),
            gateway: gateway.clone(),
            recent: RecentCalls::new(Arc::new(move |scope| clocks.now(scope))),
        }
    }

    /// What webhooks, mail and events to POS systems go out by.
    ///
    /// # Errors
    /// If the mail server's URL or the sender is not valid.
    pub fn outlets(
        &self,
        config: &Config,
        outbound: Outbound,
        links: Links,
    ) -> Result<Outlets, Fault> {
        let clocks = self.clocks.clone();
        let attempts = Attempts {
            account_time: Arc::new(move |scope| clocks.now(scope)),
            entropy: Arc::new(entropy),
        };
        let webhooks = WebhookSender {
            outbound,
            key: self.key.clone(),
            attempts: attempts.clone(),
        };
        let pos = PosLinks::new(links.clone());
        let pos_events = PosEventSender { links, attempts };
        let mailer = match &config.smtp_url {
            Some(url) => {
                let mailer = SmtpMailer::new(url, &config.mail_from, self.clock.clone())?;
                Some(Arc::new(mailer) as _)
            }
            None => None,
        };
        Ok(Outlets {
            mailer,
            deliverers: HashMap::from([
                (DocumentKind::Subscription, Arc::new(webhooks) as _),
                (DocumentKind::Integration, Arc::new(pos_events) as _),
            ]),
            pos: Some(pos),
        })
    }

    /// What POS systems registered in an engine of this installation.
    pub fn registry(&self, engine: &Engine, public_only: bool) -> Registry {
        let entropy = Arc::new(entropy);
        Registry::new(engine.clone(), self.key.clone(), entropy, public_only)
    }

    /// The log of requests, unless it is off: in a file of its own beside an SQLite
    /// database, and in a PostgreSQL database. It belongs to `unknown` what no key does.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub async fn request_log(
        &self,
        config: &Config,
        unknown: Option<Scope>,
    ) -> Result<Option<RequestLog>, Fault> {
        if !config.request_log.is_on {
            return Ok(None);
        }
        let store: Arc<dyn RequestStore> = match &config.home.database {
            Some(url) => Arc::new(PostgresRequestLog::connect(url).await?),
            None => {
                let file = Folder::open(&config.home)?.database(crate::folder::REQUESTS)?;
                Arc::new(SqliteRequestLog::open(&file)?)
            }
        };
        let kept = Kept {
            entries: config.request_log.entries,
            production_bodies: config.request_log.production_bodies,
            unknown,
        };
        Ok(Some(RequestLog::new(store, self.clocks.clone(), kept)))
    }

    /// The engine of this installation.
    pub async fn engine(
        &self,
        sandbox: Option<Arc<SandboxAcquirer>>,
        public_url: &Arc<Url>,
        public_webhooks_only: bool,
        outlets: Outlets,
    ) -> Result<Engine, Fault> {
        let has_sandbox = sandbox.is_some();
        let parts = tatami_engine::Parts {
            store: self.store.clone(),
            acquirers: Arc::new(ByEnvironment {
                sandbox: sandbox.map(|s| s as Arc<_>),
                production: None,
            }),
            sandbox_terminals: has_sandbox.then(|| Arc::new(Simulator) as Arc<_>),
            pos: outlets.pos.map(|pos| Arc::new(pos) as Arc<_>),
            clocks: self.clocks.clone(),
            entropy: Arc::new(entropy),
            key: self.key.clone(),
            vault: self.vault.clone(),
            customer_secret_life: self.customer_secret_life,
            public_webhooks_only,
            answers: Arc::new(tatami_api::JsonAnswers {
                public_url: public_url.clone(),
            }),
            receipts: Arc::new(tatami_delivery::HtmlReceipts),
            mailer: outlets.mailer,
            deliverers: outlets.deliverers,
        };
        Ok(Engine::start(parts).await?)
    }

    /// An engine for an administration command, beside a serving program.
    pub async fn for_admin(home: &Home) -> Result<Engine, Fault> {
        Self::admin(home, false).await
    }

    /// The same, with an empty vault in place of one whose keys are lost.
    pub async fn for_admin_with_vault_anew(home: &Home) -> Result<Engine, Fault> {
        Self::admin(home, true).await
    }

    async fn admin(home: &Home, vault_anew: bool) -> Result<Engine, Fault> {
        let parts = Self::open(home, Folder::open(home)?, None, vault_anew).await?;
        let nowhere = Arc::new(Url::parse("http://localhost/")?);
        parts
            .engine(None, &nowhere, false, Outlets::default())
            .await
    }
}
