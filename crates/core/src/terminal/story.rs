//! The published account of a session.

use serde::{Deserialize, Serialize};

use crate::card::CardSummary;
use crate::id::{PaymentIntentId, TerminalId, TerminalSessionId};
use crate::money::Money;
use crate::time::Timestamp;

/// The published status of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum Status {
    InitiateRequested,
    Initiated,
    Authorized,
    Captured,
    CancelRequested,
    Canceled,
    SignatureVerificationAccepted,
    SignatureVerificationRejected,
    SignatureVerificationRequired,
    Expired,
    Declined,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::InitiateRequested,
        Self::Initiated,
        Self::Authorized,
        Self::Captured,
        Self::CancelRequested,
        Self::Canceled,
        Self::SignatureVerificationAccepted,
        Self::SignatureVerificationRejected,
        Self::SignatureVerificationRequired,
        Self::Expired,
        Self::Declined,
    ];

    /// The published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InitiateRequested => "InitiateRequested",
            Self::Initiated => "Initiated",
            Self::Authorized => "Authorized",
            Self::Captured => "Captured",
            Self::CancelRequested => "CancelRequested",
            Self::Canceled => "Canceled",
            Self::SignatureVerificationAccepted => "SignatureVerificationAccepted",
            Self::SignatureVerificationRejected => "SignatureVerificationRejected",
            Self::SignatureVerificationRequired => "SignatureVerificationRequired",
            Self::Expired => "Expired",
            Self::Declined => "Declined",
        }
    }

    /// Whether nothing follows it.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Authorized
            | Self::Captured
            | Self::Canceled
            | Self::SignatureVerificationRejected
            | Self::Expired
            | Self::Declined => true,
            Self::InitiateRequested
            | Self::Initiated
            | Self::CancelRequested
            | Self::SignatureVerificationAccepted
            | Self::SignatureVerificationRequired => false,
        }
    }
}

/// How a machine read a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum EntryMode {
    Contactless,
    ContactChip,
    Magstripe,
    ManualEntry,
}

impl EntryMode {
    /// The published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Contactless => "Contactless",
            Self::ContactChip => "ContactChip",
            Self::Magstripe => "Magstripe",
            Self::ManualEntry => "ManualEntry",
        }
    }
}

/// How a machine made sure of a card's holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum Verification {
    Pin,
    Signature,
    Device,
    None,
}

impl Verification {
    /// The published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pin => "Pin",
            Self::Signature => "Signature",
            Self::Device => "Device",
            Self::None => "None",
        }
    }
}

/// What a session is for.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// A payment intent is paid.
    Sale {
        /// Which.
        payment_intent: PaymentIntentId,
    },
    /// A paid intent is refunded.
    MatchedRefund {
        /// Which.
        payment_intent: PaymentIntentId,
        /// How much, if that was said; else all that is left.
        amount: Option<Money>,
    },
    /// Money is given to a card, without reference to a payment.
    UnlinkedRefund {
        /// How much.
        amount: Money,
        /// Whether the card is typed, if that was said.
        card_holder_not_present: Option<bool>,
    },
}

impl Purpose {
    /// The published name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sale { .. } => "Sale",
            Self::MatchedRefund { .. } => "MatchedRefund",
            Self::UnlinkedRefund { .. } => "UnlinkedRefund",
        }
    }

    /// The payment intent it is about.
    pub const fn payment_intent(&self) -> Option<&PaymentIntentId> {
        match self {
            Self::Sale { payment_intent } | Self::MatchedRefund { payment_intent, .. } => {
                Some(payment_intent)
            }
            Self::UnlinkedRefund { .. } => None,
        }
    }
}

/// What a machine can be said to have shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum NotificationKind {
    Approved,
    Declined,
    InsertCard,
    EnterPin,
    PleaseWait,
    PresentCard,
    RemoveCard,
    CardError,
    ReEnterCard,
}

impl NotificationKind {
    /// The published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approved => "Approved",
            Self::Declined => "Declined",
            Self::InsertCard => "InsertCard",
            Self::EnterPin => "EnterPin",
            Self::PleaseWait => "PleaseWait",
            Self::PresentCard => "PresentCard",
            Self::RemoveCard => "RemoveCard",
            Self::CardError => "CardError",
            Self::ReEnterCard => "ReEnterCard",
        }
    }
}

/// Something the machine showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    pub kind: NotificationKind,
    /// When.
    pub at: Timestamp,
}

/// A status the session came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusEvent {
    /// Which.
    pub status: Status,
    /// What happened inside the machine; empty if nothing unusual did.
    pub debug: String,
    /// When.
    pub at: Timestamp,
}

/// The payment, or refund, that a session brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The acquirer's transaction id.
    pub transaction_id: String,
    /// The acquirer's word for its state.
    pub message: String,
    /// The approval code.
    pub auth_code: String,
    pub card: CardSummary,
    /// How it was read.
    pub entry: EntryMode,
    /// How its holder was verified.
    pub verification: Verification,
    /// When.
    pub at: Timestamp,
}

/// What is published of a session, in answers and in the history of its
/// payment intent.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Story {
    pub id: TerminalSessionId,
    /// The machine.
    pub terminal: TerminalId,
    pub purpose: Purpose,
    /// Where it stands.
    pub status: Status,
    /// What the machine showed.
    pub notifications: Vec<Notification>,
    /// The statuses it came to.
    pub statuses: Vec<StatusEvent>,
    /// What it brought.
    pub payment: Option<Payment>,
    /// When this status is given up.
    pub expire_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
