//! Entries: one a reference, with the answer it got.

use serde::{Deserialize, Serialize};
use tatami_core::account::Scope;
use tatami_core::id::AttemptId;
use tatami_core::money::Money;
use tatami_core::payment_intent::{Approval, Decline};
use tatami_core::time::Timestamp;

use super::authorizations::Opened;

/// What a reference asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Operation {
    /// Ask about a card; no money moves.
    Verify,
    /// Hold an amount.
    Authorize,
    /// Authorize and take an amount at once.
    Charge,
    /// Raise a hold.
    Increment,
    /// Take of what is held.
    Capture,
    /// Give back of what was taken.
    Refund,
    /// Give money to a card without reference to a payment.
    Credit,
    /// Undo the whole.
    Reverse,
    /// Let go of what is held.
    Release,
    /// Nothing: somebody asked what became of a reference never seen.
    Void,
}

impl Operation {
    /// The acquirer's word for it, once it is done.
    pub(crate) const fn done(self) -> &'static str {
        match self {
            Self::Verify => "VERIFIED",
            Self::Authorize | Self::Increment => "AUTHORIZED",
            Self::Charge | Self::Capture => "DEPOSITED",
            Self::Refund | Self::Credit => "REFUNDED",
            Self::Reverse => "REVERSED",
            Self::Release => "RELEASED",
            Self::Void => "VOIDED",
        }
    }
}

/// The answer a reference got and keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    Approved(Approval),
    Declined(Decline),
    Challenge {
        transaction_id: String,
        payload: String,
    },
    Void {
        transaction_id: String,
    },
}

/// An entry of the books.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) scope: Scope,
    pub(crate) reference: AttemptId,
    pub(crate) operation: Operation,
    pub(crate) authorization: Option<AttemptId>,
    pub(crate) amount: Option<Money>,
    pub(crate) original: Option<String>,
    pub(crate) card: Option<String>,
    pub(crate) avs_result: Option<String>,
    pub(crate) cv2_result: Option<String>,
    pub(crate) at: Timestamp,
    pub(crate) answer: Answer,
    /// None unless it is an approved authorization.
    pub(crate) opened: Option<Opened>,
}

/// What became of a booked reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum BookOutcome {
    /// Done.
    Approved,
    /// Refused.
    Declined,
    /// The holder has yet to prove who they are; no money has moved.
    Challenged,
    /// Never seen, or waiting for its holder, when somebody asked; it will not
    /// be done.
    Voided,
}

/// An entry of the books, for people and for comparing them with ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BookEntry {
    /// The reference the acquirer was given.
    pub reference: AttemptId,
    /// What was asked.
    pub operation: Operation,
    /// The reference of the authorization it is about; its own, for one.
    pub authorization: Option<AttemptId>,
    /// How much; none for a verification, and for what was never seen.
    pub amount: Option<Money>,
    /// The network reference that a merchant-initiated payment named.
    pub original: Option<String>,
    /// The masked card number.
    pub card: Option<String>,
    /// What became of it.
    pub outcome: BookOutcome,
    /// The acquirer's words.
    pub message: String,
    /// The acquirer's transaction id.
    pub transaction_id: String,
    /// The approval code, if approved.
    pub auth_code: Option<String>,
    /// The card scheme's reference, if it has one.
    pub network_reference: Option<String>,
    /// What the address check said, if there was an address.
    pub avs_result: Option<String>,
    /// What the check of the verification value said; `NOT_CHECKED` if none
    /// was sent.
    pub cv2_result: Option<String>,
    /// When it was booked (account time).
    pub at: Timestamp,
}

impl From<Entry> for BookEntry {
    fn from(entry: Entry) -> Self {
        let network_reference = match &entry.answer {
            Answer::Approved(approval) => approval.network_reference.clone(),
            _ => None,
        };
        let (outcome, message, transaction_id, auth_code) = match entry.answer {
            Answer::Approved(a) => (
                BookOutcome::Approved,
                a.message,
                a.transaction_id,
                Some(a.auth_code),
            ),
            Answer::Declined(d) => (BookOutcome::Declined, d.message, d.transaction_id, None),
            Answer::Challenge { transaction_id, .. } => (
                BookOutcome::Challenged,
                "The holder is asked".to_owned(),
                transaction_id,
                None,
            ),
            Answer::Void { transaction_id } => (
                BookOutcome::Voided,
                "Made void".to_owned(),
                transaction_id,
                None,
            ),
        };
        Self {
            reference: entry.reference,
            operation: entry.operation,
            authorization: entry.authorization,
            amount: entry.amount,
            original: entry.original,
            card: entry.card,
            outcome,
            message,
            transaction_id,
            auth_code,
            network_reference,
            avs_result: entry.avs_result,
            cv2_result: entry.cv2_result,
            at: entry.at,
        }
    }
}
