//! Shops are busy while the program is killed, its database is restarted or its
//! disk fills. Whatever was acknowledged must still be true, and no card may
//! have been charged twice.
//!
//! Each shop works through orders with idempotency keys and keeps its own
//! ledger of what was acknowledged. A request without an answer, or with one
//! that says that the program cannot serve, is sent again under its key, as a
//! careful client would. The moments come from a seed; `TATAMI_SEED` repeats
//! one, and `TATAMI_KILLS` says how often the program is killed.

#![allow(
    clippy::expect_used,
    reason = "a failed expectation is how a test fails"
)]

mod checks;
mod disk;
mod kills;
mod ledger;
mod nodes;
mod outage;
mod shop;
mod table;
mod trading;
