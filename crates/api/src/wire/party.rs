//! Customers, addresses, devices.

use serde::{Deserialize, Serialize};
use tatami_core::id::SavedCardId;
use tatami_core::payment_intent as core;
use tatami_core::problem::Violation;
use tatami_core::secret::SecretText;
use utoipa::ToSchema;

/// Contact details of the customer.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Id of a customer of this account, beginning with `cust_`.
    #[schema(max_length = 2000)]
    pub id: Option<String>,
    /// E-mail address; receipts are sent to it.
    #[schema(max_length = 254)]
    pub email_address: Option<String>,
    /// Telephone number, in the form in which it was sent.
    #[schema(max_length = 50)]
    pub phone_number: Option<String>,
}

/// The customer of a new payment intent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentCustomerDetails {
    /// Id of a customer of this account, beginning with `cust_`.
    #[schema(max_length = 2000)]
    pub id: Option<String>,
    /// E-mail address; receipts are sent to it.
    #[schema(max_length = 254)]
    pub email_address: Option<String>,
    /// Telephone number; returned unchanged.
    #[schema(max_length = 50)]
    pub phone_number: Option<String>,
    /// Alias of `id`, used by some clients. Ignored if `id` is sent.
    #[schema(max_length = 2000)]
    pub customer_id: Option<String>,
    /// Secret from `POST /customers/{customerId}/create-secret`. With it the payment
    /// link offers the customer's saved cards.
    #[schema(value_type = Option<String>, max_length = 500, format = Password)]
    pub secret: Option<SecretText>,
    /// Id of a saved card of the customer that is offered first. It becomes the
    /// customer's preferred card.
    #[schema(max_length = 100)]
    pub saved_card_id: Option<String>,
}

impl PaymentCustomerDetails {
    /// The customer as the rules know it.
    pub fn known(self, broken: &mut Vec<Violation>) -> core::Customer {
        let filled = |text: Option<String>| text.filter(|t| !t.is_empty());
        let saved_card_id = filled(self.saved_card_id).and_then(|id| {
            let parsed = SavedCardId::parse(&id);
            if parsed.is_err() {
                broken.push(Violation::new(
                    "Customer.SavedCardId",
                    "The customer has no such saved card.",
                ));
            }
            parsed.ok()
        });
        core::Customer {
            id: filled(self.id).or(filled(self.customer_id)),
            email_address: self.email_address,
            phone_number: self.phone_number,
            sealed_secret: None,
            saved_card_id,
        }
    }
}

impl From<Customer> for core::Customer {
    fn from(from: Customer) -> Self {
        Self {
            id: from.id,
            email_address: from.email_address,
            phone_number: from.phone_number,
            ..Self::default()
        }
    }
}

impl From<core::Customer> for Customer {
    fn from(from: core::Customer) -> Self {
        Self {
            id: from.id,
            email_address: from.email_address,
            phone_number: from.phone_number,
        }
    }
}

/// A postal address in any country.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// First line of the address: house number and street.
    #[schema(max_length = 100)]
    pub address1: Option<String>,
    /// Second line of the address.
    #[schema(max_length = 100)]
    pub address2: Option<String>,
    /// Third line of the address.
    #[schema(max_length = 100)]
    pub address3: Option<String>,
    /// Fourth line of the address.
    #[schema(max_length = 100)]
    pub address4: Option<String>,
    /// Name of the town or city.
    #[schema(max_length = 100)]
    pub city: Option<String>,
    /// State, province or region.
    #[schema(max_length = 100)]
    pub state: Option<String>,
    /// Postcode or ZIP code.
    #[schema(max_length = 50)]
    pub postcode: Option<String>,
    /// Two-letter country code (ISO 3166-1 alpha-2), such as `GB`.
    #[schema(required, value_type = String, max_length = 10)]
    pub country_code: Option<String>,
    /// Part of a town, or a village.
    #[schema(max_length = 100)]
    pub locality: Option<String>,
    /// County, where addresses have one.
    #[schema(max_length = 100)]
    pub county: Option<String>,
}

/// Recipient and address of a delivery.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShippingDetails {
    /// Name of the person who receives the goods.
    #[schema(max_length = 100)]
    pub name: Option<String>,
    /// Instructions for the carrier.
    #[schema(max_length = 1024)]
    pub delivery_notes: Option<String>,
    /// Address to which the goods are delivered.
    pub address: Option<Address>,
}

/// Data about the payer's device, used to assess the risk of a payment.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestSecurity {
    /// `User-Agent` header of the payer's browser.
    #[schema(max_length = 300)]
    pub user_agent: Option<String>,
    /// IP address of the payer's device.
    #[schema(max_length = 70)]
    pub ip_address: Option<String>,
    /// Kind of device, as the merchant's software names it.
    #[schema(max_length = 120)]
    pub device: Option<String>,
}

/// Converts field by field, both ways, between types of the same fields.
macro_rules! alike {
    ($($wire:ident = $core:ident { $($field:ident),* $(,)? })*) => {$(
        impl From<core::$core> for $wire {
            fn from(from: core::$core) -> Self {
                Self { $($field: from.$field),* }
            }
        }
        impl From<$wire> for core::$core {
            fn from(from: $wire) -> Self {
                Self { $($field: from.$field),* }
            }
        }
    )*};
}

alike! {
    Address = Address {
        address1, address2, address3, address4, city, state, postcode, country_code, locality,
        county,
    }
    RequestSecurity = RequestSecurity { user_agent, ip_address, device }
}

impl From<core::Shipping> for ShippingDetails {
    fn from(from: core::Shipping) -> Self {
        Self {
            name: from.name,
            delivery_notes: from.delivery_notes,
            address: from.address.map(Into::into),
        }
    }
}

impl From<ShippingDetails> for core::Shipping {
    fn from(from: ShippingDetails) -> Self {
        Self {
            name: from.name,
            delivery_notes: from.delivery_notes,
            address: from.address.map(Into::into),
        }
    }
}
