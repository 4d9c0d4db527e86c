//! Card details as typed into a form, and their validation.

use zeroize::Zeroizing;

use crate::card::{CardEntry, CardNumber, Cv2, Expiry, Scheme};
use crate::time::Timestamp;

/// The longest name on a card.
const MAX_NAME_CHARS: usize = 100;
/// A name with as many digits could be a card number in the wrong field, and
/// names are kept.
const TOO_MANY_DIGITS: usize = 6;

/// What is wrong with a field of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardFault {
    NameRequired,
    NameInvalid,
    NumberRequired,
    NumberInvalid,
    ExpiryRequired,
    ExpiryInvalid,
    ExpiryPast,
    Cv2Required,
    Cv2Invalid,
}

impl CardFault {
    /// The key of the sentence about it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::NameRequired => "card-name-required",
            Self::NameInvalid => "card-name-invalid",
            Self::NumberRequired => "card-number-required",
            Self::NumberInvalid => "card-number-invalid",
            Self::ExpiryRequired => "expiry-required",
            Self::ExpiryInvalid => "expiry-invalid",
            Self::ExpiryPast => "expiry-past",
            Self::Cv2Required => "cv2-required",
            Self::Cv2Invalid => "cv2-invalid",
        }
    }
}

/// The four fields of a card, as text. Wiped when dropped.
#[derive(Default)]
pub struct TypedCard {
    /// The number.
    pub number: Zeroizing<String>,
    /// The expiry month.
    pub expiry: Zeroizing<String>,
    /// The verification value.
    pub cv2: Zeroizing<String>,
    /// The name on the card.
    pub name: String,
}

impl TypedCard {
    /// Reads the card. `now` is the account's time: cards of past months are
    /// refused.
    ///
    /// # Errors
    /// Every field that is missing or wrong, in the order of the form.
    pub fn read(&self, now: Timestamp) -> Result<CardEntry, Vec<CardFault>> {
        let number = self.number();
        let scheme = scheme_of(&self.number);
        let (name, expiry, cv2) = (self.name(), self.expiry(now), self.cv2(scheme));
        match (number, name, expiry, cv2) {
            (Ok(number), Ok(holder), Ok(expiry), Ok(cv2)) => Ok(CardEntry {
                number,
                expiry,
                cv2: Some(cv2),
                holder,
            }),
            (number, name, expiry, cv2) => {
                let wrong = [name.err(), number.err(), expiry.err(), cv2.err()];
                Err(wrong.into_iter().flatten().collect())
            }
        }
    }

    /// Reads the verification value of a card of that scheme whose number is
    /// known already.
    ///
    /// # Errors
    /// If it is missing or wrong.
    pub fn read_cv2(&self, scheme: Scheme) -> Result<Cv2, Vec<CardFault>> {
        self.cv2(scheme).map_err(|wrong| vec![wrong])
    }

    fn number(&self) -> Result<CardNumber, CardFault> {
        if self.number.trim().is_empty() {
            return Err(CardFault::NumberRequired);
        }
        CardNumber::parse(&self.number).ok_or(CardFault::NumberInvalid)
    }

    fn name(&self) -> Result<String, CardFault> {
        let name = self.name.trim();
        let digits = name.chars().filter(|c| c.is_numeric()).count();
        if name.is_empty() {
            return Err(CardFault::NameRequired);
        }
        let plausible = name.chars().count() <= MAX_NAME_CHARS
            && name.chars().any(char::is_alphabetic)
            && !name.chars().any(|c| c.is_control() || "<>".contains(c))
            && digits < TOO_MANY_DIGITS;
        plausible
            .then(|| name.to_owned())
            .ok_or(CardFault::NameInvalid)
    }

    fn expiry(&self, now: Timestamp) -> Result<Expiry, CardFault> {
        if self.expiry.trim().is_empty() {
            return Err(CardFault::ExpiryRequired);
        }
        match Expiry::parse(&self.expiry) {
            None => Err(CardFault::ExpiryInvalid),
            Some(expiry) if expiry.is_past(now) => Err(CardFault::ExpiryPast),
            Some(expiry) => Ok(expiry),
        }
    }

    fn cv2(&self, scheme: Scheme) -> Result<Cv2, CardFault> {
        if self.cv2.trim().is_empty() {
            return Err(CardFault::Cv2Required);
        }
        Cv2::parse(&self.cv2, scheme).ok_or(CardFault::Cv2Invalid)
    }
}

/// The scheme by the first digits, even of a number that is not right.
fn scheme_of(number: &str) -> Scheme {
    let digits: Zeroizing<String> =
        Zeroizing::new(number.chars().filter(char::is_ascii_digit).collect());
    Scheme::of(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(number: &str, expiry: &str, cv2: &str, name: &str) -> TypedCard {
        TypedCard {
            number: Zeroizing::new(number.to_owned()),
            expiry: Zeroizing::new(expiry.to_owned()),
            cv2: Zeroizing::new(cv2.to_owned()),
            name: name.to_owned(),
        }
    }

    fn now() -> Timestamp {
        "2026-03-31T12:00:00Z".parse().expect("a moment")
    }

    #[test]
    fn a_good_card_is_read() {
        let typed = card("4456 5300 0000 1005", "03 / 26", "020", " Ada Lovelace ");
        let entry = typed.read(now()).expect("a good card");
        assert_eq!(entry.number.masked(), "44565300****1005");
        assert_eq!(entry.holder, "Ada Lovelace");
        assert_eq!(entry.expiry.to_string(), "03/26");
    }

    #[test]
    fn every_fault_is_told() {
        use CardFault::*;
        for (typed, kinds) in [
            (
                card("", " ", "", ""),
                vec![NameRequired, NumberRequired, ExpiryRequired, Cv2Required],
            ),
            (
                card("4456530000001006", "13 / 30", "12", "123"),
                vec![NameInvalid, NumberInvalid, ExpiryInvalid, Cv2Invalid],
            ),
            (
                card("4456530000001005", "02 / 26", "123", "A"),
                vec![ExpiryPast],
            ),
            (
                card("378282246310005", "12 / 30", "123", "A"),
                vec![Cv2Invalid],
            ),
            (
                card("4456530000001005", "12/30", "1234", "A"),
                vec![Cv2Invalid],
            ),
            (
                card("4456530000001005", "12/30", "123", "4456530000001005"),
                vec![NameInvalid],
            ),
            (
                card("4456530000001005", "12/30", "123", "A\u{7}B"),
                vec![NameInvalid],
            ),
        ] {
            assert_eq!(typed.read(now()).expect_err("refused"), kinds);
        }
    }
}
