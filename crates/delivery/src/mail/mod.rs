//! Receipts, and the mail server they go out by. A message is kept with the decision
//! that owes it; where a mail server is configured, a job hands it over.

mod invitation;
mod receipt;
mod smtp;
mod story;

pub use receipt::HtmlReceipts;
pub use smtp::{SetupError, SmtpMailer};
