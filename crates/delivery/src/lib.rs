//! What goes out to others: HTTP requests to addresses that others name
//! ([`Outbound`]), webhooks ([`WebhookSender`]), and receipts by mail
//! ([`HtmlReceipts`], [`SmtpMailer`]).

mod attempt;
mod mail;
mod outbound;
mod webhooks;

pub use attempt::{AccountTime, Attempts, EntropySource, Heard};
pub use mail::{HtmlReceipts, SetupError as MailSetupError, SmtpMailer};
pub use outbound::{Outbound, SetupError, trusted};
pub use webhooks::{MAX_ATTEMPTS, SIGNATURE_HEADER, WebhookSender, after_failure, signature};
