//! Setup intents: a card that is verified and kept, with its holder's consent to
//! the merchant's terms, for charges that the merchant makes later.
//!
//! `Created → Authorized → Completed`, with `Canceled` and `Expired` from
//! `Created`, `CardExpired` and `Closed` from `Authorized`. As with payments, a
//! rule that needs the acquirer comes in two halves, with an [`Attempt`] that is
//! committed between them. The cards that an intent names are in the vault for
//! as long as it names them, and no longer.

mod authorize;
mod change;
mod charge;
mod create;
#[cfg(test)]
mod tests;

pub use authorize::Submission;
pub use create::{Draft, MAX_TERMS_CHARS, check, create};

use serde::{Deserialize, Serialize};

use crate::account::Scope;
use crate::card::CardSummary;
use crate::id::{AttemptId, PaymentIntentId, SavedCardId, SetupIntentId};
use crate::money::Money;
use crate::payment_intent::{
    Challenge, Details, PaymentEvent, PaymentEventKind, RequestRef, Session,
};
use crate::problem::Refusal;
use crate::time::Timestamp;

/// The published status of a setup intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Status {
    /// Waits for a card.
    Created,
    /// A card is verified and kept, and can be charged.
    Authorized,
    /// Given up before a card was kept.
    Canceled,
    /// The card was charged.
    Completed,
    /// No card was given in time.
    Expired,
    /// The card's last month is over.
    CardExpired,
    /// Given up although a card was kept; the card is gone.
    Closed,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Created,
        Self::Authorized,
        Self::Canceled,
        Self::Completed,
        Self::Expired,
        Self::CardExpired,
        Self::Closed,
    ];

    /// The published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::Authorized => "Authorized",
            Self::Canceled => "Canceled",
            Self::Completed => "Completed",
            Self::Expired => "Expired",
            Self::CardExpired => "CardExpired",
            Self::Closed => "Closed",
        }
    }
}

/// What the merchant may charge the card for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TransactionType {
    /// Once, should the holder not come.
    NoShow,
    /// Whenever the terms say.
    Unscheduled,
}

impl TransactionType {
    /// Both.
    pub const ALL: [Self; 2] = [Self::NoShow, Self::Unscheduled];

    /// The published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoShow => "NoShow",
            Self::Unscheduled => "Unscheduled",
        }
    }

    /// Reads a published name in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}

/// That the holder agreed, when, and to what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// When.
    pub at: Timestamp,
    /// The terms as they were shown.
    pub terms: String,
}

/// A verification whose outcome is not yet written.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// The reference the acquirer knows the call by.
    pub id: AttemptId,
    pub card: CardSummary,
    /// Where its number is in the vault.
    pub saved_card: SavedCardId,
    /// What its holder agreed to.
    pub consent: Consent,
    /// When.
    pub started_at: Timestamp,
    /// When somebody asks what became of it.
    pub settle_at: Timestamp,
    /// Who waits for the answer.
    pub request: Option<RequestRef>,
    /// The nonce of the session that it was begun with.
    pub session: Option<String>,
}

/// A 3-D Secure challenge that waits for the holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub challenge: Challenge,
    /// Where the card's number is in the vault.
    pub saved_card: SavedCardId,
    /// What its holder agreed to.
    pub consent: Consent,
}

/// A verified card.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verification {
    /// The reference it was asked under.
    pub reference: AttemptId,
    /// The acquirer's transaction id.
    pub transaction_id: String,
    /// The approval code.
    pub auth_code: String,
    /// The acquirer's word for it.
    pub message: String,
    /// The address check's result.
    pub avs_result: Option<String>,
    /// The scheme's reference, which charges name.
    pub network_reference: Option<String>,
    pub card: CardSummary,
    /// Where its number is in the vault; none once it is taken out.
    pub saved_card: Option<SavedCardId>,
    /// What its holder agreed to.
    pub consent: Consent,
    /// When.
    pub at: Timestamp,
}

/// A charge of the card whose outcome is not yet written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The payment intent that is charged.
    pub payment_intent: PaymentIntentId,
    /// Its open attempt.
    pub attempt: AttemptId,
}

