//! Setup intents: to create, and as their merchant and their payer see them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tatami_core::account::Account;
use tatami_core::id::SavedCardId;
use tatami_core::payment_intent::{CaptureMode, Details};
use tatami_core::problem::Violation;
use tatami_core::setup_intent::{Draft, SetupIntent, Status, TransactionType, Verification};
use tatami_core::time::ticks;
use utoipa::ToSchema;

use super::bounds;
use super::config::{PaymentIntentConfigRequest, PaymentIntentConfigResponse};
use super::money::Money;
use super::order::OrderDetails;
use super::party::{Address, Customer, RequestSecurity, ShippingDetails};
use super::payment_intent::{self as wire, MerchantConfig};
use super::payment_story::{PaymentDetails, PaymentEvent};
use super::requests::published;

/// The setup intent to create.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateSetupIntentRequest {
    /// The merchant's own reference, such as a booking number. The card holder sees it.
    #[schema(required, value_type = String, min_length = 1, max_length = 60)]
    pub reference: Option<String>,
    /// Text that says what the card is kept for.
    #[schema(max_length = 4096)]
    pub description: Option<String>,
    /// The customer who gives the card.
    pub customer: Option<Customer>,
    /// `Auto`, the only mode that setup intents allow; may be left out.
    #[schema(required = false, value_type = wire::CaptureMode)]
    pub capture_mode: Option<CaptureMode>,
    /// Payment methods that may be used: `Card`, `Wallet`, `SavedCard`. `Card` if left
    /// out.
    #[schema(schema_with = bounds::payment_methods)]
    pub payment_methods: Option<Vec<String>>,
    /// Billing address of the card holder.
    pub billing_address: Option<Address>,
    /// Name and address to which goods are delivered.
    pub shipping_details: Option<ShippingDetails>,
    /// Settings of the checkout page.
    pub config: Option<PaymentIntentConfigRequest>,
    /// Key-value pairs to store with the setup intent.
    #[schema(schema_with = bounds::metadata)]
    pub metadata: Option<BTreeMap<String, String>>,
    /// Kind of software that sends the request; stored and returned unchanged.
    #[schema(max_length = 2000)]
    pub payment_source: Option<String>,
    /// Amount that the merchant expects to charge, for information. What is charged is
    /// the amount of the payment intent.
    pub intended_amount: Option<Money>,
    /// What the card may be charged for: `NoShow` (one charge) or `Unscheduled` (any
    /// number of charges).
    #[schema(required, value_type = String, max_length = 2000)]
    pub merchant_initiated_transaction_type: Option<String>,
    /// Terms that the card holder must agree to before the card is saved.
    #[schema(required, value_type = String, min_length = 1, max_length = 10240)]
    pub terms: Option<String>,
    /// Details about the order behind the setup intent.
    pub order_details: Option<OrderDetails>,
    /// When the setup intent expires if no card was given (ISO 8601, in the future).
    /// After 30 days if left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expire_at: Option<Timestamp>,
}

impl CreateSetupIntentRequest {
    /// The request as the rules know it.
    pub fn draft(self, broken: &mut Vec<Violation>) -> Draft {
        let named = self.merchant_initiated_transaction_type;
        let kind = named.as_deref().and_then(TransactionType::from_name);
        if kind.is_none() && named.is_some() {
            broken.push(Violation::new(
                "MerchantInitiatedTransactionType",
                "The MerchantInitiatedTransactionType must be NoShow or Unscheduled.",
            ));
        }
        Draft {
            kind,
            terms: self.terms.unwrap_or_default(),
            capture_mode: self.capture_mode,
            intended_amount: self.intended_amount.map(Into::into),
            expire_at: self.expire_at,
            details: Details {
                reference: self.reference.unwrap_or_default(),
                description: self.description,
                customer: self.customer.map(Into::into),
                billing_address: self.billing_address.map(Into::into),
                shipping: self.shipping_details.map(Into::into),
                config: self.config.map(Into::into),
                payment_methods: published(self.payment_methods.unwrap_or_default()),
                metadata: self.metadata.unwrap_or_default(),
                order_details: self.order_details.map(Into::into),
                payment_source: self.payment_source,
                ..Details::default()
            },
        }
    }
}

/// Status of a setup intent: `Created` (no card yet), `Authorized` (the card can be
/// charged), `Completed` (charged), `Canceled` (given up without a card), `Expired` (no
/// card in time), `CardExpired` (the card is no longer valid) or `Closed` (given up
/// with a card, which is deleted).
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum SetupIntentStatus {
    Created,
    Authorized,
    Canceled,
    Completed,
    Expired,
    CardExpired,
    Closed,
}

