//! Orders of a merchant's POS that are paid at their table, in whole or in parts, on a
//! card machine or on a guest's phone.
//!
//! A [`TableVisit`] is a card machine on which orders are chosen, a [`TableOrder`] an
//! order that is being paid with the lock that it is under, and a [`TablePayment`] one
//! part of it: a payment intent that is recorded at the POS once it is paid, or given
//! back.

mod lock;
mod names;
mod order;
mod payment;
mod schedule;
mod split;
mod table_order;
#[cfg(test)]
mod tests;
mod tip;
mod visit;

pub use lock::{LockStage, Locking, OrderLock};
pub use names::{MAX_NAME_CHARS, names};
pub use order::{Charge, Item, ItemPart, Order};
pub use payment::{NewPart, NextStep, PartPayer, PartStage, TablePayment};
pub use schedule::{GIVEN_BACK_AFTER, wait_after};
pub use split::{Bill, ChosenItem, EqualSplit, MOST_PARTS, Part, PartWish, Split, reserved};
pub use table_order::{LockCall, MachineAt, TableOrder};
pub use tip::{MOST_PERCENT, Tip};
pub use visit::{INACTIVE_AFTER, TableVisit};
