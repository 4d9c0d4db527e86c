//! A payment intent as its payer may see it, who holds nothing but its id.

use serde::Serialize;
use tatami_core::account::Account;
use tatami_core::payment_intent as core;
use tatami_core::time::ticks;
use url::Url;
use utoipa::ToSchema;

use super::config::PaymentIntentConfigResponse;
use super::money::Money;
use super::order::{ActionLink, ItemLine, TaxLine};
use super::payment_intent::{CaptureMode, MerchantConfig, PaymentIntentStatus, payment_link};

/// What a payer may see of a payment intent: nothing about who else is
/// concerned, nothing of the merchant's own notes, nothing of earlier attempts.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicPaymentIntent<'a> {
    /// Its id.
    pub id: &'a str,
    /// Whether the money is taken at once.
    #[schema(value_type = CaptureMode)]
    pub capture_mode: core::CaptureMode,
    /// Whether the payer is absent.
    pub card_holder_not_present: bool,
    /// Opens this payment to the payer's device, once and for half an hour.
    pub client_session_secret: &'a str,
    /// When that ends.
    #[schema(format = DateTime)]
    pub client_session_secret_expiration_date: String,
    /// Where it stands.
    #[schema(value_type = PaymentIntentStatus)]
    pub status: core::Status,
    /// How it may be paid.
    #[schema(value_type = Vec<String>)]
    pub payment_methods: &'a [String],
    /// What is to be paid, without tips, service charge and cashback.
    pub amount: Money,
    /// Tips.
    pub tips_amount: Option<Money>,
    /// Everything together.
    pub total_amount: Money,
    /// Cash handed out on top.
    pub cashback_amount: Option<Money>,
    /// A service charge on top.
    pub service_charge_amount: Option<Money>,
    /// When it was created.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// When an unpaid intent is voided.
    #[schema(format = DateTime)]
    pub expire_at: String,
    /// The merchant's reference.
    pub reference: &'a str,
    /// What is paid for.
    pub description: Option<&'a str>,
    /// The order's positions.
    pub item_lines: Vec<ItemLine>,
    /// The order's taxes.
    pub tax_lines: Vec<TaxLine>,
    /// A link to show with the payment.
    pub action_link: Option<ActionLink>,
    /// What the merchant can take.
    pub merchant_config: MerchantConfig,
    /// How the checkout page looks and where it leads.
    pub config: PaymentIntentConfigResponse<'a>,
    /// Which door the intent came through.
    pub payment_source: &'a str,
    /// The checkout page.
    #[schema(format = "uri")]
    pub payment_link: String,
}

impl<'a> PublicPaymentIntent<'a> {
    /// What the payer may see of an intent, with its current secret.
    pub fn of(
        intent: &'a core::PaymentIntent,
        account: &'a Account,
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
            merchant_config: MerchantConfig::cards(),
            config: PaymentIntentConfigResponse::of(details.config.as_ref(), &account.name),
            payment_source: details.page_source(),
            payment_link: payment_link(public_url, intent),
        }
    }
}
