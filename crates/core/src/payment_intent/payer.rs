//! What a payer adds to the card, and how it joins what the merchant sent.

use std::collections::BTreeMap;

use super::{Address, Details, Shipping};
use crate::bounds::{TEXT_CHARS, check_metadata};
use crate::card::CardNumber;
use crate::problem::{Refusal, Violation};

/// What a payer adds to the order while paying. Each part replaces the
/// merchant's only if it was given; metadata joins the merchant's.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the endpoint's own names")]
pub struct PayerDetails {
    pub email: Option<String>,
    pub phone: Option<String>,
    pub billing_address: Option<Address>,
    pub shipping: Option<Shipping>,
    pub metadata: BTreeMap<String, String>,
    /// The tag of a language that there is: not told by the payer in words.
    pub language: Option<&'static str>,
}

/// A text from the payer.
struct PayerText<'t> {
    field: String,
    /// What people call the field.
    words: String,
    text: &'t str,
}

impl PayerDetails {
    /// Refuses what must not be kept: the number of the card that pays, in
    /// whatever field and however it is grouped, and texts without end.
    ///
    /// # Errors
    /// With every such field.
    pub fn check(&self, number: &CardNumber) -> Result<(), Refusal> {
        let fault = |text: PayerText<'_>| {
            let PayerText { field, words, text } = text;
            let rule = if number.is_in(text) {
                format!("Remove the card number from {words}.")
            } else if text.chars().count() > TEXT_CHARS {
                format!("Shorten {words} to {TEXT_CHARS} characters.")
            } else {
                return None;
            };
            Some(Violation::new(field, rule))
        };
        let broken: Vec<Violation> = self.texts().into_iter().filter_map(fault).collect();
        match broken.is_empty() {
            true => Ok(()),
            false => Err(Refusal::Invalid(broken)),
        }
    }

    /// Every text there is. The parts are taken apart by name, so that a new one
    /// is not forgotten here.
    fn texts(&self) -> Vec<PayerText<'_>> {
        let Self {
            email,
            phone,
            billing_address,
            shipping,
            metadata,
            language: _,
        } = self;
        let mut texts = Vec::new();
        texts.extend(one("UserEmailAddress", "the e-mail address", email));
        texts.extend(one("UserPhoneNumber", "the phone number", phone));
        if let Some(address) = billing_address {
            texts.extend(parts("BillingAddress", "the billing address", address));
        }
        if let Some(Shipping {
            name,
            delivery_notes,
            address,
        }) = shipping
        {
            let notes = "ShippingDetails.DeliveryNotes";
            texts.extend(one("ShippingDetails.Name", "the delivery name", name));
            texts.extend(one(notes, "the delivery notes", delivery_notes));
            if let Some(address) = address {
                let field = "ShippingDetails.Address";
                texts.extend(parts(field, "the delivery address", address));
            }
        }
        for text in metadata.iter().flat_map(|(key, value)| [key, value]) {
            let (field, words) = ("MetaData".to_owned(), "the metadata".to_owned());
            texts.push(PayerText { field, words, text });
        }
        texts
    }
}

fn one<'t>(field: &str, words: &str, text: &'t Option<String>) -> Option<PayerText<'t>> {
    Some(PayerText {
        field: field.to_owned(),
        words: words.to_owned(),
        text: text.as_deref()?,
    })
}

fn parts<'t>(field: &str, of: &str, address: &'t Address) -> Vec<PayerText<'t>> {
    let Address {
        address1,
        address2,
        address3,
        address4,
        city,
        state,
        postcode,
        country_code,
        locality,
        county,
    } = address;
    let parts = [
        ("Address1", "line 1", address1),
        ("Address2", "line 2", address2),
        ("Address3", "line 3", address3),
        ("Address4", "line 4", address4),
        ("City", "the town or city", city),
        ("State", "the county or state", state),
        ("Postcode", "the postcode", postcode),
        ("CountryCode", "the country", country_code),
        ("Locality", "the locality", locality),
        ("County", "the county", county),
    ];
    parts
        .into_iter()
        .filter_map(|(part, words, text)| {
            one(
                &format!("{field}.{part}"),
                &format!("{words} of {of}"),
                text,
            )
        })
        .collect()
}

impl Details {
    /// Adds what the payer typed.
    ///
    /// # Errors
    /// If there is more metadata than an intent holds.
    pub(crate) fn tell_of(&mut self, payer: PayerDetails) -> Result<(), Refusal> {
        self.join_metadata(payer.metadata)?;
        if payer.email.is_some() || payer.phone.is_some() {
            let customer = self.customer.get_or_insert_default();
            customer.email_address = payer.email.or(customer.email_address.take());
            customer.phone_number = payer.phone.or(customer.phone_number.take());
        }
        if let Some(language) = payer.language {
            self.language = Some(language.to_owned());
        }
        if payer.billing_address.is_some() {
            self.billing_address = payer.billing_address;
        }
        if payer.shipping.is_some() {
            self.shipping = payer.shipping;
        }
        Ok(())
    }

