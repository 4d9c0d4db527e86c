//! What components and SDKs post: a card and what the payer tells, with
//! property names in any case.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::Value;
use tatami_core::bounds::check_metadata;
use tatami_core::card::{CardEntry, CardNumber, Cv2, Scheme};
use tatami_core::email::is_email;
use tatami_core::id::SavedCardId;
use tatami_core::payment_intent::{Address, PayerDetails, Shipping};
use tatami_core::problem::{Refusal, Violation};
use tatami_core::time::Timestamp;
use tatami_core::typed_card::{CardFault, TypedCard};
use tatami_engine::Keep;
use zeroize::Zeroizing;

use crate::card_form::ErrorKind;
use crate::countries::country;

/// The longest telephone number.
const PHONE_CHARS: usize = 50;
/// The longest line of an address.
const ADDRESS_CHARS: usize = 100;
/// The note for the carrier.
const NOTES: &str = "deliveryNotes";
/// The longest note for the carrier.
const NOTES_CHARS: usize = 1024;

/// A submitted payment. The card's fields are wiped when it is dropped.
#[derive(Default)]
pub struct Submission {
    card: TypedCard,
    email: Option<String>,
    phone: Option<String>,
    billing: Option<Value>,
    shipping: Option<Value>,
    metadata: BTreeMap<String, String>,
    payment_method: Option<String>,
    saves: bool,
    consented: bool,
}

impl Submission {
    /// Whether the payer agrees that the merchant may charge the card later.
    pub fn consented(&self) -> bool {
        self.consented
    }

    /// The submission, if nothing that is kept of it is longer than the API allows.
    ///
    /// # Errors
    /// With every field that is too long.
    pub fn within_bounds(self) -> Result<Self, Refusal> {
        let mut broken = check_metadata("MetaData", &self.metadata);
        let mut too_long = |field: &str, what: &str, most: usize| {
            let rule = format!("{what} must be at most {most} characters long.");
            broken.push(Violation::new(field, rule));
        };
        let phone = self.phone.as_deref().unwrap_or_default();
        if phone.chars().count() > PHONE_CHARS {
            too_long("UserPhoneNumber", "The phone number", PHONE_CHARS);
        }
        let parts = [
            (
                "BillingAddress",
                "A line of the billing address",
                &self.billing,
            ),
            (
                "ShippingDetails",
                "A line of the delivery address",
                &self.shipping,
            ),
        ];
        for (field, what, part) in parts {
            let part = part.as_ref();
            if part.is_some_and(|part| longest(part) > ADDRESS_CHARS) {
                too_long(field, what, ADDRESS_CHARS);
            }
        }
        match broken.is_empty() {
            true => Ok(self),
            false => Err(Refusal::Invalid(broken)),
        }
    }

    /// Reads the card and what the payer told. `now` is the account's time.
    ///
    /// # Errors
    /// Every field that is missing or wrong.
    pub fn read(self, now: Timestamp) -> Result<(CardEntry, PayerDetails), Vec<ErrorKind>> {
        let card = self.card.read(now).map_err(kinds);
        self.with(card)
    }

    /// Reads the verification value of a saved card of that scheme, and what the
    /// payer told.
    ///
    /// # Errors
    /// Every field that is missing or wrong.
    pub fn read_saved(self, scheme: Scheme) -> Result<(Cv2, PayerDetails), Vec<ErrorKind>> {
        let cv2 = self.card.read_cv2(scheme).map_err(kinds);
        self.with(cv2)
    }

    /// Refuses a card's number that is in another field too, of a submission
    /// whose card nobody reads.
    ///
    /// # Errors
    /// With every such field.
    pub fn check(self) -> Result<(), Refusal> {
        let number = CardNumber::parse(&self.card.number);
        match (number, self.with(Ok(()))) {
            (Some(number), Ok(((), payer))) => payer.check(&number),
            _ => Ok(()),
        }
    }

    /// What a payer tells who does not type a card.
    pub(crate) fn of_payer(
        email: Option<String>,
        phone: Option<String>,
        billing: Option<Value>,
        shipping: Option<Value>,
    ) -> Self {
        Self {
            email,
            phone,
            billing,
            shipping,
            ..Self::default()
        }
    }

