//! The port through which stored answers are written.
//!
//! An answer to a request with an idempotency key is stored in the commit that
//! made the change, and recovery stores it for a caller that is gone. So the
//! engine must be able to have an outcome written as the caller would see it,
//! and leaves how to the crate that serves it.

use std::sync::Arc;

use tatami_core::account::Account;
use tatami_core::id::{CaptureId, RefundId, ReversalId};
use tatami_core::payment_intent::{Approval, Decline, PaymentIntent};
use tatami_core::problem::Refusal;
use tatami_core::setup_intent::SetupIntent;

use crate::Sessions;

/// What a use case did, for the answer's writer.
#[derive(Clone, Debug)]
pub enum Done {
    /// The intent as it is now.
    Intent {
        intent: Arc<PaymentIntent>,
        /// Makes the secret of its current session, if the answer shows it.
        sessions: Sessions,
        /// The secret of its customer, which the payment link carries.
        customer_secret: Option<String>,
        /// Whether the operation itself promises the secret (refresh, change of
        /// amount); otherwise the version and `generateRemoteToken` decide.
        show_secret: bool,
    },
    /// A capture was made.
    Captured(Arc<PaymentIntent>, CaptureId),
    /// A refund was made.
    Refunded(Arc<PaymentIntent>, RefundId),
    /// The payment was reversed.
    Reversed(Arc<PaymentIntent>, ReversalId),
    /// The card of a setup intent was charged.
    Charged(Arc<PaymentIntent>, Approval),
    /// The charge of a setup intent's card was declined.
    ChargeDeclined(Arc<PaymentIntent>, Decline),
    /// A setup intent, with the secret of its current session.
    SetupIntent(Box<SetupIntent>, String),
    /// Receipts are on their way.
    ReceiptSent,
    /// A webhook subscription, with the values of its secrets in their order.
    Subscription(Box<tatami_core::webhook::Subscription>, Vec<String>),
    /// The secrets of a subscription, with their values in their order.
    Secrets(Box<tatami_core::webhook::Subscription>, Vec<String>),
    Customer(Box<tatami_core::customer::Customer>),
    /// A session of a card machine.
    TerminalSession(Box<tatami_core::terminal_session::Session>),
    /// The acquirer declined; stored like any other answer.
    Refused(Refusal),
}

/// An answer as it goes out and as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON, or nothing.
    pub body: Vec<u8>,
}

/// Writes answers.
pub trait Answers: Send + Sync {
    /// The answer to an operation, in the form of an API version
    /// (`yyyy-mm-dd`, one of the published).
    fn write(&self, account: &Account, done: &Done, version: &str) -> Answer;
}
