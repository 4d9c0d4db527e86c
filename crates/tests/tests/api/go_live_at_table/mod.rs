//! The published Pay at Table go-live checklist: one test a row, named after it, with the
//! demo POS over both transports. `cargo xtask test` prints them as a table.

mod configuration;
mod errors;
mod orders;
mod record_a_payment;
mod refunds;
mod registering_capabilities;
