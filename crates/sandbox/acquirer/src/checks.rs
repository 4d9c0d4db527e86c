//! The checks of address and verification value, as their published words, and of the
//! limit of cards whose holder nobody verified.

use tatami_core::payment_intent::Address;
use tatami_core::terminal_session::{CONTACTLESS_LIMIT, EntryMode, Verification};
use tatami_engine::ports::acquirer::{Channel, Presented};

use crate::cards::Outcome;

/// Whether nobody verified the holder of a card that was tapped for more than
/// the limit.
pub(crate) fn is_above_limit(channel: &Channel, minor: i64) -> bool {
    let tapped = matches!(
        channel,
        Channel::InPerson(Presented {
            entry: EntryMode::Contactless,
            verification: Verification::None,
            ..
        })
    );
    tapped && minor > CONTACTLESS_LIMIT
}

/// What the issuer says of the billing address; `None` if there is none to
/// check.
pub(crate) fn address(address: Option<&Address>, outcome: Outcome) -> Option<&'static str> {
    let address = address?;
    let given = |part: &Option<String>| part.as_deref().is_some_and(|p| !p.trim().is_empty());
    let (street, postcode) = (given(&address.address1), given(&address.postcode));
    match (street, postcode, outcome) {
        (false, false, _) => None,
        (_, _, Outcome::AddressNotChecked) => Some("NOT_CHECKED"),
        (true, true, Outcome::PostcodeDiffers) => Some("ADDRESS_MATCH_POSTCODE_NOT_MATCH"),
        (false, true, Outcome::PostcodeDiffers) => Some("ADDRESS_NOT_CHECKED_POSTCODE_NOT_MATCH"),
        (true, true, Outcome::AddressMismatch) => Some("ADDRESS_NOT_MATCH_POSTCODE_NOT_MATCH"),
        (true, false, Outcome::AddressMismatch) => Some("ADDRESS_NOT_MATCH_POSTCODE_NOT_CHECKED"),
        (false, true, Outcome::AddressMismatch) => Some("ADDRESS_NOT_CHECKED_POSTCODE_NOT_MATCH"),
        (true, true, _) => Some("ADDRESS_MATCH_POSTCODE_MATCH"),
        (true, false, _) => Some("ADDRESS_MATCH_POSTCODE_NOT_CHECKED"),
        (false, true, _) => Some("ADDRESS_NOT_CHECKED_POSTCODE_MATCH"),
    }
}

/// What the issuer says of the verification value.
pub(crate) fn cv2(sent: bool, outcome: Outcome) -> &'static str {
    match (sent, outcome) {
        (false, _) => "NOT_CHECKED",
        (true, Outcome::Cv2Mismatch) => "NOT_MATCH",
        (true, _) => "MATCH",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address1: &str, postcode: &str) -> Address {
        Address {
            address1: Some(address1.to_owned()),
            postcode: Some(postcode.to_owned()),
            ..Address::default()
        }
    }

    #[test]
    fn addresses() {
        let full = of("1 High Street", "N1 1AA");
        for (outcome, word) in [
            (Outcome::Approved, "ADDRESS_MATCH_POSTCODE_MATCH"),
            (Outcome::PostcodeDiffers, "ADDRESS_MATCH_POSTCODE_NOT_MATCH"),
            (
                Outcome::AddressMismatch,
                "ADDRESS_NOT_MATCH_POSTCODE_NOT_MATCH",
            ),
            (Outcome::AddressNotChecked, "NOT_CHECKED"),
        ] {
            assert_eq!(address(Some(&full), outcome), Some(word));
            assert_eq!(address(None, outcome), None);
            // Shops send empty parts for an address nobody typed.
            assert_eq!(address(Some(&of("", " ")), outcome), None);
        }
        assert_eq!(
            address(Some(&of("", "N1 1AA")), Outcome::Approved),
            Some("ADDRESS_NOT_CHECKED_POSTCODE_MATCH")
        );
    }

    #[test]
    fn verification_values() {
        assert_eq!(cv2(true, Outcome::Approved), "MATCH");
        assert_eq!(cv2(true, Outcome::Cv2Mismatch), "NOT_MATCH");
        assert_eq!(cv2(false, Outcome::Cv2Mismatch), "NOT_CHECKED");
    }
}
