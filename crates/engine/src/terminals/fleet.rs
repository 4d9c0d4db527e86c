//! The terminals of an account.

use tatami_core::account::Scope;
use tatami_core::id::TerminalId;
use tatami_core::terminal::Terminal;
use tokio::sync::broadcast;

use super::Terminals;
use crate::Failure;
use crate::ports::documents::{DocumentQuery, DocumentWrite};
use crate::ports::store::Stored;
use crate::ports::terminal::Device;
use crate::terminals::counter::NO_TERMINAL;

impl Terminals<'_> {
    /// The terminals of a scope, in their order. Those that its gateway has for every
    /// account are there from the first look on.
    pub async fn list(self, scope: &Scope) -> Result<Vec<Terminal>, Failure> {
        let terminals = self.stored(scope).await?;
        let missing = self.missing(scope, &terminals).await?;
        if missing.is_empty() {
            return Ok(terminals);
        }
        // Another may have looked at the same moment.
        let commit = self.0.commit_of(scope, missing);
        self.0.make_durable_if_current(commit).await?;
        self.stored(scope).await
    }

    async fn stored(self, scope: &Scope) -> Result<Vec<Terminal>, Failure> {
        let all = self.0.all(scope, DocumentQuery::default());
        let all = all.await?.into_iter();
        let mut terminals: Vec<Terminal> = all.map(|stored: Stored<_>| stored.value).collect();
        terminals.sort_by_key(|terminal| terminal.number);
        Ok(terminals)
    }

    async fn missing(
        self,
        scope: &Scope,
        there: &[Terminal],
    ) -> Result<Vec<DocumentWrite>, Failure> {
        let Some(gateway) = self.0.terminal_gateway(scope.environment) else {
            return Ok(Vec::new());
        };
        let account = self.0.account(&scope.account).await?;
        let fleet = gateway.fleet(&account, scope, self.0.now(scope));
        let missing = fleet
            .iter()
            .filter(|terminal| there.iter().all(|known| known.id != terminal.id));
        let writes = missing.map(|terminal| Ok(DocumentWrite::put(terminal, None)?));
        writes.collect()
    }

    /// A terminal of a scope.
    ///
    /// # Errors
    /// If there is none of that id in the scope, or storage fails.
    pub async fn get(self, scope: &Scope, id: &TerminalId) -> Result<Terminal, Failure> {
        let stored: Option<Stored<Terminal>> = self.0.find(Some(scope), id.as_str()).await?;
        if let Some(stored) = stored {
            return Ok(stored.value);
        }
        // Nobody may have looked yet.
        let terminals = self.list(scope).await?;
        let found = terminals.into_iter().find(|terminal| terminal.id == *id);
        Ok(found.ok_or(NO_TERMINAL)?)
    }

    /// The terminal on which that number is printed.
    ///
    /// # Errors
    /// If the scope has none, or storage fails.
    pub async fn get_by_tid(self, scope: &Scope, tid: &str) -> Result<Terminal, Failure> {
        let terminals = self.list(scope).await?;
        let found = terminals.into_iter().find(|terminal| terminal.tid == tid);
        Ok(found.ok_or(NO_TERMINAL)?)
    }

    /// What the gateway keeps of a terminal.
    pub async fn device(self, terminal: &Terminal) -> Result<Device, Failure> {
        Ok(self.device_at(terminal).await?.0)
    }

    /// The same, with the version that it is stored at, if it is.
    pub(crate) async fn device_at(
        self,
        terminal: &Terminal,
    ) -> Result<(Device, Option<i64>), Failure> {
        let id = Device::id_of(&terminal.id);
        let stored = self.0.find(Some(&terminal.scope), &id).await?;
        Ok(match stored {
            Some(Stored { value, version }) => (value, Some(version)),
            None => (Device::new(terminal), None),
        })
    }

    /// The ids of terminals, each when it changed here. Other programs on the same
    /// storage change terminals too, without this knowing.
    pub fn changes(self) -> broadcast::Receiver<TerminalId> {
        self.0.machines.subscribe()
    }

    /// Wakes those who watch that terminal.
    pub(crate) fn changed(self, terminal: &TerminalId) {
        // Nobody may be watching.
        let _ = self.0.machines.send(terminal.clone());
    }
}
