//! What machines do by themselves: the last four characters of the number
//! printed on them.

use serde::{Deserialize, Serialize};

use tatami_core::terminal_session::Verification;

/// How a scripted payment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Ending {
    /// It is approved.
    Success,
    /// The issuer declines it; with a signature, whoever compares it should.
    Declined,
    /// The line breaks: the session expires and the result is not known.
    TimedOut,
    /// Somebody presses the X.
    Cancelled,
    /// The machine cannot go on.
    Unsuccessful,
}

/// How a scripted card is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Reading {
    /// By its chip.
    Inserted,
    /// Held to the machine.
    Contactless,
}

/// What a machine does with a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Script {
    /// How it ends.
    pub(crate) outcome: Ending,
    /// How the card is read.
    pub(crate) entry: Reading,
    /// How the holder is verified.
    pub(crate) verification: Verification,
    /// Whether a tip of 10 % is added.
    pub(crate) tip: bool,
}

impl Script {
    /// The script of a machine of that number, if it has one.
    pub(crate) fn of_tid(tid: &str) -> Option<Self> {
        let mut last = tid.chars().rev();
        let (tip, verification, entry, outcome) =
            (last.next()?, last.next()?, last.next()?, last.next()?);
        Some(Self {
            outcome: match outcome {
                'S' => Ending::Success,
                'D' => Ending::Declined,
                'T' => Ending::TimedOut,
                'C' => Ending::Cancelled,
                'U' => Ending::Unsuccessful,
                _ => return None,
            },
            entry: match entry {
                'I' => Reading::Inserted,
                'C' => Reading::Contactless,
                _ => return None,
            },
            verification: match verification {
                'P' => Verification::Pin,
                'S' => Verification::Signature,
                'D' => Verification::Device,
                'N' => Verification::None,
                _ => return None,
            },
            tip: match tip {
                '0' => false,
                '1' => true,
                _ => return None,
            },
        })
    }

    /// The script in words, for people: `Declined, card inserted, PIN`.
    pub(crate) fn description(&self) -> String {
        let mut words = vec![
            match self.outcome {
                Ending::Success => "Success",
                Ending::Declined => "Declined",
                Ending::TimedOut => "Timed out",
                Ending::Cancelled => "Cancelled at the machine",
                Ending::Unsuccessful => "Unsuccessful",
            },
            match self.entry {
                Reading::Inserted => "card inserted",
                Reading::Contactless => "contactless",
            },
            match self.verification {
                Verification::Pin => "PIN",
                Verification::Signature => "signature",
                Verification::Device => "verified on the payer's device",
                Verification::None => "no verification",
            },
        ];
        if self.tip {
            words.push("with a tip of 10%");
        }
        words.join(", ")
    }

    /// Whether the issuer declines. With a signature it does not: the slip is
    /// to be compared and its signature rejected, which declines the payment.
    pub(crate) const fn is_declined(&self) -> bool {
        matches!(self.outcome, Ending::Declined)
            && !matches!(self.verification, Verification::Signature)
    }
}
