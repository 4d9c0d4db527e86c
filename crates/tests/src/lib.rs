//! The harness of the black-box tests.
//!
//! [`Tatami`] is a running program with a data folder of its own, [`App`] a
//! client of one of its accounts, [`Receiver`] a shop's webhook endpoint.
//! Nothing here knows the program's insides: it starts the binary and speaks
//! HTTP. Time is moved with the sandbox clock; the only waiting is for facts
//! that another process brings, with a deadline.

#![allow(
    clippy::expect_used,
    reason = "a failed expectation is how a test fails"
)]

mod app;
mod books;
mod browser;
mod build;
mod cards;
mod contract;
mod database;
mod demo_pos;
mod guard;
mod line;
mod pos;
mod pos_proxy;
mod receiver;
mod seeded;
mod server;
mod setups;
mod table;
mod till;

pub use app::{App, NEWEST, Pending, Reply};
pub use books::{Entry, booked};
pub use browser::{Browser, PASSWORD, path};
pub use build::binary;
pub use cards::{
    APPROVED, CHALLENGED, Card, DECLINED, MASTERCARD, PUBLISHED_CARDS, Paid, complete, number_in,
    pay, pay_intent, prove, test_card, test_cards,
};
pub use contract::VERSIONS;
pub use database::{Kind, cluster};
pub use demo_pos::DemoPos;
pub use line::Line;
pub use pos::{Asked, PosSocket};
pub use pos_proxy::PosProxy;
pub use receiver::{Delivery, Receiver, signature};
pub use seeded::Seeded;
pub use server::{DEVELOPMENT_KEY, Exit, PUBLISHED_KEYS, Tatami, run, run_with, shared};
pub use setups::{booking, give};
pub use table::{Restaurant, Step, TRANSPORTS, WITHOUT_LOCKS};
pub use till::{Till, matched_refund, sale, unlinked_refund};

use std::time::Duration;

/// How long a test waits for a fact that another process brings.
pub const PATIENCE: Duration = Duration::from_secs(20);
