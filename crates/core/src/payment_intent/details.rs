//! What a merchant sends of an order: kept and given back as it came.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::card::CardNumber;
use crate::country::is_country;
use crate::id::{CustomerId, SavedCardId};
use crate::money::Money;
use crate::problem::{Refusal, Violation};
use crate::time::Timestamp;

/// The parts of an intent that no rule about money depends on, but for the
/// permissions in [`Config::payment`].
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the contract's own names")]
pub struct Details {
    pub reference: String,
    pub description: Option<String>,
    pub customer: Option<Customer>,
    pub billing_address: Option<Address>,
    pub shipping: Option<Shipping>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub card_holder_not_present: bool,
    pub config: Option<Config>,
    pub request_security: Option<RequestSecurity>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub item_lines: Vec<ItemLine>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tax_lines: Vec<TaxLine>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub payment_methods: Vec<String>,
    /// Whether the merchant named no ways to pay, so that those above are the
    /// usual ones.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub usual_methods: bool,
    pub action_link: Option<ActionLink>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// The keys of the metadata that a payer added.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub payer_keys: Vec<String>,
    /// The language of the page that the payer paid on, by its tag.
    pub language: Option<String>,
    pub order_details: Option<OrderDetails>,
    pub setup_intent_id: Option<String>,
    /// Which kind of software made it, as that names itself.
    pub payment_source: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_not_online_checkout: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub generate_remote_token: bool,
}

/// The source of payments whose card holder is absent.
const VIRTUAL_TERMINAL: &str = "virtual-terminal";
/// The source of payments that are asked for by a link.
pub const PAYMENT_LINKS: &str = "payment-links";

impl Details {
    /// Which kind of software the intent came from: as it named itself.
    pub fn source(&self) -> &str {
        match self.payment_source.as_deref() {
            Some(named) if !named.is_empty() => named,
            _ if self.card_holder_not_present => VIRTUAL_TERMINAL,
            _ => "api",
        }
    }

    /// Refuses the number of the card that pays, where a user typed it beside the card.
    ///
    /// # Errors
    /// With every such field.
    pub fn check_for_number(&self, number: &CardNumber) -> Result<(), Refusal> {
        let texts = [
            ("Reference", "the reference", Some(&self.reference)),
            ("Description", "the description", self.description.as_ref()),
        ];
        let found = texts
            .into_iter()
            .filter(|(_, _, text)| text.is_some_and(|text| number.is_in(text)));
        let broken: Vec<_> = found
            .map(|(field, words, _)| {
                Violation::new(field, format!("Remove the card number from {words}."))
            })
            .collect();
        match broken.is_empty() {
            true => Ok(()),
            false => Err(Refusal::Invalid(broken)),
        }
    }

    /// Whether its payer was given a link, and came from no shop.
    pub fn is_payment_link(&self) -> bool {
        self.source() == PAYMENT_LINKS
    }

    /// The id of the customer that it is of, if it names one that is kept.
    pub fn customer_id(&self) -> Option<CustomerId> {
        let id = self.customer.as_ref()?.id.as_deref()?;
        CustomerId::parse(id).ok()
    }

    /// The same for pages and apps, which show a merchant's clerk another form than a
    /// card holder.
    pub fn page_source(&self) -> &str {
        match self.card_holder_not_present {
            true => VIRTUAL_TERMINAL,
            false => self.source(),
        }
    }
}

#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the contract's own names")]
pub struct Customer {
    pub id: Option<String>,
    pub email_address: Option<String>,
    pub phone_number: Option<String>,
    /// The secret that opens the customer's saved cards, sealed: the payment
    /// link carries it.
    pub sealed_secret: Option<String>,
    /// The saved card that is offered first.
    pub saved_card_id: Option<SavedCardId>,
}

