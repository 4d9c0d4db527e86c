//! The rules of Tatami, as pure functions.
//!
//! A rule takes a state, a command and facts (the time, random bytes) and
//! returns the new state with what follows from it, or a named refusal. Nothing
//! here waits, reads a clock, or knows of HTTP or SQL.

pub mod account;
pub mod bounds;
pub mod branding;
pub mod card;
pub mod country;
pub mod customer;
pub mod email;
pub mod event;
pub mod id;
pub mod link;
pub mod mask;
pub mod money;
pub mod pay_at_table;
pub mod payment_intent;
pub mod people;
pub mod problem;
pub mod saved_card;
pub mod secret;
pub mod setup_intent;
pub mod terminal;
pub mod terminal_session;
pub mod time;
pub mod transaction;
pub mod typed_card;
pub mod waits;
pub mod webhook;
pub mod webhook_url;

/// Where random bytes come from. The program gives the operating system's; a
/// test gives a seeded stream, so that the same seed gives the same run.
pub trait Entropy: Send {
    /// Fills `out` with random bytes.
    fn fill(&mut self, out: &mut [u8]);
}

/// What a rule knows of the world at the moment of a decision.
pub struct Facts<'a> {
    /// The account's time.
    pub now: time::Timestamp,
    /// Random bytes for ids and nonces.
    pub entropy: &'a mut dyn Entropy,
}
