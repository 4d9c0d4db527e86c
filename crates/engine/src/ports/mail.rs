//! Receipts and mail.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tatami_core::account::{Account, AnyScope};
use tatami_core::id::{MailId, PaymentIntentId};
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::time::Timestamp;

use super::documents::{Aggregate, DocumentKind, IndexValue};

/// A message, written in the commit that owes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    pub id: MailId,
    /// An account's; the installation's, if it is for a user of the portal.
    pub scope: AnyScope,
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
    /// When it is to be handed to a mail server; never, if it is only for the local
    /// mailbox or was sent.
    pub due_at: Option<Timestamp>,
    /// How often the mail server did not take it.
    pub refusals: u32,
    /// When it went out by SMTP; never, in the local mailbox.
    pub sent_at: Option<Timestamp>,
    /// The payment that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentIntentId>,
}

/// The value by which the mails of a payment are found.
pub(crate) const PAYMENT: &str = "payment";

impl Aggregate for Mail {
    const KIND: DocumentKind = DocumentKind::Mail;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn scope(&self) -> AnyScope {
        self.scope.clone()
    }

    fn status(&self) -> &str {
        match (self.due_at, self.sent_at) {
            (Some(_), _) => "waits",
            (None, Some(_)) => "sent",
            (None, None) => "kept",
        }
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }

    fn due_at(&self) -> Option<Timestamp> {
        self.due_at
    }

    /// Those that wait are counted.
    fn values(&self) -> Vec<IndexValue> {
        let waits = self
            .due_at
            .map(|_| IndexValue::moment("waits", self.created_at));
        let payment = self.payment.as_ref();
        let payment = payment.map(|id| IndexValue::new(PAYMENT, id.as_str()));
        waits.into_iter().chain(payment).collect()
    }
}

/// The parts of a receipt, or of another mail to a payer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The subject line.
    pub subject: String,
    /// The plain-text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// Writes receipts, and what else payers are sent.
pub trait Receipts: Send + Sync {
    /// The receipt of a paid intent.
    fn write(&self, account: &Account, intent: &PaymentIntent) -> Receipt;

    /// The mail that asks for a payment, with its link.
    fn invite(&self, account: &Account, intent: &PaymentIntent, link: &str) -> Receipt;
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
