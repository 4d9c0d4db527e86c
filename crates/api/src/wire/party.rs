//! Customers, addresses, devices.

use serde::{Deserialize, Serialize};
use tatami_core::id::SavedCardId;
use tatami_core::payment_intent as core;
use tatami_core::problem::Violation;
use tatami_core::secret::SecretText;
use utoipa::ToSchema;

/// The customer.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// The customer's id.
    #[schema(max_length = 2000)]
    pub id: Option<String>,
    /// Where receipts go.
    #[schema(max_length = 254)]
    pub email_address: Option<String>,
    /// A telephone number.
    #[schema(max_length = 50)]
    pub phone_number: Option<String>,
}

/// The customer of a new payment intent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentCustomerDetails {
    /// The customer's id.
    #[schema(max_length = 2000)]
    pub id: Option<String>,
    /// Where receipts go.
    #[schema(max_length = 254)]
    pub email_address: Option<String>,
    /// A telephone number.
    #[schema(max_length = 50)]
    pub phone_number: Option<String>,
    /// Another name of `id`, as some clients write it.
    #[schema(max_length = 2000)]
    pub customer_id: Option<String>,
    /// The customer's secret: opens its saved cards to whoever has the payment
    /// link.
    #[schema(value_type = Option<String>, max_length = 500)]
    pub secret: Option<SecretText>,
    /// The saved card that is offered first.
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

/// A postal address.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// First line.
    #[schema(max_length = 100)]
    pub address1: Option<String>,
    /// Second line.
    #[schema(max_length = 100)]
    pub address2: Option<String>,
    /// Third line.
    #[schema(max_length = 100)]
    pub address3: Option<String>,
    /// Fourth line.
    #[schema(max_length = 100)]
    pub address4: Option<String>,
    /// City.
    #[schema(max_length = 100)]
    pub city: Option<String>,
    /// State or region.
    #[schema(max_length = 100)]
    pub state: Option<String>,
    /// Postcode.
    #[schema(max_length = 50)]
    pub postcode: Option<String>,
    /// ISO 3166-1 alpha-2 code, such as `GB`.
    #[schema(required, value_type = String, max_length = 10)]
    pub country_code: Option<String>,
    /// Locality.
    #[schema(max_length = 100)]
    pub locality: Option<String>,
    /// County.
    #[schema(max_length = 100)]
    pub county: Option<String>,
}

/// Where the goods go.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShippingDetails {
    /// Who receives them.
    #[schema(max_length = 100)]
    pub name: Option<String>,
    /// A note for the carrier.
    #[schema(max_length = 1024)]
    pub delivery_notes: Option<String>,
    /// The address.
    pub address: Option<Address>,
}

/// The payer's device.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestSecurity {
    /// The browser's name for itself.
    #[schema(max_length = 300)]
    pub user_agent: Option<String>,
    /// The IP address.
    #[schema(max_length = 70)]
    pub ip_address: Option<String>,
    /// The kind of device.
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
