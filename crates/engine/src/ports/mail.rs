//! Receipts and mail.

use async_trait::async_trait;
use tatami_core::account::{Account, Scope};
use tatami_core::id::MailId;
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::time::Timestamp;

/// A message, written in the commit that owes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Its id.
    pub id: MailId,
    /// Whose it is.
    pub scope: Scope,
    /// The address it goes to.
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// The plain-text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// When it was written (account time).
    pub created_at: Timestamp,
    /// Whether it is still to be handed to a mail server. One that is only for the
    /// local mailbox, was sent or failed is not.
    pub waits: bool,
    /// When it went out by SMTP; never, in the local mailbox.
    pub sent_at: Option<Timestamp>,
}

/// The parts of a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The subject line.
    pub subject: String,
    /// The plain-text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// Writes receipts.
pub trait Receipts: Send + Sync {
    /// The receipt of a paid intent.
    fn write(&self, account: &Account, intent: &PaymentIntent) -> Receipt;
}

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands one message to the mail server.
    ///
    /// # Errors
    /// A sentence about what went wrong; the message is tried again later.
    async fn send(&self, mail: &Mail) -> Result<(), String>;
}
