//! How fast the program is, beside bare servers that do the same work without
//! it: one that parses a request and answers from memory, and one that writes
//! the same rows durably. All of them are processes of their own, so that CPU
//! time and memory are theirs.
//!
//! `docs/performance.md` says how it is measured and what is not.

#![allow(clippy::expect_used, clippy::float_arithmetic, reason = "figures")]

pub mod client;
pub mod cold;
pub mod fault;
pub mod latency;
pub mod load;
pub mod operation;
pub mod overload;
pub mod plan;
pub mod receiver;
pub mod recovery;
pub mod report;
pub mod results;
pub mod round;
pub mod scrape;
pub mod seed;
pub mod server;
pub mod shop;
pub mod webhooks;
