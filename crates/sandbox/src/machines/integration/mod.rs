//! The Integration screen of a card machine: orders of the merchant's POS are listed,
//! chosen and paid there.

pub(crate) mod api;
mod problem;
pub(crate) mod wire;

pub(crate) use problem::problem;
