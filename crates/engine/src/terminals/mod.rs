//! Terminals and their sessions: the use cases around
//! [`tatami_core::terminal_session::Counter`].
//!
//! Whatever happens at a terminal is one commit of terminal, session, payment intent
//! and what the gateway keeps of the device. Money is asked for as everywhere: an
//! attempt on the intent is opened by one commit and closed by another, which moves
//! session and terminal too.

mod counter;
mod drive;
mod fleet;
mod report;
mod sessions;
mod stored;
mod tap;
mod unlinked_refund;

pub use tap::TapSecret;

use crate::Engine;

/// Terminals and what a till asks of them.
#[derive(Clone, Copy)]
pub struct Terminals<'a>(pub(super) &'a Engine);

impl Engine {
    pub fn terminals(&self) -> Terminals<'_> {
        Terminals(self)
    }
}

/// Decisions over a terminal, its session and the payment intent.
#[derive(Clone, Copy)]
pub struct Counters<'a>(pub(super) &'a Engine);

impl<'a> Terminals<'a> {
    pub(crate) const fn counters(self) -> Counters<'a> {
        Counters(self.0)
    }
}

/// What sessions do by themselves when they are due.
#[derive(Clone, Copy)]
pub struct TerminalSessions<'a>(pub(super) &'a Engine);

impl Engine {
    pub fn terminal_sessions(&self) -> TerminalSessions<'_> {
        TerminalSessions(self)
    }
}
