//! The terminals of an account.

use tatami_core::account::{AnyScope, Scope};
use tatami_core::id::TerminalId;
use tatami_core::terminal::Terminal;
use tokio::sync::broadcast;

use crate::machines::counter::NO_TERMINAL;
use crate::ports::records::{Aggregate, RecordKind, RecordQuery, RecordWrite};
use crate::ports::store::{CommitError, Stored};
use crate::ports::terminal::Device;
use crate::{Engine, Failure};

const MOST: usize = 1000;

impl Engine {
    /// The terminals of a scope, in their order. Those that its gateway has for every
    /// account are there from the first look on.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn terminals(&self, scope: &Scope) -> Result<Vec<Terminal>, Failure> {
        let terminals = self.stored_terminals(scope).await?;
        let missing = self.missing_terminals(scope, &terminals).await?;
        if missing.is_empty() {
            return Ok(terminals);
        }
        match self.make_durable(self.commit_of(scope, missing)).await {
            // Another looked at the same moment.
            Ok(()) | Err(CommitError::Stale) => {}
            Err(error) => return Err(Failure::Unavailable(error.to_string())),
        }
        self.stored_terminals(scope).await
    }

    async fn stored_terminals(&self, scope: &Scope) -> Result<Vec<Terminal>, Failure> {
        let mut terminals = self.all_of::<Terminal>(RecordKind::Terminal, scope).await?;
        terminals.sort_by_key(|terminal| terminal.number);
        Ok(terminals)
    }

    async fn all_of<T: Aggregate>(
        &self,
        kind: RecordKind,
        scope: &Scope,
    ) -> Result<Vec<T>, Failure> {
        let query = RecordQuery {
            limit: MOST,
            ..RecordQuery::default()
        };
        let page = self
            .store()
            .records(kind, &AnyScope::from(scope), query)
            .await?;
        let read = page
            .records
            .iter()
            .map(|record| Ok(record.read::<T>()?.value));
        read.collect()
    }

    async fn missing_terminals(
        &self,
        scope: &Scope,
        there: &[Terminal],
    ) -> Result<Vec<RecordWrite>, Failure> {
        let Some(gateway) = self.terminal_gateway(scope.environment) else {
            return Ok(Vec::new());
        };
        let account = self.account(&scope.account).await?;
        let fleet = gateway.fleet(&account, scope, self.now(scope));
        let missing = fleet
            .iter()
            .filter(|terminal| there.iter().all(|known| known.id != terminal.id));
        let writes = missing.map(|terminal| Ok(RecordWrite::put(terminal, None)?));
        writes.collect()
    }

    /// A terminal of a scope.
    ///
    /// # Errors
    /// If there is none of that id in the scope, or storage fails.
    pub async fn terminal(&self, scope: &Scope, id: &TerminalId) -> Result<Terminal, Failure> {
        let stored: Option<Stored<Terminal>> = self.find(Some(scope), id.as_str()).await?;
        if let Some(stored) = stored {
            return Ok(stored.value);
        }
        // Nobody may have looked yet.
        let terminals = self.terminals(scope).await?;
        let found = terminals.into_iter().find(|terminal| terminal.id == *id);
        Ok(found.ok_or(NO_TERMINAL)?)
    }

    /// The terminal on which that number is printed.
    ///
    /// # Errors
    /// If the scope has none, or storage fails.
    pub async fn terminal_of_tid(&self, scope: &Scope, tid: &str) -> Result<Terminal, Failure> {
        let terminals = self.terminals(scope).await?;
        let found = terminals.into_iter().find(|terminal| terminal.tid == tid);
        Ok(found.ok_or(NO_TERMINAL)?)
    }

    /// What the gateway keeps of a terminal.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn device(&self, terminal: &Terminal) -> Result<Device, Failure> {
        Ok(self.device_at(terminal).await?.0)
    }

    /// The same, with the version that it is stored at, if it is.
    pub(crate) async fn device_at(
        &self,
        terminal: &Terminal,
    ) -> Result<(Device, Option<i64>), Failure> {
        let id = Device::id_of(&terminal.id);
        let stored = self.find(Some(&terminal.scope), &id).await?;
        Ok(match stored {
            Some(Stored { value, version }) => (value, Some(version)),
            None => (Device::new(terminal), None),
        })
    }

    /// The ids of terminals, each when it changed here. Other programs on the same
    /// storage change terminals too, without this knowing.
    pub fn terminal_changes(&self) -> broadcast::Receiver<TerminalId> {
        self.0.machines.subscribe()
    }

    /// Tells whoever watches that terminal.
    pub(crate) fn machine_changed(&self, terminal: &TerminalId) {
        // Nobody may be watching.
        let _ = self.0.machines.send(terminal.clone());
    }
}