    /// Reads what the payer told.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub(crate) fn read_details(self) -> Result<PayerDetails, Vec<ErrorKind>> {
        self.with(Ok(())).map(|((), details)| details)
    }

    /// Whether the payer wants the card to be kept.
    pub fn keep(&self) -> Option<Keep> {
        self.saves.then_some(Keep {
            merchant_initiated: self.consented,
        })
    }

    /// The saved card that is to pay.
    pub fn payment_method(&self) -> Option<SavedCardId> {
        SavedCardId::parse(self.payment_method.as_deref()?).ok()
    }

    fn with<T>(self, card: Result<T, Vec<ErrorKind>>) -> Result<(T, PayerDetails), Vec<ErrorKind>> {
        let email = match self.email {
            Some(email) if !is_email(&email) => Err(ErrorKind::UserEmailAddressInvalid),
            email => Ok(email),
        };
        let billing = address(self.billing.as_ref()).ok_or(ErrorKind::BillingAddressInvalid);
        let shipping = shipping(self.shipping.as_ref()).ok_or(ErrorKind::ShippingAddressInvalid);
        match (card, email, billing, shipping) {
            (Ok(card), Ok(email), Ok(billing_address), Ok(shipping)) => Ok((
                card,
                PayerDetails {
                    email,
                    phone: self.phone,
                    billing_address,
                    shipping,
                    metadata: self.metadata,
                    language: None,
                },
            )),
            (card, email, billing, shipping) => {
                let mut wrong = card.err().unwrap_or_default();
                wrong.extend(
                    [email.err(), billing.err(), shipping.err()]
                        .into_iter()
                        .flatten(),
                );
                Err(wrong)
            }
        }
    }
}

fn kinds(faults: Vec<CardFault>) -> Vec<ErrorKind> {
    faults.into_iter().map(ErrorKind::from).collect()
}

impl<'de> Deserialize<'de> for Submission {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Submission;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Submission, A::Error> {
                let mut s = Submission::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.to_ascii_lowercase().as_str() {
                        "cardnumber" => s.card.number = map.next_value::<Text>()?.0,
                        "expirydate" => s.card.expiry = map.next_value::<Text>()?.0,
                        "cv2" => s.card.cv2 = map.next_value::<Text>()?.0,
                        "cardname" => s.card.name = map.next_value::<Text>()?.plain(),
                        "useremailaddress" => s.email = map.next_value::<Text>()?.filled(),
                        "userphonenumber" => s.phone = map.next_value::<Text>()?.filled(),
                        "billingaddress" => s.billing = map.next_value()?,
                        "shippingdetails" => s.shipping = map.next_value()?,
                        "metadata" => s.metadata = texts(map.next_value()?),
                        "paymentmethodid" => {
                            s.payment_method = map.next_value::<Text>()?.filled();
                        }
                        "savepaymentmethod" => s.saves = is_yes(&map.next_value()?),
                        "mitconsentgiven" => s.consented = is_yes(&map.next_value()?),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(s)
            }
        }
        from.deserialize_map(Fields)
    }
}

/// Whether a value says yes, as a truth value or as its word.
fn is_yes(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::String(word) => word.trim().eq_ignore_ascii_case("true"),
        _ => false,
    }
}

/// Text that is wiped when dropped; `null` is empty, a number its digits.
struct Text(Zeroizing<String>);

impl Text {
    fn plain(self) -> String {
        self.0.trim().to_owned()
    }

    fn filled(self) -> Option<String> {
        Some(self.plain()).filter(|t| !t.is_empty())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text(Zeroizing::new(text.to_owned())))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Text, E> {
                Ok(Text(Zeroizing::new(number.to_string())))
            }

            fn visit_unit<E: de::Error>(self) -> Result<Text, E> {
                Ok(Text(Zeroizing::default()))
            }
        }
        from.deserialize_any(Any)
    }
}

/// The member of that name, in any case, as text; empty counts as absent.
pub(crate) fn text(object: &Value, name: &str) -> Option<String> {
    let value = member(object, name)?;
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text).filter(|t| !t.is_empty())
}

pub(crate) fn member<'v>(object: &'v Value, name: &str) -> Option<&'v Value> {
    let members = object.as_object()?;
    members
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// How many characters the longest line of an address has. Notes for the carrier
/// may be longer, and are cut where they are read.
fn longest(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Object(members) => {
            let lines = members
                .iter()
                .filter(|(name, _)| !name.eq_ignore_ascii_case(NOTES));
            lines.map(|(_, line)| longest(line)).max().unwrap_or(0)
        }
        _ => 0,
    }
}

