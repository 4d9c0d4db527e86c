//! How fast a machine plays.

use serde::{Deserialize, Serialize};

use crate::time::SignedDuration;

/// How fast a machine goes on by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Pace {
    /// So that people can read its screens.
    #[default]
    Readable,
    /// At once.
    Immediate,
}

impl Pace {
    /// From the request to the machine's confirmation.
    pub const CONFIRM: SignedDuration = SignedDuration::from_millis(200);
    /// Until the first screen.
    pub const START: SignedDuration = SignedDuration::from_secs(1);
    /// Until somebody adds a tip.
    pub const TIP: SignedDuration = SignedDuration::from_secs(2);
    /// Until a card is presented, or somebody presses the X.
    pub const PRESENT: SignedDuration = SignedDuration::from_secs(4);
    /// Until the PIN is typed.
    pub const PIN: SignedDuration = SignedDuration::from_millis(1_100);
    /// Until the acquirer answers.
    pub const ANSWER: SignedDuration = SignedDuration::from_secs(1);
    /// The same where somebody may want to take the battery out meanwhile.
    pub const ANSWER_BY_HAND: SignedDuration = SignedDuration::from_secs(5);
    /// From an accepted signature to the end.
    pub const FINISH: SignedDuration = SignedDuration::from_secs(1);
    /// From a request to cancel to its confirmation.
    pub const CANCEL: SignedDuration = SignedDuration::from_millis(500);
    /// From the word that the card is to be taken to the end of the session.
    pub const TAKE: SignedDuration = SignedDuration::from_secs(1);
    /// Until the card is taken.
    pub const REMOVE: SignedDuration = SignedDuration::from_secs(2);
    /// How long the result stays on the screen.
    pub const IDLE: SignedDuration = SignedDuration::from_secs(5);

    /// That time at this pace.
    pub const fn of(self, length: SignedDuration) -> SignedDuration {
        match self {
            Self::Readable => length,
            Self::Immediate => SignedDuration::ZERO,
        }
    }
}
