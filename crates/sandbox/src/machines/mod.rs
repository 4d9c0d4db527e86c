//! The simulator of card machines: what a machine does by itself and what people do to
//! it. It is the terminal gateway of sandboxes; all of it but `api`, `controls` and
//! `integration` is pure.

mod actions;
pub(crate) mod api;
pub(crate) mod bill;
pub(crate) mod controls;
mod fleet;
mod gateway;
pub(crate) mod integration;
mod pace;
mod play;
mod press;
mod screen;
mod script;
#[cfg(test)]
mod tests;
mod wallet;
pub(crate) mod wire;

pub(crate) use actions::Action;
pub(crate) use bill::PrintedBill;
pub use gateway::Simulator;
pub(crate) use pace::Pace;
pub(crate) use press::Press;
pub(crate) use screen::Screen;
pub(crate) use script::{Ending, Reading, Script};
pub(crate) use wallet::{Feature, WalletCard};

use serde::{Deserialize, Serialize};
use tatami_core::id::TerminalSessionId;
use tatami_core::terminal_session::Stage;
use tatami_core::time::{SignedDuration, Timestamp};

/// A simulated card machine.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// What it does by itself; none if people use it.
    pub(crate) script: Option<Script>,
    /// What it does with the next session, in place of that.
    pub(crate) next: Option<Script>,
    pub(crate) pace: Pace,
    /// Whether it is switched on.
    pub(crate) power: bool,
    /// Whether it has a connection.
    pub(crate) line: bool,
    /// Whether somebody is in its menu.
    pub(crate) menu: bool,
    /// The session that it shows.
    pub(crate) play: Option<Play>,
    /// The session whose receipts it printed last.
    pub(crate) last_session: Option<TerminalSessionId>,
    /// The bill that it printed last.
    pub(crate) bill: Option<PrintedBill>,
    /// How often it changed.
    pub(crate) changes: u64,
}

/// A machine at work on a session.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Play {
    pub(crate) session: TerminalSessionId,
    pub(crate) script: Option<Script>,
    pub(crate) pace: Pace,
    pub(crate) prompt: Prompt,
    /// The stage of the session when the machine last followed it.
    pub(crate) stage: Stage,
    /// When the machine goes on by itself.
    pub(crate) due_at: Option<Timestamp>,
}

/// What a machine asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Prompt {
    /// Nothing.
    Wait,
    Tip,
    /// A card; after a tap above the limit, its chip or a phone.
    Present {
        chip: bool,
    },
    /// The card's number.
    KeyIn,
    Pin {
        tries_left: u8,
    },
    /// A signature, or that somebody compares it.
    Sign {
        signed: bool,
    },
}

impl Machine {
    /// A machine as it is delivered.
    pub(crate) fn new(tid: &str) -> Self {
        Self {
            script: Script::of_tid(tid),
            next: None,
            pace: Pace::Readable,
            power: true,
            line: true,
            menu: false,
            play: None,
            last_session: None,
            bill: None,
            changes: 0,
        }
    }

    pub(crate) const fn online(&self) -> bool {
        self.power && self.line
    }

    pub(crate) fn prompt(&self) -> Prompt {
        self.play.as_ref().map_or(Prompt::Wait, |play| play.prompt)
    }
}

impl Play {
    /// Goes on by itself after that time, at its pace.
    pub(crate) fn wait(&mut self, length: SignedDuration, now: Timestamp) {
        self.due_at = Some(now + self.pace.of(length));
    }

    /// The same, if it has a script.
    pub(crate) fn wait_by_script(&mut self, length: SignedDuration, now: Timestamp) {
        if self.script.is_some() {
            self.wait(length, now);
        }
    }
}