    /// Shops fulfil orders by their metadata: what the merchant wrote stands,
    /// whatever the case of its keys. What payers added is that of the last try.
    fn join_metadata(&mut self, pairs: BTreeMap<String, String>) -> Result<(), Refusal> {
        if pairs.is_empty() {
            return Ok(());
        }
        for key in std::mem::take(&mut self.payer_keys) {
            self.metadata.remove(&key);
        }
        let folded = |key: &str| key.to_lowercase();
        let taken: Vec<String> = self.metadata.keys().map(|key| folded(key)).collect();
        for (key, value) in pairs {
            if !taken.contains(&folded(&key)) {
                self.payer_keys.push(key.clone());
                self.metadata.insert(key, value);
            }
        }
        self.payers_metadata_fits()
    }

    /// Whether what payers added keeps the bounds. What the merchant wrote was
    /// looked at when it came.
    fn payers_metadata_fits(&self) -> Result<(), Refusal> {
        if self.payer_keys.is_empty() {
            return Ok(());
        }
        let broken = check_metadata("MetaData", &self.metadata);
        match broken.is_empty() {
            true => Ok(()),
            false => Err(Refusal::Invalid(broken)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "4111111111111111";

    fn number() -> CardNumber {
        CardNumber::parse(NUMBER).expect("a test card")
    }

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(pair).collect()
    }

    fn full(text: &str) -> PayerDetails {
        let text = || Some(text.to_owned());
        let address = || Address {
            address1: text(),
            address2: text(),
            address3: text(),
            address4: text(),
            city: text(),
            state: text(),
            postcode: text(),
            country_code: text(),
            locality: text(),
            county: text(),
        };
        PayerDetails {
            email: text(),
            phone: text(),
            billing_address: Some(address()),
            shipping: Some(Shipping {
                name: text(),
                delivery_notes: text(),
                address: Some(address()),
            }),
            metadata: map(&[("a", &text().expect("a text"))]),
            language: None,
        }
    }

    #[test]
    fn the_number_of_the_card_is_found_in_every_field_however_it_is_grouped() {
        for written in [
            NUMBER,
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "4111.1111/1111 1111@example.com",
            "my card: 4111 111111 1111 11, thank you",
            "４１１１１１１１１１１１１１１１",
            "٤١١١١١١١١١١١١١١١",
        ] {
            let Err(Refusal::Invalid(broken)) = full(written).check(&number()) else {
                panic!("{written} is let through");
            };
            assert_eq!(broken.len(), 25, "{written}: {broken:?}");
            let shown = format!("{broken:?}");
            assert!(!shown.contains(NUMBER), "{shown}");
        }
        let key = PayerDetails {
            metadata: map(&[(NUMBER, "v")]),
            ..PayerDetails::default()
        };
        assert!(key.check(&number()).is_err());
        for other in ["4111111111111112", "12 High Street", "411111111111111", ""] {
            assert_eq!(full(other).check(&number()), Ok(()), "{other}");
        }
    }

    #[test]
    fn a_payers_texts_have_an_end() {
        assert_eq!(full(&"x".repeat(2_000)).check(&number()), Ok(()));
        assert!(full(&"x".repeat(2_001)).check(&number()).is_err());
    }

    #[test]
    fn the_merchants_metadata_stands_and_the_payers_is_that_of_the_last_try() {
        let mut details = Details {
            metadata: map(&[("orderId", "7"), ("Größe", "M")]),
            ..Details::default()
        };
        let add = |details: &mut Details, pairs: &[(&str, &str)]| {
            let payer = PayerDetails {
                metadata: map(pairs),
                ..PayerDetails::default()
            };
            details.tell_of(payer)
        };
        add(
            &mut details,
            &[
                ("ORDERID", "8"),
                ("GRÖßE", "L"),
                ("gift", "yes"),
                ("note", "a"),
            ],
        )
        .expect("added");
        let merchants = [("orderId", "7"), ("Größe", "M")];
        let first = [&merchants[..], &[("gift", "yes"), ("note", "a")]].concat();
        assert_eq!(details.metadata, map(&first));
        add(&mut details, &[]).expect("nothing added");
        assert_eq!(details.metadata, map(&first));
        add(&mut details, &[("note", "b"), ("orderid", "9")]).expect("added");
        let second = [&merchants[..], &[("note", "b")]].concat();
        assert_eq!(details.metadata, map(&second));
    }

    #[test]
    fn metadata_keeps_its_bounds_with_the_payers_part() {
        let fill = |count: usize, value: usize| -> BTreeMap<String, String> {
            let pair = |i: usize| (format!("m{i}"), "v".repeat(value));
            (0..count).map(pair).collect()
        };
        let joined = |merchant: BTreeMap<String, String>, key: String, value: String| {
            let mut details = Details {
                metadata: merchant,
                ..Details::default()
            };
            let metadata = BTreeMap::from([(key, value)]);
            details.tell_of(PayerDetails {
                metadata,
                ..PayerDetails::default()
            })
        };
        let (key, value) = (|n: usize| "k".repeat(n), |n: usize| "v".repeat(n));
        assert!(joined(fill(49, 1), key(40), value(500)).is_ok());
        assert!(joined(fill(50, 1), key(1), value(1)).is_err(), "51 keys");
        assert!(joined(fill(50, 1), "M0".to_owned(), value(1)).is_ok());
        assert!(joined(fill(1, 1), key(41), value(1)).is_err(), "a long key");
        assert!(
            joined(fill(1, 1), key(1), value(501)).is_err(),
            "a long value"
        );
        assert!(joined(fill(17, 470), key(8), value(400)).is_err(), "8 KB");
    }
}
