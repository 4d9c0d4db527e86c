//! Puts the parts together.

use std::sync::Arc;

use async_trait::async_trait;
use tatami_acquirer::{AccountTime, SandboxAcquirer};
use tatami_core::Entropy;
use tatami_core::account::Scope;
use tatami_core::time::Timestamp;
use tatami_engine::ports::clock::{Clock, SystemClock, SystemEntropy};
use tatami_engine::ports::store::Store;
use tatami_engine::{Clocks, Engine};
use tatami_store::{PostgresStore, SqliteStore};
use tatami_vault::InstallationKey;
use url::Url;

use crate::Fault;
use crate::config::Home;
use crate::folder::Folder;

/// What an installation is made of, before it is an engine.
pub struct Parts {
    /// The data folder.
    pub folder: Folder,
    /// The installation's key.
    pub key: InstallationKey,
    /// Storage.
    pub store: Arc<dyn Store>,
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
    /// The accounts' clocks.
    pub clocks: Arc<Clocks>,
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

/// A fresh source of the machine's random bytes.
pub fn entropy() -> Box<dyn Entropy> {
    Box::new(SystemEntropy)
}

impl Parts {
    /// Opens an installation's storage, beside a serving program.
    ///
    /// # Errors
    /// With the sentence to tell.
    async fn open(home: &Home, folder: Folder, serves: bool) -> Result<Self, Fault> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let key = folder.key(home, entropy().as_mut())?;
        let store: Arc<dyn Store> = match &home.database {
            Some(url) => Arc::new(PostgresStore::connect(url, clock.clone()).await?),
            None => {
                let store = SqliteStore::open(&folder.file("tatami.db"), clock.clone())?;
                if serves {
                    store.release_claims().await?;
                }
                Arc::new(store)
            }
        };
        Ok(Self {
            folder,
            key,
            store,
            clocks: Arc::new(Clocks::new(clock.clone())),
            clock,
        })
    }

    /// Opens an installation's storage for a program that serves it and holds
    /// the folder's lock. What an earlier one had under way in the folder is
    /// free again; in a shared database its lease runs out.
    ///
    /// # Errors
    /// With the sentence to tell.
    pub async fn to_serve(home: &Home, folder: Folder) -> Result<Self, Fault> {
        Self::open(home, folder, true).await
    }

    /// The sandbox acquirer, with its books beside our own.
    ///
    /// # Errors
    /// If its books cannot be opened.
    pub fn sandbox(&self) -> Result<Arc<SandboxAcquirer>, Fault> {
        let time = Arc::new(EngineTime(self.clocks.clone()));
        Ok(Arc::new(SandboxAcquirer::open(
            &self.folder.file("sandbox-acquirer.db"),
            time,
        )?))
    }

    /// The engine of this installation.
    ///
    /// # Errors
    /// If storage does not answer.
    pub async fn engine(
        &self,
        sandbox: Option<Arc<SandboxAcquirer>>,
        public_url: &Url,
    ) -> Result<Engine, Fault> {
        let parts = tatami_engine::Parts {
            store: self.store.clone(),
            sandbox: sandbox.map(|s| s as Arc<_>),
            production: None,
            clocks: self.clocks.clone(),
            entropy: Arc::new(entropy),
            key: self.key.clone(),
            answers: Arc::new(tatami_api::JsonAnswers {
                public_url: public_url.clone(),
            }),
            receipts: Arc::new(tatami_mail::HtmlReceipts),
        };
        Ok(Engine::start(parts).await?)
    }

    /// An engine for an administration command, beside a serving program.
    ///
    /// # Errors
    /// With the sentence to tell.
    pub async fn for_admin(home: &Home) -> Result<Engine, Fault> {
        let parts = Self::open(home, Folder::open(home)?, false).await?;
        let nowhere = Url::parse("http://localhost/")?;
        parts.engine(None, &nowhere).await
    }
}
