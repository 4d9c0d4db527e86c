//! The sandbox acquirer: another company, played on the same machine.
//!
//! It decides by test card ([`TEST_CARDS`]), plays the issuer's 3-D Secure page
//! ([`SandboxAcquirer::challenge`], [`SandboxAcquirer::decide`]) and keeps books
//! of its own as a connector's state, so that what a program believes and
//! what its acquirer did can be compared after a crash. Its rules hold whatever
//! it is sent. Every answer is durable before it is given.

mod acquirer;
mod acs;
mod authorize;
mod books;
mod cards;
mod checks;
mod faults;
mod follow_up;
mod in_person;
mod mint;
mod three_ds;
mod time;

pub use acquirer::{ACS_URL, STATE, SandboxAcquirer};
pub use books::{
    BookEntry, BookOutcome, BookedAuthorization, BooksError, balance::Balance, entries::Operation,
};
pub use cards::{Funding, Group, Outcome, TEST_CARDS, TestCard, ThreeDs, fails_to_submit};
pub use faults::Fault;
pub use three_ds::{ChallengeState, ChallengeView, Decided, Decision, ONE_TIME_CODE};
pub use time::AccountTime;
