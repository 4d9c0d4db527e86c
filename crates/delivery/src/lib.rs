//! What goes out to others: HTTP requests to addresses that others name
//! ([`Outbound`]), webhooks ([`WebhookSender`]), and receipts by mail
//! ([`HtmlReceipts`], [`SmtpMailer`]).

mod mail;
mod outbound;
mod webhooks;

pub use mail::{HtmlReceipts, SetupError as MailSetupError, SmtpMailer};
pub use outbound::{Outbound, SetupError, trusted};
pub use webhooks::{
    AccountTime, EntropySource, MAX_ATTEMPTS, SIGNATURE_HEADER, WebhookSender, after_failure,
    signature,
};
