//! Receipts, and the mail they go out by.
//!
//! [`HtmlReceipts`] writes the message when a payment is decided; it is kept
//! with that decision. Where a mail server is configured, a [`Postman`] takes
//! kept messages to it through [`SmtpMailer`]; elsewhere they stay in the local
//! mailbox.

mod outbox;
mod postman;
mod receipt;
mod smtp;
mod story;

pub use outbox::Outbox;
pub use postman::{AccountTime, Parts, Postman};
pub use receipt::HtmlReceipts;
pub use smtp::{SetupError, SmtpMailer};
