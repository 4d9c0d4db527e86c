//! The test cards that can be presented to a machine.

use tatami_core::card::{CardEntry, CardNumber, Expiry};
use tatami_core::terminal_session::Verification;

/// What can be done with a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Feature {
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
    pub(crate) const fn word(self) -> &'static str {
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
pub(crate) struct WalletCard {
    /// What it is asked for by.
    pub(crate) handle: &'static str,
    /// What people call it.
    pub(crate) name: &'static str,
    /// What it does, in a few words.
    pub(crate) says: &'static str,
    /// What can be done with it.
    pub(crate) features: &'static [Feature],
    /// How its chip verifies its holder.
    pub(crate) verification: Verification,
    /// The card.
    pub(crate) card: CardEntry,
}

/// A good many years after any clock can be moved to.
const EXPIRY: Expiry = Expiry {
    year: 2079,
    month: 12,
};
const ALL: &[Feature] = &[
    Feature::Chip,
    Feature::Contactless,
    Feature::Swipe,
    Feature::Device,
];
const PLASTIC: &[Feature] = &[Feature::Chip, Feature::Contactless, Feature::Swipe];
const OLD: &[Feature] = &[Feature::Chip, Feature::Swipe];
const PIN: Verification = Verification::Pin;

/// A row of the wallet: handle, name, what it does, number, what can be done
/// with it, and how its chip verifies its holder.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [Feature],
    Verification,
);

const ROWS: [Row; 10] = [
    (
        "visa-debit",
        "Visa debit",
        "Approved",
        "4456530000001005",
        ALL,
        PIN,
    ),
    (
        "mastercard",
        "Mastercard credit",
        "Approved",
        "5200000000001005",
        ALL,
        PIN,
    ),
    (
        "amex",
        "American Express",
        "Approved",
        "378282246310005",
        PLASTIC,
        PIN,
    ),
    (
        "visa-signature",
        "Visa credit with signature",
        "Approved, once the signature is accepted",
        "4111111111111111",
        OLD,
        Verification::Signature,
    ),
    (
        "declined",
        "Visa debit",
        "Declined",
        "4456530000001013",
        ALL,
        PIN,
    ),
    (
        "no-funds",
        "Mastercard debit without money",
        "Declined: insufficient funds",
        "5200000000002003",
        ALL,
        PIN,
    ),
    (
        "refund-declined",
        "Visa debit, refunds declined",
        "Approved; refunds through the API are declined",
        "4456530000002193",
        ALL,
        PIN,
    ),
    (
        "slow",
        "Visa debit, slow",
        "Approved after five seconds",
        "4456530000002151",
        ALL,
        PIN,
    ),
    (
        "answer-lost",
        "Visa debit, answer lost",
        "Approved, but no answer is heard",
        "4456530000002169",
        ALL,
        PIN,
    ),
    (
        "request-lost",
        "Visa debit, request lost",
        "Nothing is done, and no answer is heard",
        "4456530000002177",
        ALL,
        PIN,
    ),
];

pub(crate) fn cards() -> Vec<WalletCard> {
    ROWS.iter().filter_map(of_row).collect()
}

pub(crate) fn card(handle: &str) -> Option<WalletCard> {
    ROWS.iter().find(|row| row.0 == handle).and_then(of_row)
}

/// The card that a scripted machine is presented: one that the issuer approves or
/// declines, as it is or in a phone.
pub(crate) fn scripted(declined: bool, contactless: bool) -> Option<WalletCard> {
    card(match (declined, contactless) {
        (true, _) => "declined",
        (false, false) => "visa-debit",
        (false, true) => "mastercard",
    })
}

fn of_row(row: &Row) -> Option<WalletCard> {
    let (handle, name, says, number, features, verification) = *row;
    let card = CardEntry {
        number: CardNumber::parse(number)?,
        expiry: EXPIRY,
        cv2: None,
        holder: "Test Card".to_owned(),
    };
    Some(WalletCard {
        handle,
        name,
        says,
        features,
        verification,
        card,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tatami_acquirer::TEST_CARDS;

    #[test]
    fn every_card_of_the_wallet_is_one() {
        assert_eq!(cards().len(), ROWS.len());
        for wallet_card in cards() {
            let found = card(wallet_card.handle).expect("it is there");
            assert_eq!(found.name, wallet_card.name);
            assert!(!wallet_card.features.is_empty() && !wallet_card.says.ends_with('.'));
        }
        for (is_declined, contactless) in [(false, false), (false, true), (true, false)] {
            let scripted = scripted(is_declined, contactless).expect("one");
            let number = scripted.card.number.reveal();
            let listed = TEST_CARDS.iter().find(|card| card.number == number);
            let outcome = listed.expect("a test card").outcome;
            assert_eq!(outcome.decline().is_some(), is_declined);
        }
    }
}
