//! The machines of an account.

use sha2::{Digest, Sha256};
use tatami_core::account::{Account, AnyScope, Scope};
use tatami_core::card_machine::{FLEET, Machine};
use tatami_core::id::{Environment, TerminalId};
use tatami_core::terminal_session::Session;
use tatami_core::{Entropy, Facts};
use tokio::sync::broadcast;

use crate::machines::counter::NO_TERMINAL;
use crate::ports::records::{RecordKind, RecordQuery, RecordWrite};
use crate::ports::store::{CommitError, Stored};
use crate::{Engine, Failure};

const MOST: usize = 1000;

/// A machine with the session that it shows.
#[derive(Clone, Debug)]
pub struct MachineView {
    /// The machine.
    pub machine: Machine,
    /// The session that it shows.
    pub session: Option<Session>,
}

/// Bytes that are the same for the same machine in every program.
struct Fixed(std::vec::IntoIter<u8>);

impl Fixed {
    fn of(account: &Account, ending: &str) -> Self {
        let mut digest = Sha256::new();
        for part in ["card machine", account.id.as_str(), ending] {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        Self(digest.finalize().to_vec().into_iter())
    }
}

impl Entropy for Fixed {
    fn fill(&mut self, out: &mut [u8]) {
        out.fill_with(|| self.0.next().unwrap_or_default());
    }
}

impl Engine {
    /// The machines of a scope, in their order. A sandbox has them from the
    /// first look on.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn machines(&self, scope: &Scope) -> Result<Vec<Machine>, Failure> {
        let machines = self.stored_machines(scope).await?;
        let makes = scope.environment == Environment::Sandbox && self.0.parts.wallet.is_some();
        if !makes || machines.len() >= FLEET.len() {
            return Ok(machines);
        }
        let missing = self.missing_machines(scope, &machines).await?;
        match self.commit_records(scope, missing, Vec::new(), None).await {
            // Somebody else looked at the same moment.
            Ok(()) | Err(CommitError::Stale) => {}
            Err(error) => return Err(Failure::Unavailable(error.to_string())),
        }
        self.stored_machines(scope).await
    }

    async fn stored_machines(&self, scope: &Scope) -> Result<Vec<Machine>, Failure> {
        let query = RecordQuery {
            limit: MOST,
            ..RecordQuery::default()
        };
        let page = self
            .store()
            .records(RecordKind::Terminal, &AnyScope::from(scope), query)
            .await?;
        let mut machines = page
            .records
            .iter()
            .map(|record| record.read::<Machine>().map(|stored| stored.value))
            .collect::<Result<Vec<_>, _>>()?;
        machines.sort_by_key(|machine| machine.number);
        Ok(machines)
    }

    async fn missing_machines(
        &self,
        scope: &Scope,
        there: &[Machine],
    ) -> Result<Vec<RecordWrite>, Failure> {
        let account = self.account(&scope.account).await?;
        let now = self.now(scope);
        let missing = (0_u16..)
            .zip(FLEET)
            .filter(|(number, _)| there.iter().all(|machine| machine.number != *number));
        let mut writes = Vec::new();
        for (number, ending) in missing {
            let mut fixed = Fixed::of(&account, ending);
            let mut facts = Facts {
                now: account.created_at,
                entropy: &mut fixed,
            };
            let id = TerminalId::mint(scope.environment, &mut facts);
            let tid = format!("VCM{}{ending}", place_of(&account));
            let machine = Machine::new(id, scope.clone(), number, tid, now);
            writes.push(RecordWrite::put(&machine, None)?);
        }
        Ok(writes)
    }

    /// A machine of a scope.
    ///
    /// # Errors
    /// If there is none of that id in the scope, or storage fails.
    pub async fn machine(&self, scope: &Scope, id: &TerminalId) -> Result<Machine, Failure> {
        let stored: Option<Stored<Machine>> = self.find(Some(scope), id.as_str()).await?;
        if let Some(stored) = stored {
            return Ok(stored.value);
        }
        // Nobody may have looked yet.
        let machines = self.machines(scope).await?;
        let found = machines.into_iter().find(|machine| machine.id == *id);
        Ok(found.ok_or(NO_TERMINAL)?)
    }

    /// The machine on which that number is printed.
    ///
    /// # Errors
    /// If the scope has none, or storage fails.
    pub async fn machine_of_tid(&self, scope: &Scope, tid: &str) -> Result<MachineView, Failure> {
        let machines = self.machines(scope).await?;
        let found = machines.into_iter().find(|machine| machine.tid == tid);
        self.seen(found.ok_or(NO_TERMINAL)?).await
    }

    /// All machines of a scope with what they show.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn machine_views(&self, scope: &Scope) -> Result<Vec<MachineView>, Failure> {
        let mut views = Vec::new();
        for machine in self.machines(scope).await? {
            views.push(self.seen(machine).await?);
        }
        Ok(views)
    }

    pub(crate) async fn seen(&self, machine: Machine) -> Result<MachineView, Failure> {
        let session = match &machine.session {
            Some(id) => {
                let stored: Option<Stored<Session>> =
                    self.find(Some(&machine.scope), id.as_str()).await?;
                stored.map(|stored| stored.value)
            }
            None => None,
        };
        Ok(MachineView { machine, session })
    }

    /// The ids of machines, each when it changed here. Other programs on the
    /// same storage change machines too, without this knowing.
    pub fn machine_changes(&self) -> broadcast::Receiver<TerminalId> {
        self.0.machines.subscribe()
    }
}

/// Four characters that tell the machines of one account from another's.
fn place_of(account: &Account) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut bytes = [0; 4];
    Fixed::of(account, "place").fill(&mut bytes);
    bytes
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
        .collect()
}
