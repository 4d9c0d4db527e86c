//! How fast a machine plays.

use serde::{Deserialize, Serialize};

use tatami_core::time::SignedDuration;

/// How fast a machine goes on by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Pace {
    /// So that people can read its screens.
    #[default]
    Readable,
    /// At once.
    Immediate,
}

impl Pace {
    /// From the request to the machine's confirmation.
    pub(crate) const CONFIRM: SignedDuration = SignedDuration::from_millis(200);
    /// Until the first screen.
    pub(crate) const START: SignedDuration = SignedDuration::from_secs(1);
    /// Until somebody adds a tip.
    pub(crate) const TIP: SignedDuration = SignedDuration::from_secs(2);
    /// Until a card is presented, or somebody presses the X.
    pub(crate) const PRESENT: SignedDuration = SignedDuration::from_secs(4);
    /// Until the PIN is typed.
    pub(crate) const PIN: SignedDuration = SignedDuration::from_millis(1_100);
    /// Until the acquirer answers.
    pub(crate) const ANSWER: SignedDuration = SignedDuration::from_secs(1);
    /// The same where somebody may want to take the battery out meanwhile.
    pub(crate) const ANSWER_BY_HAND: SignedDuration = SignedDuration::from_secs(5);
    /// From a request to cancel to its confirmation.
    pub(crate) const CANCEL: SignedDuration = SignedDuration::from_millis(500);
    /// Until the card is taken, or the receipts are printed, and the session ends: twice as
    /// long as a till waits between two questions, so that one of them falls within it.
    pub(crate) const CLOSE: SignedDuration = SignedDuration::from_secs(2);
    /// Until the card is taken.
    pub(crate) const REMOVE: SignedDuration = SignedDuration::from_secs(2);
    /// How long the result stays on the screen.
    pub(crate) const IDLE: SignedDuration = SignedDuration::from_secs(5);

    /// That time at this pace.
    pub(crate) const fn of(self, length: SignedDuration) -> SignedDuration {
        match self {
            Self::Readable => length,
            Self::Immediate => SignedDuration::ZERO,
        }
    }
}
