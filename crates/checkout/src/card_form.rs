//! The card as typed: read, or refused with the error kinds that components
//! and their callers know.

use std::borrow::Cow;

use serde::Serialize;
use tatami_core::card::{CardEntry, CardNumber, Cv2, Expiry, Scheme};
use tatami_core::problem::Violation;
use tatami_core::time::Timestamp;
use tatami_locale::Language;
use zeroize::Zeroizing;

/// The longest name on a card.
const MAX_NAME_CHARS: usize = 100;
/// A name with as many digits could be a card number in the wrong field, and
/// names are kept.
const TOO_MANY_DIGITS: usize = 6;

/// What is wrong with a field. The wire names are the documented ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ErrorKind {
    CardNameRequired,
    CardNameInvalid,
    CardNumberRequired,
    CardNumberInvalid,
    ExpiryDateRequired,
    ExpiryDateInvalid,
    ExpiryDateMustBeInFuture,
    Cv2Required,
    Cv2Invalid,
    UserEmailAddressInvalid,
    UserPhoneNumberInvalid,
    BillingAddressInvalid,
    BillingAddressIncomplete,
    ShippingAddressInvalid,
    ShippingAddressIncomplete,
    MetaDataInvalid,
    MitConsentRequired,
}

impl ErrorKind {
    /// The sentence for the payer, by its key. The page shows the same ones.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::CardNameRequired => "card-name-required",
            Self::CardNameInvalid => "card-name-invalid",
            Self::CardNumberRequired => "card-number-required",
            Self::CardNumberInvalid => "card-number-invalid",
            Self::ExpiryDateRequired => "expiry-required",
            Self::ExpiryDateInvalid => "expiry-invalid",
            Self::ExpiryDateMustBeInFuture => "expiry-past",
            Self::Cv2Required => "cv2-required",
            Self::Cv2Invalid => "cv2-invalid",
            Self::UserEmailAddressInvalid => "email-invalid",
            Self::UserPhoneNumberInvalid => "phone-invalid",
            Self::BillingAddressInvalid => "billing-country-invalid",
            Self::BillingAddressIncomplete => "billing-incomplete",
            Self::ShippingAddressIncomplete => "delivery-incomplete",
            Self::ShippingAddressInvalid => "delivery-country-invalid",
            Self::MetaDataInvalid => "metadata-invalid",
            Self::MitConsentRequired => "consent-required",
        }
    }
}

/// A validation error as it goes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldError {
    /// Its kind.
    pub error_type: ErrorKind,
    /// Its sentence.
    pub message: Cow<'static, str>,
    /// The field, where a kind stands for several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl From<ErrorKind> for FieldError {
    fn from(error_type: ErrorKind) -> Self {
        Self {
            error_type,
            message: Cow::Borrowed(Language::english().get(error_type.key())),
            field: None,
        }
    }
}

impl FieldError {
    /// The same in another language. What a rule says of one field stays as it is:
    /// pages have their own words for it.
    pub(crate) fn told_in(mut self, language: &'static Language) -> Self {
        if self.field.is_none() {
            self.message = Cow::Borrowed(language.get(self.error_type.key()));
        }
        self
    }

    /// A rule that a submission's field breaks, if it is about one.
    pub fn of(broken: &Violation) -> Option<Self> {
        let error_type = match broken.field.split('.').next()? {
            "UserEmailAddress" => ErrorKind::UserEmailAddressInvalid,
            "UserPhoneNumber" => ErrorKind::UserPhoneNumberInvalid,
            "BillingAddress" => ErrorKind::BillingAddressInvalid,
            "ShippingDetails" => ErrorKind::ShippingAddressInvalid,
            "MetaData" => ErrorKind::MetaDataInvalid,
            _ => return None,
        };
        Some(Self {
            error_type,
            message: Cow::Owned(broken.rule.clone()),
            field: Some(camel(&broken.field)),
        })
    }
}

