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

/// A setup intent to create.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateSetupIntentRequest {
    /// The merchant's reference.
    #[schema(required, value_type = String, min_length = 1, max_length = 60)]
    pub reference: Option<String>,
    /// What the card is kept for.
    #[schema(max_length = 4096)]
    pub description: Option<String>,
    /// Whose card it is.
    pub customer: Option<Customer>,
    /// `Auto`, the only one there is for setup intents.
    #[schema(required = false, value_type = wire::CaptureMode)]
    pub capture_mode: Option<CaptureMode>,
    /// How it may be paid: `Card`, `Wallet`, `SavedCard`.
    #[schema(schema_with = bounds::payment_methods)]
    pub payment_methods: Option<Vec<String>>,
    /// The payer's address.
    pub billing_address: Option<Address>,
    /// Where the goods go.
    pub shipping_details: Option<ShippingDetails>,
    /// How the checkout page looks and where it leads.
    pub config: Option<PaymentIntentConfigRequest>,
    /// The merchant's own notes.
    #[schema(schema_with = bounds::metadata)]
    pub metadata: Option<BTreeMap<String, String>>,
    /// Which kind of software sends it; it is kept as it is sent.
    #[schema(max_length = 2000)]
    pub payment_source: Option<String>,
    /// What the merchant means to charge; what it charges is its payment
    /// intent's.
    pub intended_amount: Option<Money>,
    /// What the card may be charged for: `NoShow`, once, or `Unscheduled`.
    #[schema(required, value_type = String, max_length = 2000)]
    pub merchant_initiated_transaction_type: Option<String>,
    /// What the card holder has to agree to.
    #[schema(required, value_type = String, min_length = 1, max_length = 10240)]
    pub terms: Option<String>,
    /// The order behind it.
    pub order_details: Option<OrderDetails>,
    /// When it expires without a card; after 30 days if left out.
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

/// Where a setup intent stands.
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

/// A setup intent. Who holds nothing but its id learns nothing of the payer and
/// of the merchant's own notes.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetupIntentPublicResponse<'a> {
    /// Its id.
    pub id: Option<&'a str>,
    /// Opens it to the payer's device, once and for half an hour.
    pub client_session_secret: Option<&'a str>,
    /// When that ends.
    #[schema(format = DateTime)]
    pub client_session_secret_expiration_date: Option<String>,
    /// Where it stands.
    #[schema(value_type = SetupIntentStatus)]
    pub status: Status,
    /// How a card may be given.
    #[schema(value_type = Option<Vec<String>>)]
    pub payment_methods: Option<&'a [String]>,
    /// Whose card it is.
    pub customer: Option<Customer>,
    /// The payer's device.
    pub request_security: Option<RequestSecurity>,
    /// The payer's address.
    pub billing_address: Option<Address>,
    /// Where the goods go.
    pub shipping_details: Option<ShippingDetails>,
    /// When it was created.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// When it expires without a card.
    #[schema(format = DateTime)]
    pub expire_at: Option<String>,
    /// The merchant's reference.
    pub reference: Option<&'a str>,
    /// What the card is kept for.
    pub description: Option<&'a str>,
    /// What the merchant can take.
    pub merchant_config: Option<MerchantConfig>,
    /// How the checkout page looks and where it leads.
    pub config: Option<PaymentIntentConfigResponse<'a>>,
    /// The merchant's own notes.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub metadata: Option<&'a BTreeMap<String, String>>,
    /// The verified card.
    pub payment_details: Option<PaymentDetails<'a>>,
    /// What the merchant means to charge.
    pub intended_amount: Option<Money>,
    /// What the card may be charged for.
    #[schema(value_type = String)]
    pub merchant_initiated_transaction_type: TransactionType,
    /// What the card holder has to agree to, or agreed to.
    pub terms: Option<&'a str>,
    /// Which door the intent came through.
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
    /// What happened so far.
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
