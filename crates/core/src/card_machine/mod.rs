//! Card machines: hand-held devices that take a session's payment.
//!
//! A [`Counter`] is a machine with the session on it and the payment intent
//! that is paid: what happens at one of them happens to all in one decision.

mod actions;
mod counter;
mod pace;
mod play;
mod press;
mod screen;
mod script;
#[cfg(test)]
mod tests;
mod wallet;

pub use actions::Action;
pub use counter::{Counter, Order, Turn};
pub use pace::Pace;
pub use press::Press;
pub use screen::{Screen, ScreenName};
pub use script::{Ending, Reading, Script};
pub use wallet::{Feature, Wallet, WalletCard};

use serde::{Deserialize, Serialize};

use crate::account::Scope;
use crate::id::{TerminalId, TerminalSessionId};
use crate::terminal_session::Receipts;
use crate::time::Timestamp;

/// The endings of the machines that every sandbox has, in the order in which
/// they are listed. The last one does nothing by itself.
pub const FLEET: [&str; 12] = [
    "SIP0", "SIP1", "SCN0", "SCD0", "SIS0", "DIP0", "DIS0", "TIP0", "CIP0", "UIP0", "SCP0", "MAN0",
];

/// The published status of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MachineStatus {
    /// Ready for a session.
    Available,
    /// Cannot be reached.
    Offline,
    /// At work, or somebody is in its menu.
    InUse,
}

impl MachineStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Available, Self::Offline, Self::InUse];

    /// The published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Available => "Available",
            Self::Offline => "Offline",
            Self::InUse => "InUse",
        }
    }

    /// Reads a published name, or the one that older clients know, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("Busy") {
            return Some(Self::InUse);
        }
        Self::ALL
            .into_iter()
            .find(|s| s.name().eq_ignore_ascii_case(name))
    }
}

/// A card machine.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Its id.
    pub id: TerminalId,
    /// Whose it is.
    pub scope: Scope,
    /// Its place among the account's machines.
    pub number: u16,
    /// What is printed on it.
    pub tid: String,
    /// What it does by itself; none if somebody drives it.
    pub script: Option<Script>,
    /// What it does with the next session, in place of that.
    pub next: Option<Script>,
    /// How fast it plays.
    pub pace: Pace,
    /// Whether it is switched on.
    pub power: bool,
    /// Whether it can reach anybody.
    pub line: bool,
    /// Whether somebody is in its menu.
    pub menu: bool,
    /// Whether a session is on it that is not over.
    pub busy: bool,
    /// The session that it shows.
    pub session: Option<TerminalSessionId>,
    /// What it printed last.
    pub receipts: Option<Receipts>,
    /// How often it changed.
    pub changes: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Machine {
    /// The machine of that number in the fleet.
    pub fn new(id: TerminalId, scope: Scope, number: u16, tid: String, at: Timestamp) -> Self {
        Self {
            script: Script::of_tid(&tid),
            id,
            scope,
            number,
            tid,
            next: None,
            pace: Pace::Readable,
            power: true,
            line: true,
            menu: false,
            busy: false,
            session: None,
            receipts: None,
            changes: 0,
            created_at: at,
            updated_at: at,
        }
    }

    /// Whether the machine can be reached.
    pub const fn online(&self) -> bool {
        self.power && self.line
    }

    /// The published status.
    pub const fn status(&self) -> MachineStatus {
        match (self.online(), self.busy || self.menu) {
            (false, _) => MachineStatus::Offline,
            (true, true) => MachineStatus::InUse,
            (true, false) => MachineStatus::Available,
        }
    }
}
