//! Cards kept for later. What is here can be stored and shown; the number is
//! sealed, and only the vault turns it back into one.

use serde::{Deserialize, Serialize};

use crate::account::Scope;
use crate::card::CardSummary;
use crate::id::SavedCardId;
use crate::time::{SignedDuration, Timestamp};

/// How long a card may wait for the payment that is to save it. A payer who
/// takes longer at the issuer's page pays, but the card is not kept.
pub const PENDING_LIFE: SignedDuration = SignedDuration::from_hours(1);

/// A card number as the vault keeps it: encrypted with a data key of its own,
/// which is wrapped by one of the vault's keys. It opens under its card's id
/// alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedCard {
    /// The id of the vault's key that wraps the data key.
    pub key: String,
    /// The wrapped data key, base64url.
    pub wrapped: String,
    /// The encrypted number, base64url.
    pub number: String,
}

impl std::fmt::Debug for SealedCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedCard({}, ****)", self.key)
    }
}

/// What a payment has to do with the vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Keeping {
    /// Its card is kept, under that id, once it is approved.
    Keep(SavedCardId),
    /// It is paid with that card of the vault.
    Kept(SavedCardId),
}

impl Keeping {
    /// The card's id.
    pub fn id(&self) -> &SavedCardId {
        match self {
            Self::Keep(id) | Self::Kept(id) => id,
        }
    }
}

/// Whether a card is kept yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SavedCardState {
    /// The payment, or the verification, that is to save it is under way.
    Pending,
    /// It is kept.
    Saved,
}

impl SavedCardState {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Pending, Self::Saved];

    /// The word for it in storage.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Saved => "saved",
        }
    }
}

/// A card in the vault.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedCard {
    /// Its id; what clients call a payment method.
    pub id: SavedCardId,
    /// Whose data it is.
    pub scope: Scope,
    /// The customer, or the setup intent, that it belongs to.
    pub owner: String,
    /// Whether it is kept yet.
    pub state: SavedCardState,
    /// What may be shown.
    pub card: CardSummary,
    /// The number.
    pub sealed: SealedCard,
    /// What finds the same number twice.
    pub fingerprint: String,
    /// Whether its holder picked it to be offered first.
    #[serde(default)]
    pub preferred: bool,
    /// When its holder agreed that the merchant may charge it.
    pub merchant_initiated_consent: Option<Timestamp>,
    /// The scheme's reference of the first payment, for later ones that the
    /// merchant initiates.
    pub network_reference: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl SavedCard {
    /// When a card that is not kept yet is given up.
    pub fn gives_up_at(&self) -> Option<Timestamp> {
        (self.state == SavedCardState::Pending).then(|| self.created_at + PENDING_LIFE)
    }
}
