//! Wallets: those of sandboxes, and the operator's own.

mod operator;
mod options;
mod sandbox;

pub use operator::Operator;
pub use options::{WalletFlags, WalletOptions};
pub use sandbox::of_sandboxes;
