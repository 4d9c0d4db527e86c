//! Sessions of terminals: one payment, or one refund, on one terminal.
//!
//! A session has a status, which is published, and a [`Stage`], which is what it waits
//! for. A [`Counter`] is a terminal with the session on it and the payment intent that
//! is paid: what happens at one of them happens to all in one decision.

mod counter;
mod receipt;
mod reports;
mod transitions;

pub use counter::{Changes, Counter, Order};
pub use receipt::{Line, Receipts};

pub use crate::terminal::{
    EntryMode, Notification, NotificationKind, Payment, Purpose, Status, StatusEvent, Story,
    Verification,
};

use serde::{Deserialize, Serialize};

use crate::Facts;
use crate::account::Scope;
use crate::card::CardSummary;
use crate::id::{AttemptId, TerminalId, TerminalSessionId};
use crate::money::Money;
use crate::time::{SignedDuration, Timestamp};
use crate::transaction::{PaymentProduct, Transaction, TransactionStatus, TransactionType};

/// How long a machine has to confirm a session.
pub const CONFIRM_WITHIN: SignedDuration = SignedDuration::from_secs(10);
/// How long after its making a session waits for a card.
pub const CARD_WITHIN: SignedDuration = SignedDuration::from_secs(90);
/// How long a signature waits to be verified; then it is accepted.
pub const SIGNATURE_WITHIN: SignedDuration = SignedDuration::from_secs(80);
/// How long a machine waits for the acquirer's answer.
pub const ANSWER_WITHIN: SignedDuration = SignedDuration::from_secs(20);
/// How long nothing is heard of a machine whose line broke until it is given up.
pub const SILENT_FOR: SignedDuration = SignedDuration::from_secs(8);
/// The most that a card pays without a chip, when nobody verifies its holder.
pub const CONTACTLESS_LIMIT: i64 = 10_000;
/// How often a PIN may be typed.
pub const PIN_TRIES: u8 = 3;

/// What a session waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// The terminal has yet to confirm it.
    Requested,
    /// The terminal is at work on it, and no card was read yet.
    Started,
    /// A card was read; its holder is yet to be verified.
    Verifying,
    /// The acquirer is asked.
    Asking {
        /// Whether nothing will be heard of its answer.
        silent: bool,
    },
    /// The slip is to be signed, and the signature verified.
    Signing,
    /// How it ends is known; it does next, when the card is taken or the terminal
    /// has printed.
    #[serde(alias = "Accepted")]
    Closing,
    /// The signature was rejected; the payment is taken back.
    Rejecting,
    /// The merchant canceled it, and the terminal has yet to confirm that.
    Canceling,
    /// It ended before it was known what became of the money.
    Unknown,
    /// It is over.
    Ended,
}

/// The amounts of a session.
#[serde_with::skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// Without what follows.
    pub amount: Money,
    /// The tips, those added on the machine included.
    pub tips: Option<Money>,
    pub service_charge: Option<Money>,
    pub cashback: Option<Money>,
}

impl Bill {
    /// All of them together.
    pub fn total(&self) -> Money {
        let extras = [self.tips, self.service_charge, self.cashback];
        let minor = extras
            .into_iter()
            .flatten()
            .fold(self.amount.minor, |sum, m| sum.saturating_add(m.minor));
        Money {
            minor,
            ..self.amount
        }
    }
}

/// A card that was presented, as far as it may be kept.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presented {
    /// What its gateway knows its number by; none if it was typed, for then the
    /// number is kept nowhere.
    pub handle: Option<String>,
    /// What may be kept of it.
    pub card: CardSummary,
    /// How it was read.
    pub entry: EntryMode,
    /// How its holder was verified.
    pub verification: Verification,
}

/// How a session ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Close {
    /// Its last status.
    pub status: Status,
    /// What is published beside it.
    pub debug: String,
}

