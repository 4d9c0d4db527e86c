//! Payment intents: the state of a payment and the rules that move it.
//!
//! `Created → Authorized → Captured → Refunded`, with `Canceled` from
//! `Created`, and `Reversed` from `Authorized` or `Captured`. A rule that needs
//! the acquirer comes in two halves: `begin_…` opens an [`Attempt`] (committed
//! before the call), `conclude` closes it with what the acquirer said.

mod amount;
mod attempt;
mod change;
mod charge;
mod choice;
mod create;
mod details;
mod in_person;
mod method;
mod paid_with;
mod payer;
mod payment;
mod settlement;
#[cfg(test)]
mod tests;
mod transactions;
mod tries;
mod wallet;

pub use attempt::{
    Approval, Attempt, AttemptKind, Decline, DeclineReason, Operation, Outcome, RequestRef,
    SETTLE_AFTER,
};
pub use change::{MAX_RECEIPT_EMAILS, MAX_RECEIPTS_A_DAY, ReceiptsSent};
pub use choice::Choice;
pub(crate) use create::Rules;
pub use create::{AmountDraft, Draft, check, create};
pub use details::{
    ActionLink, Address, COUNTRY_RULE, Config, Customer, Details, Flag, ItemLine, Modifier,
    OrderDetails, PAYMENT_LINKS, PaymentPermissions, RequestSecurity, Shipping, Shown, TaxLine,
};
pub use in_person::{InPerson, Unsigned};
pub use method::Method;
pub use paid_with::PaidWith;
pub use payer::PayerDetails;
pub use payment::Challenge;
pub use settlement::{CaptureRequest, RefundRequest};
pub(crate) use tries::may_try;
pub use tries::{DECLINES_COUNT_FOR, MOST_DECLINES, in_words};
pub use wallet::{TOKEN_USED, WalletType};

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Facts;
use crate::account::Scope;
use crate::card::CardSummary;
use crate::event::{Event, EventType, Subject};
use crate::id::{
    AttemptId, CaptureId, EventId, PaymentIntentId, RefundId, ReversalId, SavedCardId,
};
use crate::money::Money;
use crate::problem::Refusal;
use crate::terminal::Story;
use crate::time::{SignedDuration, TimeSpan, Timestamp, serialize_ticks};

/// How long a created intent waits for its payer when the merchant names no time.
pub const DEFAULT_EXPIRY: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long an authorization is held when the merchant names no time.
pub const DEFAULT_HOLD: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a client session secret is good for.
pub const SESSION_LIFE: SignedDuration = SignedDuration::from_mins(30);
/// How long after its authorization a manual payment can be reversed.
pub const REVERSAL_WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The published status of a payment intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Status {
    /// Waits for its payer.
    Created,
    /// The amount is held on the payer's card.
    Authorized,
    /// The money was taken, in whole or in part.
    Captured,
    /// The payment was undone whole.
    Reversed,
    /// All the money that was taken went back.
    Refunded,
    /// Given up before it was paid.
    Canceled,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Created,
        Self::Authorized,
        Self::Captured,
        Self::Reversed,
        Self::Refunded,
        Self::Canceled,
    ];

    /// The published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::Authorized => "Authorized",
            Self::Captured => "Captured",
            Self::Reversed => "Reversed",
            Self::Refunded => "Refunded",
            Self::Canceled => "Canceled",
        }
    }

    /// Reads a published name in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|s| s.name().eq_ignore_ascii_case(name))
    }
}

/// Whether an authorization is captured at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CaptureMode {
    /// At once.
    Auto,
    /// When the merchant asks.
    Manual,
}

impl CaptureMode {
    /// The published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "Auto",
            Self::Manual => "Manual",
        }
    }
}

/// What happens to a manual authorization whose hold ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AutoExpireAction {
    /// The money is let go.
    Release,
    /// The money is taken.
    Capture,
}

