//! Terminals and their sessions: the use cases around
//! [`tatami_core::terminal_session::Counter`].
//!
//! Whatever happens at a terminal is one commit of terminal, session, payment intent
//! and what the gateway keeps of the device. Money is asked for as everywhere: an
//! attempt on the intent is opened by one commit and closed by another, which moves
//! session and terminal too.

mod counter;
mod drive;
mod report;
mod sessions;
mod stored;
mod tap;
mod terminals;
mod unlinked_refund;

pub use tap::TapSecret;
