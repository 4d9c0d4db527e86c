//! Customers and their saved cards.

use serde::{Deserialize, Serialize};
use tatami_core::customer as core;
use tatami_core::saved_card::SavedCard;
use tatami_core::time::ticks;
use tatami_engine::NewCustomerSecret;
use utoipa::ToSchema;

use super::party::Address;
use super::payment_intent::{MerchantConfig, SupportedPaymentMethods};

/// A customer to make.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateCustomerRequest {
    /// The name.
    #[schema(max_length = 100)]
    pub name: Option<String>,
    /// Where goods go.
    pub shipping_address: Option<Address>,
    /// Where bills go.
    pub billing_address: Option<Address>,
    /// The e-mail address.
    #[schema(max_length = 254)]
    pub email_address: Option<String>,
    /// A telephone number.
    #[schema(min_length = 5, max_length = 50)]
    pub phone_number: Option<String>,
    /// The VAT number.
    #[schema(max_length = 50)]
    pub vat_number: Option<String>,
}

/// What is to change of a customer. What is left out, or `null`, stays as it
/// is; an empty text takes a detail away.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateCustomerRequest {
    /// The name.
    #[schema(max_length = 100)]
    pub name: Option<String>,
    /// Where bills go.
    pub billing_address: Option<Address>,
    /// Where goods go.
    pub shipping_address: Option<Address>,
    /// The e-mail address.
    #[schema(max_length = 254)]
    pub email_address: Option<String>,
    /// A telephone number.
    #[schema(max_length = 50)]
    pub phone_number: Option<String>,
    /// The VAT number.
    #[schema(max_length = 50)]
    pub vat_number: Option<String>,
}

/// Converts a request into the details that the rules know.
macro_rules! details {
    ($($request:ident),*) => {$(
        impl From<$request> for core::CustomerDetails {
            fn from(from: $request) -> Self {
                Self {
                    name: from.name,
                    shipping_address: from.shipping_address.map(Into::into),
                    billing_address: from.billing_address.map(Into::into),
                    email_address: from.email_address,
                    phone_number: from.phone_number,
                    vat_number: from.vat_number,
                }
            }
        }
    )*};
}

details!(CreateCustomerRequest, UpdateCustomerRequest);

/// Which page of customers is wanted: the first, or the one next to a cursor of
/// an answer.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchCustomerRequest {
    /// At most so many; 50 if left out.
    #[schema(required = false, value_type = i32, minimum = 1, maximum = 100, default = 50)]
    pub limit: Option<usize>,
    /// The page that ends right before that cursor.
    #[schema(max_length = 200)]
    pub before: Option<String>,
    /// The page that begins right after that cursor.
    #[schema(max_length = 200)]
    pub after: Option<String>,
}

/// A customer.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerFull {
    /// Its id.
    pub id: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// Where goods go.
    pub shipping_address: Option<Address>,
    /// Where bills go.
    pub billing_address: Option<Address>,
    /// The e-mail address.
    pub email_address: Option<String>,
    /// A telephone number.
    pub phone_number: Option<String>,
    /// The VAT number.
    pub vat_number: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: Option<String>,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub updated_at: Option<String>,
    /// How often it changed.
    pub document_version: u32,
}

impl From<&core::Customer> for CustomerFull {
    fn from(customer: &core::Customer) -> Self {
        let details = customer.details.clone();
        Self {
            id: Some(customer.id.to_string()),
            name: details.name,
            shipping_address: details.shipping_address.map(Into::into),
            billing_address: details.billing_address.map(Into::into),
            email_address: details.email_address,
            phone_number: details.phone_number,
            vat_number: details.vat_number,
            created_at: Some(ticks(customer.created_at)),
            updated_at: Some(ticks(customer.updated_at)),
            document_version: customer.document_version,
        }
    }
}

/// A page of customers, newest first.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PagedCustomer {
    /// The customers.
    pub data: Option<Vec<CustomerFull>>,
    /// Cursor of the page before; left out on the first.
    pub before: Option<String>,
    /// Cursor of the page after; left out on the last.
    pub after: Option<String>,
}

/// A secret that opens a customer's saved cards. It is shown this once.
#[serde_with::skip_serializing_none]
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerSecret {
    /// The secret.
    pub secret: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it stops opening anything.
    #[schema(format = DateTime)]
    pub expire_at: String,
}

impl From<NewCustomerSecret> for CustomerSecret {
    fn from(new: NewCustomerSecret) -> Self {
        Self {
            secret: Some(new.text.to_string()),
            created_at: ticks(new.created_at),
            expire_at: ticks(new.expires_at),
        }
    }
}

/// What a customer can pay with.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerPaymentMethods {
    /// The customer's id.
    pub customer_id: Option<String>,
    /// The merchant's id.
    pub merchant_id: Option<String>,
    /// The saved cards: the preferred one first, then the newest.
    pub saved_payment_methods: Option<Vec<CustomerPaymentMethod>>,
    /// What the merchant can take.
    pub supported_payment_methods: Option<SupportedPaymentMethods>,
}

/// A saved card.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerPaymentMethod {
    /// Its id.
    pub id: Option<String>,
    /// What is shown of it.
    pub card_details: Option<CardDetails>,
}

/// What is shown of a saved card.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardDetails {
    /// The masked number.
    pub pan: Option<String>,
    /// The last day it is good for.
    pub expiry_date: Option<String>,
    /// The scheme.
    pub scheme: Option<String>,
}

impl CustomerPaymentMethods {
    /// What a customer with those cards can pay with.
    pub fn of(customer: &core::Customer, cards: &[SavedCard]) -> Self {
        let method = |card: &SavedCard| CustomerPaymentMethod {
            id: Some(card.id.to_string()),
            card_details: Some(CardDetails {
                pan: Some(card.card.masked.clone()),
                expiry_date: Some(card.card.expiry.last_day()),
                scheme: Some(card.card.scheme.name().to_owned()),
            }),
        };
        Self {
            customer_id: Some(customer.id.to_string()),
            merchant_id: Some(customer.scope.account.merchant_id()),
            saved_payment_methods: Some(cards.iter().map(method).collect()),
            supported_payment_methods: MerchantConfig::cards().supported_payment_methods,
        }
    }
}