/// A setup intent. Details of the payer and metadata are only in the merchant's
/// answers.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetupIntentPublicResponse<'a> {
    /// Unique id of the setup intent, beginning with `si_`.
    pub id: Option<&'a str>,
    /// Secret with which a browser or an app can give a card. It can be used once and
    /// is valid for 30 minutes.
    #[schema(format = Password)]
    pub client_session_secret: Option<&'a str>,
    /// When `clientSessionSecret` expires (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub client_session_secret_expiration_date: Option<String>,
    /// Current status of the setup intent.
    #[schema(value_type = SetupIntentStatus)]
    pub status: Status,
    /// Payment methods that may be used: `Card`, `Wallet`, `SavedCard`.
    #[schema(value_type = Option<Vec<String>>)]
    pub payment_methods: Option<&'a [String]>,
    /// The customer who gives the card. Only for the merchant.
    pub customer: Option<Customer>,
    /// Data about the card holder's device. Only for the merchant.
    pub request_security: Option<RequestSecurity>,
    /// Billing address of the card holder. Only for the merchant.
    pub billing_address: Option<Address>,
    /// Name and address to which goods are delivered. Only for the merchant.
    pub shipping_details: Option<ShippingDetails>,
    /// When the setup intent was created (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When the setup intent was last changed (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// When the setup intent expires if no card was given (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub expire_at: Option<String>,
    /// The merchant's own reference, such as a booking number.
    pub reference: Option<&'a str>,
    /// Text that says what the card is kept for.
    pub description: Option<&'a str>,
    /// Card schemes and wallets that the merchant's account accepts.
    pub merchant_config: Option<MerchantConfig>,
    /// Settings of the checkout page.
    pub config: Option<PaymentIntentConfigResponse<'a>>,
    /// Key-value pairs that the merchant stored. Only for the merchant.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub metadata: Option<&'a BTreeMap<String, String>>,
    /// The card and its verification, once a card was given. Only for the merchant.
    pub payment_details: Option<PaymentDetails<'a>>,
    /// Amount that the merchant expects to charge.
    pub intended_amount: Option<Money>,
    /// What the card may be charged for: `NoShow` (one charge) or `Unscheduled` (any
    /// number of charges).
    #[schema(value_type = String)]
    pub merchant_initiated_transaction_type: TransactionType,
    /// Terms that the card holder agrees to.
    pub terms: Option<&'a str>,
    /// Kind of software that created the setup intent.
    pub payment_source: Option<&'a str>,
}

/// A setup intent as its merchant sees it.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetupIntentResponse<'a> {
    /// What its payer may know, and more.
    #[serde(flatten)]
    pub public: SetupIntentPublicResponse<'a>,
    /// History of the setup intent, oldest event first.
    pub setup_events: Option<Vec<PaymentEvent<'a>>>,
}

impl<'a> SetupIntentPublicResponse<'a> {
    /// What the payer may see, with the current secret.
    pub fn of(intent: &'a SetupIntent, account: &'a Account, secret: &'a str) -> Self {
        let details = &intent.details;
        Self {
            id: Some(intent.id.as_str()),
            client_session_secret: Some(secret),
            client_session_secret_expiration_date: Some(ticks(intent.session.expires_at)),
            status: intent.status,
            payment_methods: Some(&details.payment_methods),
            customer: None,
            request_security: None,
            billing_address: None,
            shipping_details: None,
            created_at: ticks(intent.created_at),
            updated_at: ticks(intent.updated_at),
            expire_at: Some(ticks(intent.expire_at)),
            reference: Some(&details.reference),
            description: details.description.as_deref(),
            merchant_config: Some(MerchantConfig::cards()),
            config: Some(PaymentIntentConfigResponse::of(
                details.config.as_ref(),
                &account.name,
            )),
            metadata: None,
            payment_details: None,
            intended_amount: intent.intended_amount.map(Into::into),
            merchant_initiated_transaction_type: intent.kind,
            terms: Some(&intent.terms),
            payment_source: Some(details.source()),
        }
    }
}

impl<'a> SetupIntentResponse<'a> {
    /// The intent as it is now.
    pub fn of(intent: &'a SetupIntent, account: &'a Account, secret: &'a str) -> Self {
        let details = &intent.details;
        let events = intent.events.iter().filter_map(PaymentEvent::of);
        Self {
            public: SetupIntentPublicResponse {
                customer: details.customer.clone().map(Into::into),
                request_security: details.request_security.clone().map(Into::into),
                billing_address: details.billing_address.clone().map(Into::into),
                shipping_details: details.shipping.clone().map(Into::into),
                metadata: Some(&details.metadata).filter(|m| !m.is_empty()),
                payment_details: intent.verification.as_ref().map(Into::into),
                ..SetupIntentPublicResponse::of(intent, account, secret)
            },
            setup_events: Some(events.collect()),
        }
    }
}

impl<'a> From<&'a Verification> for PaymentDetails<'a> {
    fn from(verified: &'a Verification) -> Self {
        Self {
            transaction_id: Some(&verified.transaction_id),
            transaction_date_time: Some(ticks(verified.at)),
            message: Some(&verified.message),
            payment_method_id: verified.saved_card.as_ref().map(SavedCardId::as_str),
            auth_code: Some(&verified.auth_code),
            card: Some((&verified.card).into()),
            avs_result: verified.avs_result.as_deref(),
        }
    }
}
