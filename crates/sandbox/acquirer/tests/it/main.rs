//! The acquirer over a database in a folder of its own.

#![allow(
    clippy::expect_used,
    reason = "a failed expectation is how a test fails"
)]

mod authorizing;
mod bench;
mod challenges;
mod durability;
mod following_up;
mod resolving;
mod shared;
mod verifying;