/// `BillingAddress.Address1` as the submission writes it.
fn camel(field: &str) -> String {
    let part = |part: &str| {
        let (first, rest) = part.split_at(part.len().min(1));
        first.to_ascii_lowercase() + rest
    };
    field.split('.').map(part).collect::<Vec<_>>().join(".")
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
    pub fn read(&self, now: Timestamp) -> Result<CardEntry, Vec<ErrorKind>> {
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
    pub fn read_cv2(&self, scheme: Scheme) -> Result<Cv2, Vec<ErrorKind>> {
        self.cv2(scheme).map_err(|wrong| vec![wrong])
    }

    fn number(&self) -> Result<CardNumber, ErrorKind> {
        if self.number.trim().is_empty() {
            return Err(ErrorKind::CardNumberRequired);
        }
        CardNumber::parse(&self.number).ok_or(ErrorKind::CardNumberInvalid)
    }

    fn name(&self) -> Result<String, ErrorKind> {
        let name = self.name.trim();
        let digits = name.chars().filter(|c| c.is_numeric()).count();
        if name.is_empty() {
            return Err(ErrorKind::CardNameRequired);
        }
        let plausible = name.chars().count() <= MAX_NAME_CHARS
            && name.chars().any(char::is_alphabetic)
            && !name.chars().any(|c| c.is_control() || "<>".contains(c))
            && digits < TOO_MANY_DIGITS;
        plausible
            .then(|| name.to_owned())
            .ok_or(ErrorKind::CardNameInvalid)
    }

    fn expiry(&self, now: Timestamp) -> Result<Expiry, ErrorKind> {
        if self.expiry.trim().is_empty() {
            return Err(ErrorKind::ExpiryDateRequired);
        }
        match Expiry::parse(&self.expiry) {
            None => Err(ErrorKind::ExpiryDateInvalid),
            Some(expiry) if expiry.is_past(now) => Err(ErrorKind::ExpiryDateMustBeInFuture),
            Some(expiry) => Ok(expiry),
        }
    }

    fn cv2(&self, scheme: Scheme) -> Result<Cv2, ErrorKind> {
        if self.cv2.trim().is_empty() {
            return Err(ErrorKind::Cv2Required);
        }
        Cv2::parse(&self.cv2, scheme).ok_or(ErrorKind::Cv2Invalid)
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
    fn every_documented_kind_is_told() {
        use ErrorKind::*;
        for (typed, kinds) in [
            (
                card("", " ", "", ""),
                vec![
                    CardNameRequired,
                    CardNumberRequired,
                    ExpiryDateRequired,
                    Cv2Required,
                ],
            ),
            (
                card("4456530000001006", "13 / 30", "12", "123"),
                vec![
                    CardNameInvalid,
                    CardNumberInvalid,
                    ExpiryDateInvalid,
                    Cv2Invalid,
                ],
            ),
            (
                card("4456530000001005", "02 / 26", "123", "A"),
                vec![ExpiryDateMustBeInFuture],
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
                vec![CardNameInvalid],
            ),
            (
                card("4456530000001005", "12/30", "123", "A\u{7}B"),
                vec![CardNameInvalid],
            ),
        ] {
            assert_eq!(typed.read(now()).expect_err("refused"), kinds);
        }
    }

    #[test]
    fn a_broken_rule_names_its_field_as_it_was_sent() {
        let error = |field: &str| FieldError::of(&Violation::new(field, "A rule."));
        let error = |field| error(field).map(|e| (e.error_type, e.field.unwrap_or_default()));
        for (field, kind, sent) in [
            (
                "BillingAddress.Address1",
                ErrorKind::BillingAddressInvalid,
                "billingAddress.address1",
            ),
            (
                "ShippingDetails.Address.City",
                ErrorKind::ShippingAddressInvalid,
                "shippingDetails.address.city",
            ),
            ("MetaData", ErrorKind::MetaDataInvalid, "metaData"),
        ] {
            assert_eq!(error(field), Some((kind, sent.to_owned())));
        }
        assert_eq!(error("PaymentMethodId"), None);
    }

    #[test]
    fn kinds_go_out_under_their_documented_names() {
        let names = [
            ErrorKind::Cv2Required,
            ErrorKind::ExpiryDateMustBeInFuture,
            ErrorKind::CardNumberInvalid,
        ]
        .map(|k| serde_json::to_value(FieldError::from(k)).expect("json")["errorType"].clone());
        assert_eq!(
            names,
            [
                "cv2Required",
                "expiryDateMustBeInFuture",
                "cardNumberInvalid"
            ]
        );
    }
}
