//! A payment intent as its payer may see it, who holds nothing but its id.

use serde::Serialize;
use tatami_core::account::Account;
use tatami_core::payment_intent as core;
use tatami_core::time::ticks;
use url::Url;
use utoipa::ToSchema;

use super::config::{Branding, PaymentIntentConfigResponse};
use super::money::Money;
use super::order::{ActionLink, ItemLine, TaxLine};
use super::payment_intent::{CaptureMode, MerchantConfig, PaymentIntentStatus, payment_link};

/// The part of a payment intent that its payer may see: without the customer's details,
/// metadata and earlier attempts.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicPaymentIntent<'a> {
    /// Unique id of the payment intent, beginning with `pi_`.
    pub id: &'a str,
    /// When the money is captured: with the authorization (`Auto`) or by a separate
    /// request (`Manual`).
    #[schema(value_type = CaptureMode)]
    pub capture_mode: core::CaptureMode,
    /// `true` if the card holder is absent, as in an order by telephone.
    pub card_holder_not_present: bool,
    /// Secret with which a browser or an app can pay this intent. It can be used once
    /// and is valid for 30 minutes.
    #[schema(format = Password)]
    pub client_session_secret: &'a str,
    /// When `clientSessionSecret` expires (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub client_session_secret_expiration_date: String,
    /// Current status of the payment intent.
    #[schema(value_type = PaymentIntentStatus)]
    pub status: core::Status,
    /// Payment methods that the payer may use: `Card`, `Wallet`, `SavedCard`.
    #[schema(value_type = Vec<String>)]
    pub payment_methods: &'a [String],
    /// Amount to be paid, without tips, service charge and cashback.
    pub amount: Money,
    /// Tips, in addition to `amount`.
    pub tips_amount: Option<Money>,
    /// Sum of `amount`, `tipsAmount`, `serviceChargeAmount` and `cashbackAmount`.
    pub total_amount: Money,
    /// Cash handed to the customer, in addition to `amount`.
    pub cashback_amount: Option<Money>,
    /// Service charge, in addition to `amount`.
    pub service_charge_amount: Option<Money>,
    /// When the payment intent was created (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When the payment intent was last changed (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// When the payment intent is canceled if nobody has paid it (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub expire_at: String,
    /// The merchant's own reference, such as an order number.
    pub reference: &'a str,
    /// Text that says what the payment is for.
    pub description: Option<&'a str>,
    /// Items of the order. They do not change the amount.
    pub item_lines: Vec<ItemLine>,
    /// Taxes and fees of the order. They do not change the amount.
    pub tax_lines: Vec<TaxLine>,
    /// A link that belongs to the payment, as the merchant sent it.
    pub action_link: Option<ActionLink>,
    /// Card schemes and wallets that the merchant's account accepts.
    pub merchant_config: MerchantConfig,
    /// Settings of the checkout page.
    pub config: PaymentIntentConfigResponse<'a>,
    /// Kind of software that created the intent.
    pub payment_source: &'a str,
    /// URL of the checkout page where the payer pays this intent.
    #[schema(format = "uri")]
    pub payment_link: String,
}

impl<'a> PublicPaymentIntent<'a> {
    /// What the payer may see of an intent, with its current secret.
    pub fn of(
        intent: &'a core::PaymentIntent,
        account: &'a Account,
        branding: Branding,
        public_url: &Url,
        secret: &'a str,
    ) -> Self {
        let details = &*intent.details;
        Self {
            id: intent.id.as_str(),
            capture_mode: intent.capture_mode,
            card_holder_not_present: details.card_holder_not_present,
            client_session_secret: secret,
            client_session_secret_expiration_date: ticks(intent.session.expires_at),
            status: intent.status,
            payment_methods: &details.payment_methods,
            amount: intent.amount.into(),
            tips_amount: intent.tips.map(Into::into),
            total_amount: intent.total().into(),
            cashback_amount: intent.cashback.map(Into::into),
            service_charge_amount: intent.service_charge.map(Into::into),
            created_at: ticks(intent.created_at),
            updated_at: ticks(intent.updated_at),
            expire_at: ticks(intent.expire_at),
            reference: &details.reference,
            description: details.description.as_deref(),
            item_lines: details.item_lines.iter().cloned().map(Into::into).collect(),
            tax_lines: details.tax_lines.iter().cloned().map(Into::into).collect(),
            action_link: details.action_link.clone().map(Into::into),
            merchant_config: MerchantConfig::of(details),
            config: PaymentIntentConfigResponse::for_payer(
                details.config.as_ref(),
                account,
                branding,
            ),
            payment_source: details.page_source(),
            payment_link: payment_link(public_url, intent),
        }
    }
}
