//! Faults: what the acquirer does with the next payment of a scope, whatever its card.

use serde::{Deserialize, Serialize};

use crate::cards::Outcome;

/// A fault that can be set for the next payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fault {
    DoNotHonour,
    InsufficientFunds,
    LostOrStolen,
    IssuerUnavailable,
    Failed,
    Slow,
    AnswerLost,
    RequestLost,
}

impl Fault {
    pub const ALL: [Self; 8] = [
        Self::DoNotHonour,
        Self::InsufficientFunds,
        Self::LostOrStolen,
        Self::IssuerUnavailable,
        Self::Failed,
        Self::Slow,
        Self::AnswerLost,
        Self::RequestLost,
    ];

    /// The word for it in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::DoNotHonour => "doNotHonour",
            Self::InsufficientFunds => "insufficientFunds",
            Self::LostOrStolen => "lostOrStolen",
            Self::IssuerUnavailable => "issuerUnavailable",
            Self::Failed => "failed",
            Self::Slow => "slow",
            Self::AnswerLost => "answerLost",
            Self::RequestLost => "requestLost",
        }
    }

    /// Reads [`Fault::word`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.word() == word)
    }

    /// What happens, in a few words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::DoNotHonour => "Declined",
            Self::InsufficientFunds => "Declined: not enough money",
            Self::LostOrStolen => "Declined: lost or stolen card",
            Self::IssuerUnavailable => "Declined: the issuer cannot be reached",
            Self::Failed => "The acquirer fails",
            Self::Slow => "A slow answer",
            Self::AnswerLost => "The answer is lost",
            Self::RequestLost => "The request is lost",
        }
    }

    /// What an integrator will see, in a sentence.
    pub const fn about(self) -> &'static str {
        match self {
            Self::DoNotHonour => "The issuer gives no reason.",
            Self::InsufficientFunds => "The payer can try another card.",
            Self::LostOrStolen => "The issuer has the card on its list.",
            Self::IssuerUnavailable => "The same card may work a moment later.",
            Self::Failed => "The payment is declined with a technical reason.",
            Self::Slow => "The payment is approved, five seconds of the account's time later.",
            Self::AnswerLost => {
                "The acquirer approves, and its answer is lost. When asked for the outcome, it reports the approval."
            }
            Self::RequestLost => {
                "The acquirer never receives the payment. When asked for the outcome, it voids the payment: no card is charged."
            }
        }
    }

    pub(crate) const fn outcome(self) -> Outcome {
        match self {
            Self::DoNotHonour => Outcome::DoNotHonour,
            Self::InsufficientFunds => Outcome::InsufficientFunds,
            Self::LostOrStolen => Outcome::LostOrStolen,
            Self::IssuerUnavailable => Outcome::IssuerUnavailable,
            Self::Failed => Outcome::Failed,
            Self::Slow => Outcome::Slow,
            Self::AnswerLost => Outcome::AnswerLost,
            Self::RequestLost => Outcome::RequestLost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_as_it_is_written() {
        for fault in Fault::ALL {
            assert_eq!(Fault::from_word(fault.word()), Some(fault));
            let json = serde_json::to_value(fault).expect("JSON");
            assert_eq!(json, fault.word());
            assert!(fault.about().ends_with('.'), "{fault:?}");
        }
        assert_eq!(Fault::from_word("approved"), None);
    }
}
