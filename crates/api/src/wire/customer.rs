//! Customers and their saved cards.

use serde::{Deserialize, Serialize};
use tatami_core::account::Account;
use tatami_core::customer as core;
use tatami_core::saved_card::SavedCard;
use tatami_core::time::ticks;
use tatami_engine::NewCustomerSecret;
use utoipa::ToSchema;

use super::party::Address;
use super::payment_intent::{MerchantConfig, SupportedPaymentMethods};

/// The customer to create. Every detail is optional.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateCustomerRequest {
    /// Full name of the customer.
    #[schema(max_length = 100)]
    pub name: Option<String>,
    /// Address to which goods are delivered.
    pub shipping_address: Option<Address>,
    /// Address to which bills are sent.
    pub billing_address: Option<Address>,
    /// E-mail address of the customer.
    #[schema(max_length = 254)]
    pub email_address: Option<String>,
    /// Telephone number of the customer.
    #[schema(min_length = 5, max_length = 50)]
    pub phone_number: Option<String>,
    /// VAT registration number of the customer.
    #[schema(max_length = 50)]
    pub vat_number: Option<String>,
}

/// Changes to a customer. A property that is left out or `null` is not changed; an
/// empty string removes the value.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateCustomerRequest {
    /// Full name of the customer.
    #[schema(max_length = 100)]
    pub name: Option<String>,
    /// Address to which bills are sent.
    pub billing_address: Option<Address>,
    /// Address to which goods are delivered.
    pub shipping_address: Option<Address>,
    /// E-mail address of the customer.
    #[schema(max_length = 254)]
    pub email_address: Option<String>,
    /// Telephone number of the customer.
    #[schema(max_length = 50)]
    pub phone_number: Option<String>,
    /// VAT registration number of the customer.
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

/// The page of customers to return: its size, and where it begins or ends. Send
/// `before` or `after`, not both.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchCustomerRequest {
    /// Maximum number of customers in the page; 50 if left out.
    #[schema(required = false, value_type = i32, minimum = 1, maximum = 100, default = 50)]
    pub limit: Option<usize>,
    /// Cursor from an earlier answer; returns the page that precedes it.
    #[schema(max_length = 200)]
    pub before: Option<String>,
    /// Cursor from an earlier answer; returns the page that follows it.
    #[schema(max_length = 200)]
    pub after: Option<String>,
}

/// A customer with all details.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerFull {
    /// Unique id of the customer, beginning with `cust_`.
    pub id: Option<String>,
    /// Full name of the customer.
    pub name: Option<String>,
    /// Address to which goods are delivered.
    pub shipping_address: Option<Address>,
    /// Address to which bills are sent.
    pub billing_address: Option<Address>,
    /// E-mail address of the customer.
    pub email_address: Option<String>,
    /// Telephone number of the customer.
    pub phone_number: Option<String>,
    /// VAT registration number of the customer.
    pub vat_number: Option<String>,
    /// When the customer was created (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub created_at: Option<String>,
    /// When the customer was last changed (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub updated_at: Option<String>,
    /// Number of changes since the customer was created; 0 at first.
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
    /// The customers of this page, newest first.
    pub data: Option<Vec<CustomerFull>>,
    /// Cursor of the previous page; left out on the first page.
    pub before: Option<String>,
    /// Cursor of the next page; left out on the last page.
    pub after: Option<String>,
}

/// A secret that gives a page or an app access to a customer's saved cards. It is
/// returned only once.
#[serde_with::skip_serializing_none]
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerSecret {
    /// The secret, beginning with `cs_`.
    #[schema(format = Password)]
    pub secret: Option<String>,
    /// When the secret was created (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When the secret expires (ISO 8601, UTC).
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

/// The payment methods of a customer.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerPaymentMethods {
    /// Id of the customer.
    pub customer_id: Option<String>,
    /// Id of the merchant.
    pub merchant_id: Option<String>,
    /// Saved cards: the preferred one first, then the newest.
    pub saved_payment_methods: Option<Vec<CustomerPaymentMethod>>,
    /// Card schemes and wallets that the merchant's account accepts.
    pub supported_payment_methods: Option<SupportedPaymentMethods>,
}

/// A saved card of a customer.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerPaymentMethod {
    /// Unique id of the saved card, beginning with `pm_`.
    pub id: Option<String>,
    /// Masked number, expiry and scheme of the card.
    pub card_details: Option<CardDetails>,
}

/// The details of a saved card that may be shown.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardDetails {
    /// Card number with only the first and last digits visible.
    pub pan: Option<String>,
    /// Last day on which the card is valid, as `yyyy-mm-dd`.
    pub expiry_date: Option<String>,
    /// Card scheme, such as `VISA` or `MASTERCARD`.
    pub scheme: Option<String>,
}

impl CustomerPaymentMethods {
    /// What a customer with those cards can pay with.
    pub fn of(customer: &core::Customer, cards: &[SavedCard], account: &Account) -> Self {
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
            merchant_id: Some(account.merchant_id()),
            saved_payment_methods: Some(cards.iter().map(method).collect()),
            supported_payment_methods: MerchantConfig::cards().supported_payment_methods,
        }
    }
}
