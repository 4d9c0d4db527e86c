//! The card of a form, and the message that a decline shows to the user.

use tatami_core::card::CardEntry;
use tatami_core::payment_intent::DeclineReason;
use tatami_core::time::Timestamp;
use tatami_core::typed_card::{CardFault, TypedCard};
use tatami_locale::Language;
use zeroize::Zeroizing;

use crate::fields::Fields;
use crate::forms::Wrong;

/// The fields that nothing is kept of.
const FIELDS: [&str; 4] = ["card-number", "card-expiry", "card-code", "card-name"];

/// Reads the card.
///
/// # Errors
/// With what is wrong, at its field.
pub(super) fn read(fields: &Fields, now: Timestamp) -> Result<CardEntry, Wrong> {
    let text = |name: &str| Zeroizing::new(fields.get(name).to_owned());
    let [number, expiry, code, name] = FIELDS;
    let card = TypedCard {
        number: text(number),
        expiry: text(expiry),
        cv2: text(code),
        name: fields.get(name).to_owned(),
    };
    card.read(now).map_err(|faults| {
        let mut wrong = Wrong::default();
        for fault in faults {
            wrong.add(field(fault), Language::english().get(fault.key()));
        }
        wrong
    })
}

const fn field(fault: CardFault) -> &'static str {
    let [number, expiry, code, name] = FIELDS;
    match fault {
        CardFault::NumberRequired | CardFault::NumberInvalid => number,
        CardFault::ExpiryRequired | CardFault::ExpiryInvalid | CardFault::ExpiryPast => expiry,
        CardFault::Cv2Required | CardFault::Cv2Invalid => code,
        CardFault::NameRequired | CardFault::NameInvalid => name,
    }
}

/// A digest of the order without the card. With the card, a reader of the digest could
/// find its number by trying all numbers.
pub(super) fn digest(fields: &Fields) -> String {
    fields.digest_without(&FIELDS)
}

/// The word for a decline in an address.
pub(super) const fn word(reason: DeclineReason) -> &'static str {
    match reason {
        DeclineReason::DoNotHonour | DeclineReason::LostOrStolen => "bank",
        DeclineReason::InsufficientFunds => "funds",
        DeclineReason::ExpiredCard => "expired",
        DeclineReason::Referred => "referred",
        DeclineReason::Cv2Mismatch => "code",
        DeclineReason::AddressMismatch => "address",
        DeclineReason::IssuerUnavailable => "unreachable",
        DeclineReason::InvalidCard => "unknown-card",
        DeclineReason::Duplicate => "duplicate",
        DeclineReason::Failed => "failed",
        DeclineReason::NotAuthenticated | DeclineReason::ChallengeLeft => CHALLENGED,
    }
}

/// The word for a bank that wants to hear from its customer first.
pub(super) const CHALLENGED: &str = "not-confirmed";
/// The word for a payment that was not made at all.
pub(super) const NOT_MADE: &str = "not-made";

/// The message of a decline, by its word.
pub(super) fn decline_text(word: &str) -> Option<&'static str> {
    Some(match word {
        "bank" => "Declined: the bank did not approve the payment. Ask for another card.",
        "funds" => "Declined: there is not enough money on this card. Ask for another card.",
        "expired" => "Declined: this card has expired. Ask for another card.",
        "referred" => {
            "Declined: the bank wants to speak to your customer first. Ask for another card."
        }
        "code" => "Declined: the security code does not match the card. Ask for it again.",
        "address" => "Declined: the billing address does not match the card. Ask for it again.",
        "unreachable" => "The bank cannot be reached at the moment. Try again in a moment.",
        "unknown-card" => "Declined: this card number is not known. Ask for it again.",
        "duplicate" => "Declined: this payment seems to be a duplicate. Check your payments first.",
        "failed" => "The payment failed. Nothing was taken. Try again in a moment.",
        CHALLENGED => {
            "Declined: the bank wants your customer to confirm the payment. Send a payment link instead."
        }
        NOT_MADE => "The payment was not made. Nothing was taken from the card. Try again.",
        _ => return None,
    })
}
