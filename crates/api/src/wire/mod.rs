//! The wire types: requests and answers in the form of the newest version.
//!
//! They are plain data with the contract's names, types and bounds. The OpenAPI
//! document is generated from them, and the reader of requests
//! ([`tatami_http::shape`]) is compiled from that document. An answer has no `null`
//! properties: what is absent is left out, by `skip_serializing_none` on every type
//! that is written.

pub mod bounds;
pub mod captured_card;
pub mod config;
pub mod customer;
pub mod money;
pub mod order;
pub mod party;
pub mod payment_intent;
pub mod payment_story;
pub mod problem;
pub mod public_payment_intent;
pub mod requests;
pub mod search;
pub mod settlement;
pub mod setup_intent;
pub mod terminal;
pub mod terminal_session;
pub mod transaction;
pub mod webhook;

#[cfg(test)]
mod tests;
