//! Webhooks: signing, one attempt to deliver, and when a failed one is repeated.

mod answer_headers;
mod backoff;
mod sender;
mod signature;

pub use backoff::{MAX_ATTEMPTS, after_failure};
pub use sender::WebhookSender;
pub use signature::{SIGNATURE_HEADER, signature};
