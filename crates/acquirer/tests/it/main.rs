//! The acquirer over a database in a folder of its own.

mod authorizing;
mod bench;
mod challenges;
mod durability;
mod following_up;
mod resolving;
mod shared;
mod verifying;