/// `Some(None)` for an address nobody filled in, `None` for one whose country
/// does not exist.
fn address(value: Option<&Value>) -> Option<Option<Address>> {
    let Some(value) = value else {
        return Some(None);
    };
    let code = text(value, "countryCode");
    let country_code = match code.as_deref() {
        None => None,
        Some(code) => Some(country(code)?.alpha2.to_owned()),
    };
    let address = Address {
        address1: text(value, "address1"),
        address2: text(value, "address2"),
        address3: text(value, "address3"),
        address4: text(value, "address4"),
        city: text(value, "city"),
        state: text(value, "state"),
        postcode: text(value, "postcode"),
        country_code,
        ..Address::default()
    };
    Some(Some(address).filter(|a| *a != Address::default()))
}

fn shipping(value: Option<&Value>) -> Option<Option<Shipping>> {
    let Some(value) = value else {
        return Some(None);
    };
    let shipping = Shipping {
        name: text(value, "name"),
        delivery_notes: text(value, NOTES).map(|notes| notes.chars().take(NOTES_CHARS).collect()),
        address: address(member(value, "address"))?,
    };
    Some(Some(shipping).filter(|s| *s != Shipping::default()))
}

fn texts(value: Value) -> BTreeMap<String, String> {
    let members = match value {
        Value::Object(members) => members,
        _ => return BTreeMap::new(),
    };
    let text = |(key, value)| match value {
        Value::String(text) => Some((key, text)),
        _ => None,
    };
    members.into_iter().filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<(CardEntry, PayerDetails), Vec<ErrorKind>> {
        let submission: Submission = serde_json::from_str(json).expect("an object");
        submission.read("2026-03-31T12:00:00Z".parse().expect("a moment"))
    }

    #[test]
    fn a_full_submission_is_read_in_any_case() {
        let (card, payer) = read(
            r#"{"cV2":"020","CardName":"Ada","cardnumber":"4456530000001005","EXPIRYDATE":"12 / 30",
                "savePaymentMethod":false,"mitConsentGiven":null,
                "userEmailAddress":"ada@example.com","userPhoneNumber":"",
                "billingAddress":{"Address1":"1 High Street","city":"","countryCode":826},
                "shippingDetails":{"name":"Ada","address":{"postcode":"SW1A 1AA","countryCode":"gb"}},
                "metaData":{"dojo-sdk-core-version":"1.0","n":1}}"#,
        )
        .expect("a good submission");
        assert_eq!(card.number.last4(), "1005");
        assert_eq!(payer.email.as_deref(), Some("ada@example.com"));
        assert_eq!(payer.phone, None);
        let billing = payer.billing_address.expect("billing");
        assert_eq!(billing.address1.as_deref(), Some("1 High Street"));
        assert_eq!(billing.country_code.as_deref(), Some("GB"));
        let shipping = payer.shipping.and_then(|s| s.address).expect("shipping");
        assert_eq!(shipping.country_code.as_deref(), Some("GB"));
        assert_eq!(payer.metadata.len(), 1);
    }

    #[test]
    fn a_wish_to_keep_the_card_comes_with_its_consent() {
        let keep = |json: &str| {
            let submission: Submission = serde_json::from_str(json).expect("an object");
            submission.keep()
        };
        let kept = |merchant_initiated| Some(Keep { merchant_initiated });
        for (json, expected) in [
            ("{}", None),
            (
                r#"{"savePaymentMethod":false,"mitConsentGiven":true}"#,
                None,
            ),
            (r#"{"SavePaymentMethod":true}"#, kept(false)),
            (
                r#"{"savePaymentMethod":"true","mitConsentGiven":true}"#,
                kept(true),
            ),
        ] {
            assert_eq!(keep(json), expected, "{json}");
        }
    }

    #[test]
    fn empty_parts_are_absent_and_wrong_ones_named() {
        let (_, payer) = read(
            r#"{"cv2":123,"cardName":"Ada","cardNumber":4456530000001005,"expiryDate":"12/30",
                "billingAddress":{},"shippingDetails":null,"metaData":null}"#,
        )
        .expect("a good submission");
        assert_eq!(payer, PayerDetails::default());
        let wrong = read(
            r#"{"cardName":"Ada","cardNumber":"4456530000001005","expiryDate":"12/30","cv2":"123",
                "userEmailAddress":"ada","billingAddress":{"countryCode":"ZZ"}}"#,
        )
        .expect_err("refused");
        assert_eq!(
            wrong,
            [
                ErrorKind::UserEmailAddressInvalid,
                ErrorKind::BillingAddressInvalid
            ]
        );
    }

    #[test]
    fn what_is_not_an_object_is_refused() {
        for bad in ["[]", "\"x\"", "{\"cv2\":{}}", "{\"cv2\":"] {
            assert!(serde_json::from_str::<Submission>(bad).is_err(), "{bad}");
        }
    }
}
