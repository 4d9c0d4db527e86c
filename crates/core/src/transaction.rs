//! Transactions: payments, captures and refunds one by one, as statements list them. They
//! follow from payment intents and from sessions of card machines.

use serde::Deserialize;

use crate::card::CardSummary;
use crate::id::{PaymentIntentId, TerminalId};
use crate::money::Money;
use crate::terminal::EntryMode;
use crate::time::{Timestamp, ticks};

/// What a transaction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionType {
    /// Takes money at once.
    Sale,
    /// Pays money back.
    Refund,
    /// Holds money.
    PreAuth,
    /// Takes money that was held.
    Collection,
}

impl TransactionType {
    pub const ALL: [Self; 4] = [Self::Sale, Self::Refund, Self::PreAuth, Self::Collection];

    /// The published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sale => "Sale",
            Self::Refund => "Refund",
            Self::PreAuth => "PreAuth",
            Self::Collection => "Collection",
        }
    }

    /// Reads a published name in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}

/// The status of a transaction. `Held` and `UnderReview` are published for reviews, which
/// do not exist here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum TransactionStatus {
    /// It was approved.
    Authorized,
    /// It was declined.
    Declined,
    /// Never given.
    Held,
    /// Never given.
    UnderReview,
    /// It was undone.
    Reversed,
    /// The money is held, and nothing of it was taken yet.
    AwaitingCollection,
    /// The hold ended, and the money was let go as the merchant chose.
    Released,
    /// The hold ended without anything being chosen.
    Expired,
}

impl TransactionStatus {
    pub const ALL: [Self; 8] = [
        Self::Authorized,
        Self::Declined,
        Self::Held,
        Self::UnderReview,
        Self::Reversed,
        Self::AwaitingCollection,
        Self::Released,
        Self::Expired,
    ];

    /// The published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorized => "Authorized",
            Self::Declined => "Declined",
            Self::Held => "Held",
            Self::UnderReview => "UnderReview",
            Self::Reversed => "Reversed",
            Self::AwaitingCollection => "AwaitingCollection",
            Self::Released => "Released",
            Self::Expired => "Expired",
        }
    }

    /// Reads a published name in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|status| status.name().eq_ignore_ascii_case(name))
    }
}

/// What the card was paid with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentProduct {
    /// A card machine.
    Terminal,
    /// The hosted checkout, or components in a shop's page.
    OnlineCheckout,
    /// A form that a clerk fills in.
    VirtualTerminal,
    /// A link that was sent.
    PaymentLinks,
    /// A booking's page.
    DojoBookings,
    /// A guest's phone at a table.
    PayByQr,
    /// None of these.
    Other,
}

impl PaymentProduct {
    /// The published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terminal => "Terminal",
            Self::OnlineCheckout => "OnlineCheckout",
            Self::VirtualTerminal => "VirtualTerminal",
            Self::PaymentLinks => "PaymentLinks",
            Self::DojoBookings => "DojoBookings",
            Self::PayByQr => "PayByQr",
            Self::Other => "Other",
        }
    }
}

/// A transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The acquirer's transaction id, or the id of the capture or refund.
    pub id: String,
    pub at: Timestamp,
    /// None of a refund without a payment.
    pub payment_intent: Option<PaymentIntentId>,
    pub kind: TransactionType,
    pub status: TransactionStatus,
    /// Whether money was moved or held: it was neither declined nor taken back at once.
    pub is_done: bool,
    /// All of it.
    pub total: Money,
    /// What it was first, if the amount that is held was increased since.
    pub first_total: Option<Money>,
    /// Minor units of the total that are tips.
    pub tips: i64,
    /// Minor units of the total that are cashback.
    pub cashback: i64,
    /// The merchant's reference.
    pub reference: String,
    pub card: Option<CardSummary>,
    /// The approval code; empty if there is none.
    pub auth_code: String,
    pub product: PaymentProduct,
    /// The card machine, and how it read the card.
    pub terminal: Option<(TerminalId, EntryMode)>,
}

impl Transaction {
    /// The total without tips and cashback.
    pub fn sale_amount(&self) -> Money {
        let extras = self.tips.saturating_add(self.cashback);
        Money {
            minor: self.total.minor.saturating_sub(extras),
            ..self.total
        }
    }

    /// Its line in the journal of a scope. It never changes, and lines sort by time; the
    /// words after the first are what a day's figures are counted by.
    pub fn line(&self) -> String {
        let outcome = match (self.is_done, self.status) {
            (true, _) => "approved",
            (false, TransactionStatus::Declined) => "declined",
            (false, _) => "undone",
        };
        let total = self.first_total.unwrap_or(self.total);
        format!(
            "{} {} {outcome} {} {} {}",
            ticks(self.at),
            self.kind.name(),
            total.minor,
            total.currency.code(),
            self.id
        )
    }
}
