//! Why a command was not carried out. Transport knows how to say it; this only
//! says what it is.

use crate::id::MalformedId;
use crate::payment_intent::in_words;
use crate::time::SignedDuration;

/// One field and the rule it broke. The field is a contract path in
/// `PascalCase` (`Amount.Value`), the sentence ends with a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub field: String,
    /// The rule, as a sentence.
    pub rule: String,
}

impl Violation {
    /// A violation of `rule` by `field`.
    pub fn new(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            rule: rule.into(),
        }
    }
}

/// A refusal. The order of the variants is the order in which rules are
/// checked: shape, existence, state, permission, amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Fields break rules; each is named.
    #[error("one or more fields are invalid")]
    Invalid(Vec<Violation>),
    /// An id that cannot be one.
    #[error(transparent)]
    MalformedId(#[from] MalformedId),
    /// Nothing of that id in this scope.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The state does not allow it; the sentence names the state. Each operation
    /// has its own status for it.
    #[error("{0}")]
    Conflict(String),
    /// The card machine is offline or switched off (404 in the contract).
    #[error("{0}")]
    TerminalUnavailable(String),
    /// The card machine is at work.
    #[error("{0}")]
    TerminalBusy(String),
    /// The resource was not made for this operation (405 in the contract).
    #[error("{0}")]
    NotAllowed(String),
    /// It is too late for this: what it would have changed has happened (422 in
    /// the contract).
    #[error("{0}")]
    TooLate(String),
    /// The amount breaks a rule about money already moved.
    #[error("{0}")]
    Amount(String),
    /// The acquirer declined the operation; nothing changed.
    #[error("{0}")]
    Declined(String),
    /// Too many cards were declined; there may be another after that time.
    #[error("too many cards were declined. Try again in {}", in_words(*.0))]
    TooManyTries(SignedDuration),
    /// The outcome of a call to the acquirer is not known yet.
    #[error("{0}")]
    Pending(String),
}

impl Refusal {
    /// One violated field.
    pub fn invalid(field: &str, rule: &str) -> Self {
        Self::Invalid(vec![Violation::new(field, rule)])
    }
}