/// The client session: what a `clientSessionSecret` opens. The secret itself is
/// derived from the nonce by the installation's key and never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Random bytes, base16, that tell this session from earlier ones.
    pub nonce: String,
    /// When it ends.
    #[serde(serialize_with = "serialize_ticks")]
    pub expires_at: Timestamp,
    /// Whether a payment was tried with it; a session serves one try.
    pub used: bool,
    /// What the payer chose to pay with it, if not what is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
}

impl Session {
    /// Whether it is of that nonce and may be used now.
    pub(crate) fn is_open(&self, nonce: &str, now: Timestamp) -> bool {
        self.nonce == nonce && !self.used && now < self.expires_at
    }

    /// A new one.
    pub(crate) fn open(facts: &mut Facts<'_>) -> Self {
        let mut bytes = [0; 16];
        facts.entropy.fill(&mut bytes);
        let nonce = base16ct::lower::encode_string(&bytes);
        Self {
            nonce,
            expires_at: facts.now + SESSION_LIFE,
            used: false,
            choice: None,
        }
    }
}

/// An approved payment at the acquirer.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Authorization {
    /// The reference it was asked under, and is captured, refunded and reversed by.
    pub reference: AttemptId,
    /// The total that is authorized, increments included.
    pub amount: Money,
    /// The total that was authorized at first, once it was increased.
    pub first_amount: Option<Money>,
    /// The acquirer's transaction id.
    pub transaction_id: String,
    /// The approval code.
    pub auth_code: String,
    /// The acquirer's word for it.
    pub message: String,
    /// The card that paid.
    pub card: CardSummary,
    /// The saved card that paid, or as which the card was saved.
    pub payment_method: Option<SavedCardId>,
    /// The address check's result.
    pub avs_result: Option<String>,
    /// The card scheme's reference of the payment.
    pub network_reference: Option<String>,
    /// When it was approved.
    pub at: Timestamp,
    /// When the hold of a manual payment ends.
    pub hold_until: Option<Timestamp>,
    /// When what is left of it is captured or let go: when the hold ends, and
    /// again later if that failed.
    pub end_hold_at: Option<Timestamp>,
    /// Whether what was not captured has been let go: nothing more can be captured.
    pub released: bool,
    /// How the card was presented, if to a card machine.
    pub in_person: Option<InPerson>,
}

/// Money taken from an authorization.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    pub id: CaptureId,
    /// Minor units, tips excluded.
    pub amount: i64,
    /// Minor units of tips, if the merchant named them.
    pub tips: Option<i64>,
    /// When.
    pub at: Timestamp,
}

/// Money given back.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub id: RefundId,
    /// Minor units.
    pub amount: i64,
    /// The merchant's reason.
    pub reason: Option<String>,
    /// The merchant's notes.
    pub notes: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// The undoing of a whole payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversal {
    pub id: ReversalId,
    /// When.
    pub at: Timestamp,
}

/// A line of the payment's story, shown as `paymentEvents`.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentEvent {
    /// The published type: `AuthChallenged`, `Authorized`, `Captured`, `Declined`, …
    pub kind: PaymentEventKind,
    /// The acquirer's transaction id.
    pub transaction_id: String,
    /// The approval code; empty if there is none.
    pub auth_code: String,
    /// How much was asked for, of what was declined or taken back.
    pub amount: Option<Money>,
    pub card: Option<CardSummary>,
    /// The saved card that it is, if it is one.
    pub payment_method: Option<SavedCardId>,
    /// When.
    pub at: Timestamp,
}

/// The kinds of [`PaymentEvent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum PaymentEventKind {
    AuthChallenged,
    Authorized,
    Captured,
    Declined,
    Failed,
    Refunded,
    Reversed,
    Released,
    Canceled,
}

impl PaymentEventKind {
    /// The published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthChallenged => "AuthChallenged",
            Self::Authorized => "Authorized",
            Self::Captured => "Captured",
            Self::Declined => "Declined",
            Self::Failed => "Failed",
            Self::Refunded => "Refunded",
            Self::Reversed => "Reversed",
            Self::Released => "Released",
            Self::Canceled => "Canceled",
        }
    }
}