/// A session, whole.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// What is published.
    pub story: Story,
    pub scope: Scope,
    /// Whose software asked for it.
    pub software_house: String,
    /// Who sold that software.
    pub reseller: Option<String>,
    /// The merchant's reference.
    pub reference: Option<String>,
    /// The amounts.
    pub bill: Bill,
    /// The tip that was added on the machine.
    pub machine_tip: Option<Money>,
    /// Whether the machine asks for a tip.
    pub asks_tip: bool,
    /// Whether the card is typed, its holder being absent.
    pub keyed: bool,
    /// Whether the payment is only held.
    pub manual: bool,
    /// What it waits for.
    pub stage: Stage,
    /// When the acquirer is to be asked.
    pub next: Option<Timestamp>,
    /// When the machine gives up, if that is not when the status expires: what is
    /// published of that moves with the status alone.
    pub give_up_at: Option<Timestamp>,
    /// How it ends, once that is known.
    pub close: Option<Close>,
    pub card: Option<Presented>,
    /// Whether the card is in the machine.
    pub card_in: bool,
    /// The open call to the acquirer of a refund that has no payment intent.
    pub attempt: Option<AttemptId>,
    /// When that call was opened.
    pub asked_at: Option<Timestamp>,
    /// The call that a node claimed last, to send it: nobody else does.
    pub claimed_call: Option<AttemptId>,
    /// What was printed.
    pub receipts: Option<Receipts>,
}

/// What a session is made of.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The machine.
    pub terminal: TerminalId,
    pub purpose: Purpose,
    pub scope: Scope,
    /// Whose software asked for it.
    pub software_house: String,
    /// Who sold that software.
    pub reseller: Option<String>,
    /// The merchant's reference.
    pub reference: Option<String>,
    /// The amounts.
    pub bill: Bill,
    /// Whether the machine asks for a tip.
    pub asks_tip: bool,
    /// Whether the card is typed, its holder being absent.
    pub keyed: bool,
    /// Whether the payment is only held.
    pub manual: bool,
}

impl Session {
    /// A new session, which its terminal has yet to confirm.
    pub fn new(new: NewSession, facts: &mut Facts<'_>) -> Self {
        let now = facts.now;
        let mut session = Self {
            story: Story {
                id: TerminalSessionId::mint(new.scope.environment, facts),
                terminal: new.terminal,
                purpose: new.purpose,
                status: Status::InitiateRequested,
                notifications: Vec::new(),
                statuses: Vec::new(),
                payment: None,
                expire_at: now + CONFIRM_WITHIN,
                created_at: now,
                updated_at: now,
            },
            scope: new.scope,
            software_house: new.software_house,
            reseller: new.reseller,
            reference: new.reference,
            bill: new.bill,
            machine_tip: None,
            asks_tip: new.asks_tip,
            keyed: new.keyed,
            manual: new.manual,
            stage: Stage::Requested,
            next: None,
            give_up_at: None,
            close: None,
            card: None,
            card_in: false,
            attempt: None,
            asked_at: None,
            claimed_call: None,
            receipts: None,
        };
        session.enter(Status::InitiateRequested, "", now);
        session
    }

    /// When it is to be looked at again. While a call of its own is open, that is
    /// within [`SETTLE_AFTER`](crate::payment_intent::SETTLE_AFTER): by this such
    /// calls are found.
    pub fn due_at(&self) -> Option<Timestamp> {
        let ends = (!self.story.status.is_final()).then_some(self.gives_up_at());
        match (self.next, ends) {
            (Some(next), Some(end)) => Some(next.min(end)),
            (next, end) => next.or(end),
        }
    }

    /// When the machine gives up, unless it ends before.
    pub fn gives_up_at(&self) -> Timestamp {
        self.give_up_at.unwrap_or(self.story.expire_at)
    }

    /// The open call to the acquirer of a refund that has no payment intent, and
    /// when it was opened.
    pub fn open_call(&self) -> Option<(&AttemptId, Timestamp)> {
        // One that was stored before this was written down is of the session's age.
        let asked_at = self.asked_at.unwrap_or(self.story.created_at);
        Some((self.attempt.as_ref()?, asked_at))
    }

    /// The transaction of a refund that has no payment intent, once it was made. What else a
    /// session brings is a transaction of its payment intent.
    pub fn transaction(&self) -> Option<Transaction> {
        let Purpose::UnlinkedRefund { amount, .. } = &self.story.purpose else {
            return None;
        };
        let payment = self.story.payment.as_ref()?;
        Some(Transaction {
            id: payment.transaction_id.clone(),
            at: payment.at,
            payment_intent: None,
            kind: TransactionType::Refund,
            status: TransactionStatus::Authorized,
            is_done: true,
            total: *amount,
            first_total: None,
            tips: 0,
            cashback: 0,
            reference: self.reference.clone().unwrap_or_default(),
            card: Some(payment.card.clone()),
            auth_code: payment.auth_code.clone(),
            product: PaymentProduct::Terminal,
            terminal: Some((self.story.terminal.clone(), payment.entry)),
        })
    }

    /// Whether money goes to the card and not from it.
    pub const fn is_refund(&self) -> bool {
        !matches!(self.story.purpose, Purpose::Sale { .. })
    }
}
