//! The test cards that can be presented to a machine.

use crate::card::CardEntry;
use crate::terminal_session::Verification;

/// What can be done with a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Feature {
    /// Inserted.
    Chip,
    /// Held to the machine.
    Contactless,
    /// Swiped.
    Swipe,
    /// Held to the machine in a phone, which verifies its holder.
    Device,
}

impl Feature {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Chip => "chip",
            Self::Contactless => "contactless",
            Self::Swipe => "swipe",
            Self::Device => "device",
        }
    }
}

/// A card of the wallet. Its number leaves it for the acquirer alone.
#[derive(Clone, Debug)]
pub struct WalletCard {
    /// What it is asked for by.
    pub handle: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// What it does, in a few words.
    pub says: &'static str,
    /// What can be done with it.
    pub features: &'static [Feature],
    /// How its chip verifies its holder.
    pub verification: Verification,
    /// The card.
    pub card: CardEntry,
}

/// Where test cards are.
pub trait Wallet: Send + Sync {
    /// All of them.
    fn cards(&self) -> Vec<WalletCard>;

    /// The card of that handle.
    fn card(&self, handle: &str) -> Option<WalletCard> {
        self.cards().into_iter().find(|card| card.handle == handle)
    }

    /// The card that a scripted machine is presented: one that the issuer
    /// approves or declines, as it is or in a phone.
    fn scripted(&self, declined: bool, contactless: bool) -> Option<WalletCard>;
}