/// A postal address. Parts may be empty, as shops send them.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the contract's own names")]
pub struct Address {
    pub address1: Option<String>,
    pub address2: Option<String>,
    pub address3: Option<String>,
    pub address4: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub postcode: Option<String>,
    pub country_code: Option<String>,
    pub locality: Option<String>,
    pub county: Option<String>,
}

impl Address {
    /// Whether its country, if one is named, is one.
    pub fn has_known_country(&self) -> bool {
        let code = self.country_code.as_deref().unwrap_or_default();
        code.is_empty() || is_country(code)
    }
}

/// What a country is named by.
pub const COUNTRY_RULE: &str =
    "The CountryCode must be an ISO 3166-1 alpha-2 code, such as GB or IE.";

/// Where the goods go.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the contract's own names")]
pub struct Shipping {
    pub name: Option<String>,
    pub delivery_notes: Option<String>,
    pub address: Option<Address>,
}

/// A `collectionRequired` object of the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the contract's own names")]
pub struct Flag {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub collection_required: bool,
}

/// What the checkout page shows besides the amount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the contract's own names")]
pub struct Shown {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub show_total: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub show_reference: bool,
}

/// Which amounts may be changed later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the contract's own names")]
pub struct PaymentPermissions {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub custom_amount_allowed: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tips_allowed: bool,
}

/// The configuration of an intent's checkout.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the contract's own names")]
pub struct Config {
    pub title: Option<String>,
    pub redirect_url: Option<String>,
    pub cancel_url: Option<String>,
    pub customer_email: Option<Flag>,
    pub details: Option<Shown>,
    pub billing_address: Option<Flag>,
    pub shipping_details: Option<Flag>,
    pub payment: Option<PaymentPermissions>,
}

/// The payer's device.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the contract's own names")]
pub struct RequestSecurity {
    pub user_agent: Option<String>,
    pub ip_address: Option<String>,
    pub device: Option<String>,
}

/// A position of the order. Lines never change the amount.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the contract's own names")]
pub struct ItemLine {
    pub id: Option<String>,
    pub quantity: Option<i64>,
    pub name: Option<String>,
    pub category: Option<String>,
    pub modifiers: Option<Vec<Modifier>>,
    pub amount_total: Option<Money>,
    pub plu: Option<String>,
}

/// A change to an item line; discounts are negative.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the contract's own names")]
pub struct Modifier {
    pub id: String,
    pub name: String,
    pub quantity: i64,
    pub amount_per_modifier: Money,
}

/// A tax or fee of the order. Lines never change the amount.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the contract's own names")]
pub struct TaxLine {
    pub id: Option<String>,
    pub caption: Option<String>,
    pub sub_caption: Option<String>,
    pub amount_total: Option<Money>,
    pub affected_plu: Option<String>,
}

/// A link shown with the payment.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the contract's own names")]
pub struct ActionLink {
    pub url: String,
    pub action: Option<String>,
    pub label: String,
    pub file_name: Option<String>,
}

/// The order behind the payment.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the contract's own names")]
pub struct OrderDetails {
    pub availability_date: Option<Timestamp>,
    pub is_update: Option<bool>,
    pub id: Option<String>,
    pub external_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_number_beside_the_card_is_refused_and_not_quoted() {
        let number = CardNumber::parse("4111111111111111").expect("a test card");
        let details = |reference: &str, description: &str| Details {
            reference: reference.to_owned(),
            description: Some(description.to_owned()),
            ..Details::default()
        };
        assert_eq!(details("Order 7", "Tea").check_for_number(&number), Ok(()));
        let both = details("4111 1111 1111 1111", "card 4111-1111-1111-1111");
        let Err(Refusal::Invalid(broken)) = both.check_for_number(&number) else {
            panic!("it is let through");
        };
        let fields: Vec<_> = broken.iter().map(|it| it.field.as_str()).collect();
        assert_eq!(fields, ["Reference", "Description"]);
        assert!(!format!("{broken:?}").contains("1111"));
    }
}