/// A payment intent, whole.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PaymentIntent {
    pub id: PaymentIntentId,
    pub scope: Scope,
    /// Where it stands.
    pub status: Status,
    /// Whether it is captured at once.
    pub capture_mode: CaptureMode,
    /// The amount, without tips, service charge and cashback.
    pub amount: Money,
    /// The amount first asked for, once it was changed.
    pub requested_amount: Option<Money>,
    pub tips: Option<Money>,
    pub service_charge: Option<Money>,
    pub cashback: Option<Money>,
    /// What the merchant sent of the order; no rule moves money by it.
    pub details: Box<Details>,
    /// When an unpaid intent is voided.
    #[serde(serialize_with = "serialize_ticks")]
    pub expire_at: Timestamp,
    /// How long a manual authorization is held.
    pub auto_expire_in: Option<TimeSpan>,
    /// What happens when the hold ends.
    pub auto_expire_action: Option<AutoExpireAction>,
    /// The current client session.
    pub session: Session,
    /// A call to the acquirer whose outcome is not yet written.
    pub attempt: Option<Box<Attempt>>,
    /// A 3-D Secure challenge that waits for the payer.
    pub challenge: Option<Box<Challenge>>,
    /// A payment that was approved on a card machine and waits for its signature.
    pub unsigned: Option<Box<Unsigned>>,
    /// The approved payment.
    pub authorization: Option<Box<Authorization>>,
    /// The captures of a manual payment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub captures: Vec<Capture>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<Refund>,
    pub reversal: Option<Reversal>,
    /// The story so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payment_events: Vec<PaymentEvent>,
    /// The receipts that went out lately.
    pub receipts_sent: Option<ReceiptsSent>,
    /// The sessions of card machines that it was, or is, on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub terminal_sessions: Vec<Story>,
    /// The ids of the wallets' tokens that it was tried to be paid with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wallet_tokens: Vec<String>,
    /// Whether it pays a part of an order of a merchant's POS.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_table: bool,
    /// When it was created.
    #[serde(serialize_with = "serialize_ticks")]
    pub created_at: Timestamp,
    /// When it last changed.
    #[serde(serialize_with = "serialize_ticks")]
    pub updated_at: Timestamp,
}

/// What a rule decided: all of it is one commit.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The new state, shared by what stores it and what answers with it.
    pub intent: Arc<PaymentIntent>,
    /// What is published.
    pub events: Vec<Event>,
    /// Addresses that get a receipt.
    pub receipts: Vec<String>,
}

impl Decision {
    pub(crate) fn of(intent: PaymentIntent) -> Self {
        Self {
            intent: Arc::new(intent),
            events: Vec::new(),
            receipts: Vec::new(),
        }
    }

    /// The new state, to be changed further.
    pub fn intent_mut(&mut self) -> &mut PaymentIntent {
        Arc::make_mut(&mut self.intent)
    }

    fn with_event(mut self, kind: EventType, facts: &mut Facts<'_>) -> Self {
        self.events.push(self.intent.event(kind, facts));
        self
    }
}

/// The refusal of an operation that a status does not allow.
pub(crate) fn status_refuses(status: &str) -> String {
    format!("The status `{status}` does not allow this change.")
}

impl PaymentIntent {
    /// An event about it as it is now.
    pub fn event(&self, kind: EventType, facts: &mut Facts<'_>) -> Event {
        Event {
            id: EventId::mint(self.scope.environment, facts),
            kind,
            subject: Subject {
                kind: Cow::Borrowed("payment-intent"),
                id: self.id.to_string(),
            },
            scope: self.scope.clone().into(),
            at: facts.now,
            data: [
                r#"{"paymentIntentId":""#,
                self.id.as_str(),
                r#"","paymentStatus":""#,
                self.status.name(),
                r#"","captureMode":""#,
                self.capture_mode.name(),
                r#""}"#,
            ]
            .concat(),
        }
    }

