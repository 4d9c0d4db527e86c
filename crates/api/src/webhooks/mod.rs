//! Webhook subscriptions.

pub mod secrets;
mod subscriptions;

// The documentation macro makes a type beside each handler, found by its path.
pub use subscriptions::*;