/// A setup intent, whole.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetupIntent {
    pub id: SetupIntentId,
    pub scope: Scope,
    /// Where it stands.
    pub status: Status,
    /// What the merchant may charge the card for.
    pub kind: TransactionType,
    /// What the holder is to agree to.
    pub terms: String,
    /// What the merchant means to charge.
    pub intended_amount: Option<Money>,
    /// What the merchant sent of the order.
    pub details: Details,
    /// When it expires without a card.
    pub expire_at: Timestamp,
    /// The current client session.
    pub session: Session,
    /// A verification whose outcome is not yet written.
    pub attempt: Option<Attempt>,
    /// A 3-D Secure challenge that waits for the holder.
    pub waiting: Option<Waiting>,
    /// The verified card.
    pub verification: Option<Verification>,
    /// A charge whose outcome is not yet written.
    pub charge: Option<Charge>,
    /// The story so far, shown as `setupEvents`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<PaymentEvent>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl SetupIntent {
    /// The cards in the vault that it names.
    pub fn saved_cards(&self) -> Vec<&SavedCardId> {
        let attempt = self.attempt.as_ref().map(|a| &a.saved_card);
        let waiting = self.waiting.as_ref().map(|w| &w.saved_card);
        let mut cards: Vec<_> = [attempt, waiting, self.saved_card()]
            .into_iter()
            .flatten()
            .collect();
        cards.dedup();
        cards
    }

    /// The card in the vault that can be charged.
    pub fn saved_card(&self) -> Option<&SavedCardId> {
        self.verification.as_ref()?.saved_card.as_ref()
    }

    /// When it is to be looked at again: to ask what became of a verification,
    /// or because it, or its card, expires. A charge under way is looked after
    /// by its payment intent. While a verification is open, that is within
    /// [`SETTLE_AFTER`](crate::payment_intent::SETTLE_AFTER): by this open ones are
    /// found.
    pub fn due_at(&self) -> Option<Timestamp> {
        if let Some(attempt) = &self.attempt {
            return Some(attempt.settle_at);
        }
        if self.status == Status::Created {
            return Some(self.expire_at);
        }
        let verified = self.verification.as_ref()?;
        let kept = self.charge.is_none() && verified.saved_card.is_some();
        kept.then(|| verified.card.expiry.ends_at()).flatten()
    }

    /// Whether a secret of that nonce may go on with what was begun: it is that
    /// of the current session, or of the one that the waiting challenge was begun
    /// with.
    pub fn session_continues(&self, nonce: &str) -> bool {
        let waiting = self.waiting.as_ref();
        let begun = waiting.and_then(|w| w.challenge.session.as_deref());
        self.session.nonce == nonce || begun == Some(nonce)
    }

    /// Whether a session of that nonce may be used now.
    pub fn session_open(&self, nonce: &str, now: Timestamp) -> bool {
        self.session.is_open(nonce, now)
    }

    /// Refuses while a call to the acquirer has no written outcome.
    fn settled(&self) -> Result<(), Refusal> {
        if self.attempt.is_none() && self.charge.is_none() {
            return Ok(());
        }
        Err(Refusal::Pending(
            "An earlier operation on this setup intent is still waiting for the acquirer. Try again shortly."
                .to_owned(),
        ))
    }

    /// The refusal for a status that does not allow an operation.
    fn refuse(&self) -> Refusal {
        self.refuse_because(&crate::payment_intent::status_refuses(self.status.name()))
    }

    /// The refusal for a state that does not allow an operation.
    fn refuse_because(&self, why: &str) -> Refusal {
        Refusal::Conflict(format!(
            "Invalid request for setup intent with id `{}`. {why}",
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
        card: Option<CardSummary>,
    ) {
        self.events.push(PaymentEvent {
            kind,
            transaction_id: transaction_id.to_owned(),
            auth_code: auth_code.to_owned(),
            amount: None,
            card,
            payment_method: None,
            at: self.updated_at,
        });
    }

    /// Forgets the verified card's number.
    fn let_go_of_card(&mut self) {
        if let Some(verified) = &mut self.verification {
            verified.saved_card = None;
        }
    }
}
