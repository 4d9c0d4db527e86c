//! Terminals: devices that take a session's payment, and the reports of their sessions.
//! How a device works is known to its gateway alone.

mod story;

pub use story::{
    EntryMode, Notification, NotificationKind, Payment, Purpose, Status, StatusEvent, Story,
    Verification,
};

use serde::{Deserialize, Serialize};

use crate::account::Scope;
use crate::id::{TerminalId, TerminalSessionId};
use crate::time::Timestamp;

/// The published status of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TerminalStatus {
    /// Ready for a session.
    Available,
    /// Cannot be reached.
    Offline,
    /// At work, or in use for something that is no session.
    InUse,
}

impl TerminalStatus {
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

#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terminal {
    pub id: TerminalId,
    pub scope: Scope,
    /// Its place among the account's terminals.
    pub number: u16,
    /// The number printed on it.
    pub tid: String,
    /// Whether it can be reached.
    #[serde(default = "yes")]
    pub online: bool,
    /// Whether it is in use for something that is no session.
    #[serde(default)]
    pub menu: bool,
    /// Whether a session is on it that is not over.
    pub busy: bool,
    /// The session on it, until the device shows it no longer.
    pub session: Option<TerminalSessionId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What terminals are that were stored before they said whether they are online.
const fn yes() -> bool {
    true
}

impl Terminal {
    pub const fn new(
        id: TerminalId,
        scope: Scope,
        number: u16,
        tid: String,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            scope,
            number,
            tid,
            online: true,
            menu: false,
            busy: false,
            session: None,
            created_at: at,
            updated_at: at,
        }
    }

    /// The published status.
    pub const fn status(&self) -> TerminalStatus {
        match (self.online, self.busy || self.menu) {
            (false, _) => TerminalStatus::Offline,
            (true, true) => TerminalStatus::InUse,
            (true, false) => TerminalStatus::Available,
        }
    }
}
