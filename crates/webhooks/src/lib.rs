//! Webhooks: signing, and delivering at least once, in order per payment
//! intent, without one slow receiver holding up the others.
//!
//! [`Dispatcher`] claims due deliveries under a lease, posts each, and writes
//! what came of it. A crash is a lease that runs out.

mod address;
mod backoff;
mod dispatcher;
mod lanes;
mod queue;
mod sender;
mod signature;

pub use backoff::{MAX_ATTEMPTS, after_failure};
pub use dispatcher::{Dispatcher, Limits, Parts};
pub use queue::DeliveryQueue;
pub use sender::{AccountTime, EntropySource, SetupError, trusted};
pub use signature::{SIGNATURE_HEADER, signature};
