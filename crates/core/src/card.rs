//! Card data in memory: numbers that print as a mask and are wiped when dropped.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::payment_intent::WalletType;
use crate::time::Timestamp;

/// A full card number. It has no `Display`, does not serialise, and its `Debug`
/// is a mask; [`CardNumber::reveal`] is the one way to the digits.
#[derive(Clone, PartialEq, Eq)]
pub struct CardNumber(Zeroizing<String>);

impl CardNumber {
    /// Reads 12 to 19 digits, with spaces or hyphens between them, that pass
    /// the Luhn check. `None` otherwise.
    pub fn parse(text: &str) -> Option<Self> {
        let mut digits = Zeroizing::new(String::with_capacity(19));
        for c in text.trim().chars() {
            match c {
                '0'..='9' if digits.len() < 19 => digits.push(c),
                ' ' | '-' => {}
                _ => return None,
            }
        }
        (digits.len() >= 12 && luhn(&digits)).then_some(Self(digits))
    }

    /// The digits. For the acquirer's connection and the vault alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether a text holds this number: in any grouping, with whatever stands
    /// between, and in the digits of other scripts.
    pub fn is_in(&self, text: &str) -> bool {
        let mut digits = Zeroizing::new(String::with_capacity(text.len()));
        digits.extend(text.chars().filter_map(digit));
        digits.contains(self.0.as_str())
    }

    /// The form the API shows: `44565300****1096`.
    pub fn masked(&self) -> String {
        let digits = &self.0;
        let keep = if digits.len() >= 16 { 8 } else { 6 };
        format!("{}****{}", &digits[..keep], &digits[digits.len() - 4..])
    }

    /// The last four digits.
    pub fn last4(&self) -> String {
        self.0[self.0.len() - 4..].to_owned()
    }

    /// The scheme, by the number's first digits.
    pub fn scheme(&self) -> Scheme {
        Scheme::of(&self.0)
    }
}

impl std::fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardNumber(****)")
    }
}

/// Whether a text could hold a card number, whatever stands between its digits: it
/// has as many digits as the shortest of them. Such a text is not quoted.
pub fn could_hold_number(text: &str) -> bool {
    text.chars().filter(|c| c.is_numeric()).count() >= 12
}

/// The zeros of the scripts in which card numbers are typed by mistake: Latin,
/// Arabic, Persian, Devanagari, Bengali, Thai, full-width.
const ZEROS: [u32; 7] = [0x30, 0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10];

/// A digit of any of them, as the Latin one.
pub fn digit(c: char) -> Option<char> {
    let values = ZEROS.iter().map(|zero| u32::from(c).wrapping_sub(*zero));
    let value = values.into_iter().find(|value| *value < 10)?;
    char::from_digit(value, 10)
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let d = u32::from(b - b'0');
            match (i % 2, d * 2) {
                (0, _) => d,
                (_, twice) if twice > 9 => twice - 9,
                (_, twice) => twice,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// A card verification value. Never stored; prints as a mask.
#[derive(Clone, PartialEq, Eq)]
pub struct Cv2(Zeroizing<String>);

impl Cv2 {
    /// Reads three digits, or four for American Express.
    pub fn parse(text: &str, scheme: Scheme) -> Option<Self> {
        let text = text.trim();
        let length = if scheme == Scheme::Amex { 4 } else { 3 };
        let digits = text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The digits. For the acquirer's connection alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Cv2 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cv2(***)")
    }
}

/// A card scheme, by its published name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Scheme {
    Visa,
    Mastercard,
    Maestro,
    Discover,
    /// Diners Club.
    Dci,
    /// American Express.
    Amex,
    /// None of those.
    Unknown,
}

impl Scheme {
    /// The scheme of a number that starts with `digits`.
    pub fn of(digits: &str) -> Self {
        let head = |n: usize| {
            digits
                .get(..n)
                .and_then(|h| h.parse::<u32>().ok())
                .unwrap_or(0)
        };
        match (head(1), head(2), head(3), head(4)) {
            (_, 34 | 37, ..) => Self::Amex,
            (_, 36 | 38 | 39, ..) | (_, _, 300..=305, _) => Self::Dci,
            (_, 65, ..) | (_, _, 644..=649, _) | (_, _, _, 6011) => Self::Discover,
            (_, 51..=55, ..) | (_, _, _, 2221..=2720) => Self::Mastercard,
            (_, 50 | 56..=58 | 67, ..) | (_, _, 639, _) => Self::Maestro,
            (_, _, _, 6304 | 6759..=6763) => Self::Maestro,
            (4, ..) => Self::Visa,
            _ => Self::Unknown,
        }
    }

    /// The published name (`VISA`).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Visa => "VISA",
            Self::Mastercard => "MASTERCARD",
            Self::Maestro => "MAESTRO",
            Self::Discover => "DISCOVER",
            Self::Dci => "DCI",
            Self::Amex => "AMEX",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// The name that card holders know (`American Express`).
    pub const fn title(self) -> &'static str {
        match self {
            Self::Visa => "Visa",
            Self::Mastercard => "Mastercard",
            Self::Maestro => "Maestro",
            Self::Discover => "Discover",
            Self::Dci => "Diners Club",
            Self::Amex => "American Express",
            Self::Unknown => "Card",
        }
    }
}

/// The month a card is good through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Expiry {
    /// The year, four digits.
    pub year: i16,
    /// The month, 1 to 12.
    pub month: i8,
}