    /// Amount, tips, service charge and cashback together. Creation and every
    /// change check that the sum exists.
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

    /// Minor units taken from the payer so far.
    pub fn captured(&self) -> i64 {
        match (self.capture_mode, &self.authorization, self.status) {
            (_, None, _) | (_, _, Status::Created | Status::Canceled | Status::Authorized) => 0,
            (CaptureMode::Auto, Some(authorization), _) => authorization.amount.minor,
            (CaptureMode::Manual, Some(_), _) => self
                .captures
                .iter()
                .map(|c| c.amount + c.tips.unwrap_or(0))
                .sum(),
        }
    }

    /// Minor units given back so far.
    pub fn refunded(&self) -> i64 {
        self.refunds.iter().map(|r| r.amount).sum()
    }

    /// Minor units that are still held on the card, neither captured nor let go.
    pub fn held(&self) -> i64 {
        match (&self.authorization, self.status) {
            (Some(a), Status::Authorized | Status::Captured | Status::Refunded) if !a.released => {
                a.amount.minor - self.captured()
            }
            _ => 0,
        }
    }

    /// Minor units that can still be captured. A payment on a card machine is
    /// captured once: the rest goes back to the cardholder at once.
    pub fn capturable(&self) -> i64 {
        let in_person = self
            .authorization
            .as_ref()
            .is_some_and(|a| a.in_person.is_some());
        match self.status {
            Status::Captured if in_person => 0,
            Status::Authorized | Status::Captured => self.held(),
            Status::Created | Status::Canceled | Status::Reversed | Status::Refunded => 0,
        }
    }

    /// When it is to be looked at again: to ask what became of an open attempt,
    /// to void it because nobody paid, or to end the hold of what is left of it.
    /// While an attempt is open, that is within [`SETTLE_AFTER`]: by this open
    /// ones are found.
    pub fn due_at(&self) -> Option<Timestamp> {
        if let Some(attempt) = &self.attempt {
            return Some(attempt.settle_at);
        }
        match self.status {
            Status::Created => self.unsigned.is_none().then_some(self.expire_at),
            Status::Canceled | Status::Reversed => None,
            Status::Authorized | Status::Captured | Status::Refunded => {
                let authorization = self.authorization.as_ref()?;
                authorization.end_hold_at.filter(|_| self.held() > 0)
            }
        }
    }

    /// Refuses while a call to the acquirer has no written outcome.
    fn settled(&self) -> Result<(), Refusal> {
        match &self.attempt {
            None => Ok(()),
            Some(_) => Err(Refusal::Pending(
                "An earlier operation on this payment intent is still waiting for the acquirer. Try again shortly."
                    .to_owned(),
            )),
        }
    }

    /// The refusal for a status that does not allow an operation.
    fn refuse(&self) -> Refusal {
        self.refuse_because(&status_refuses(self.status.name()))
    }

    /// The refusal for a state that does not allow an operation.
    fn refuse_because(&self, why: &str) -> Refusal {
        Refusal::Conflict(format!(
            "Invalid request for payment with id `{}`. {why}",
            self.id
        ))
    }

    fn changed(&self, now: Timestamp) -> Self {
        Self {
            updated_at: now,
            ..self.clone()
        }
    }

    fn record(
        &mut self,
        kind: PaymentEventKind,
        transaction_id: &str,
        auth_code: &str,
        at: Timestamp,
    ) {
        let card = self.authorization.as_ref().map(|a| a.card.clone());
        let payment_method = self
            .authorization
            .as_ref()
            .and_then(|a| a.payment_method.clone());
        let (transaction_id, auth_code) = (transaction_id.to_owned(), auth_code.to_owned());
        self.payment_events.push(PaymentEvent {
            kind,
            transaction_id,
            auth_code,
            amount: None,
            card,
            payment_method,
            at,
        });
    }
}