impl Expiry {
    /// Reads `MM/YY`, with or without spaces, or with a four-digit year.
    pub fn parse(text: &str) -> Option<Self> {
        let (month, year) = text.split_once(['/', '-'])?;
        let (month, year) = (month.trim(), year.trim());
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        if !digits(month) || !digits(year) || month.len() > 2 {
            return None;
        }
        let year = match year.len() {
            2 => 2000 + year.parse::<i16>().ok()?,
            4 => year.parse().ok()?,
            _ => return None,
        };
        let month = month.parse().ok().filter(|m| (1..=12).contains(m))?;
        Some(Self { year, month })
    }

    /// Whether the month is over at `now` (UTC).
    pub fn is_past(self, now: Timestamp) -> bool {
        let today = now.to_zoned(jiff::tz::TimeZone::UTC);
        (self.year, self.month) < (today.year(), today.month())
    }

    /// When the month is over (UTC); `None` of a year that no calendar has.
    pub fn ends_at(self) -> Option<Timestamp> {
        let first = jiff::civil::Date::new(self.year, self.month, 1).ok()?;
        let next = first.last_of_month().tomorrow().ok()?;
        let start = next.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(start.timestamp())
    }

    /// The last day of the month, the form that payment details carry
    /// (`2024-12-31`).
    pub fn last_day(self) -> String {
        match jiff::civil::Date::new(self.year, self.month, 1) {
            Ok(first) => first.last_of_month().to_string(),
            Err(_) => format!("{:04}-{:02}", self.year, self.month),
        }
    }
}

impl std::fmt::Display for Expiry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}/{:02}", self.month, self.year % 100)
    }
}

/// A card as typed by its holder, for one request.
#[derive(Clone, Debug)]
pub struct CardEntry {
    pub number: CardNumber,
    /// The expiry month.
    pub expiry: Expiry,
    /// The verification value; absent for some merchant-initiated payments.
    pub cv2: Option<Cv2>,
    /// The name on the card.
    pub holder: String,
}

/// What may be kept and shown of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardSummary {
    /// The masked number (`44565300****1096`).
    pub masked: String,
    /// The last four digits.
    pub last4: String,
    /// The expiry month.
    pub expiry: Expiry,
    pub scheme: Scheme,
    /// The name on the card.
    pub holder: String,
    /// `Credit`, `Debit`, … as the acquirer says; `Unknown` until then.
    pub funding: String,
    /// The wallet that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wallet: Option<WalletType>,
}

impl CardEntry {
    /// What may be kept of it.
    pub fn summary(&self) -> CardSummary {
        CardSummary {
            masked: self.number.masked(),
            last4: self.number.last4(),
            expiry: self.expiry,
            scheme: self.number.scheme(),
            holder: self.holder.clone(),
            funding: "Unknown".to_owned(),
            wallet: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_checked_masked_and_silent() {
        let card = CardNumber::parse("4456 5300 0000 1096").expect("a test card");
        assert_eq!(card.masked(), "44565300****1096");
        assert_eq!(card.last4(), "1096");
        assert_eq!(card.scheme(), Scheme::Visa);
        assert!(!format!("{card:?}").contains(|c: char| c.is_ascii_digit()));
        assert_eq!(CardNumber::parse("4456 5300 0000 1097"), None);
        assert_eq!(CardNumber::parse("4456x5300 0000 1096"), None);
        assert_eq!(CardNumber::parse("42"), None);
    }

    #[test]
    fn schemes_by_first_digits() {
        for (number, scheme) in [
            ("5200000000001005", Scheme::Mastercard),
            ("2221000000000009", Scheme::Mastercard),
            ("6759410000006404", Scheme::Maestro),
            ("6011000000001002", Scheme::Discover),
            ("378282246310005", Scheme::Amex),
            ("30569309025904", Scheme::Dci),
            ("9999999999999995", Scheme::Unknown),
        ] {
            assert_eq!(Scheme::of(number), scheme, "{number}");
        }
    }

    #[test]
    fn expiry_forms() {
        let december = Expiry {
            year: 2024,
            month: 12,
        };
        for text in ["12/24", "12 / 24", "12/2024", "12-24"] {
            assert_eq!(Expiry::parse(text), Some(december), "{text}");
        }
        for text in ["13/24", "00/24", "1224", "12/4", "+1/24", "12/-4"] {
            assert_eq!(Expiry::parse(text), None, "{text}");
        }
        assert_eq!(december.last_day(), "2024-12-31");
        assert!(!december.is_past("2024-12-31T23:59:59Z".parse().expect("a moment")));
        let january: Timestamp = "2025-01-01T00:00:00Z".parse().expect("a moment");
        assert!(december.is_past(january));
        assert_eq!(december.ends_at(), Some(january));
    }

    #[test]
    fn cv2_has_the_scheme_s_length() {
        assert!(Cv2::parse("123", Scheme::Visa).is_some());
        assert!(Cv2::parse("123", Scheme::Amex).is_none());
        assert!(Cv2::parse("1234", Scheme::Amex).is_some());
        assert!(Cv2::parse("12a", Scheme::Visa).is_none());
    }

    proptest! {
        #[test]
        fn a_mask_never_holds_the_middle(digits in "[0-9]{11,18}") {
            let check = (0..10).map(|d| format!("{digits}{d}")).find(|n| luhn(n)).expect("one fits");
            let card = CardNumber::parse(&check).expect("passes Luhn");
            prop_assert!(card.masked().len() <= 16);
            prop_assert!(!card.masked().contains(&check));
            let shown = format!("{card:?}");
            prop_assert!(!shown.contains(&check[4..]));
        }
    }
}
