//! A payment intent as its merchant sees it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use tatami_core::account::Account;
use tatami_core::payment_intent as core;
use tatami_core::time::{TimeSpan, Timestamp, serialize_ticks, ticks};
use url::Url;
use utoipa::ToSchema;

use super::config::PaymentIntentConfigResponse;
use super::money::Money;
use super::order::{ActionLink, ItemLine, OrderDetails, TaxLine};
use super::party::{Address, Customer, RequestSecurity, ShippingDetails};
use super::payment_story::{CaptureDetails, PaymentDetails, PaymentEvent};
use super::terminal_session::TerminalSessionHistoryResponse;

/// What stands in the place of an expiry date when no secret is given.
pub const NO_DATE: &str = "0001-01-01T00:00:00Z";

/// Whether the money is taken at once.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(default = "Auto")]
pub enum CaptureMode {
    /// At once.
    Auto,
    /// When the merchant asks.
    Manual,
}

/// What happens when the hold of a manual authorization is over.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub enum AutoExpireAction {
    /// The money is let go.
    Release,
    /// The money is taken.
    Capture,
}

/// Where a payment intent stands.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum PaymentIntentStatus {
    Created,
    Authorized,
    Captured,
    Reversed,
    Refunded,
    Canceled,
}

/// What the merchant can take.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MerchantConfig {
    /// The ways to pay.
    pub supported_payment_methods: Option<SupportedPaymentMethods>,
}

/// The ways to pay.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SupportedPaymentMethods {
    /// Card schemes.
    #[schema(value_type = Option<Vec<String>>)]
    pub card_schemes: Option<&'static [&'static str]>,
    /// Wallets.
    #[schema(value_type = Option<Vec<String>>)]
    pub wallets: Option<&'static [&'static str]>,
}

impl MerchantConfig {
    /// Every card scheme, and no wallet.
    pub fn cards() -> Self {
        Self {
            supported_payment_methods: Some(SupportedPaymentMethods {
                card_schemes: Some(&["VISA", "MASTERCARD", "MAESTRO", "DISCOVER", "DCI", "AMEX"]),
                wallets: Some(&[]),
            }),
        }
    }
}

/// A payment intent.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentIntent<'a> {
    /// Its id.
    pub id: Option<&'a str>,
    /// Whether the money is taken at once.
    #[schema(value_type = CaptureMode)]
    pub capture_mode: core::CaptureMode,
    /// Whether the payer is absent.
    pub card_holder_not_present: bool,
    /// Opens this payment to the payer's device, once and for half an hour.
    pub client_session_secret: Option<&'a str>,
    /// When that ends.
    #[schema(value_type = String, format = DateTime)]
    pub client_session_secret_expiration_date: Cow<'static, str>,
    /// The approved payment.
    pub payment_details: Option<PaymentDetails<'a>>,
    /// Where it stands.
    #[schema(value_type = PaymentIntentStatus)]
    pub status: core::Status,
    /// How it may be paid.
    #[schema(value_type = Option<Vec<String>>)]
    pub payment_methods: Option<&'a [String]>,
    /// What is to be paid, without tips, service charge and cashback.
    pub amount: Option<Money>,
    /// Tips.
    pub tips_amount: Option<Money>,
    /// What was asked for before the amount changed.
    pub requested_amount: Option<Money>,
    /// Everything together.
    pub total_amount: Option<Money>,
    /// Minor units given back so far.
    pub refunded_amount: Option<i64>,
    /// Who pays.
    pub customer: Option<Customer>,
    /// The payer's device.
    pub request_security: Option<RequestSecurity>,
    /// The payer's address.
    pub billing_address: Option<Address>,
    /// Where the goods go.
    pub shipping_details: Option<ShippingDetails>,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "serialize_ticks")]
    pub created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "serialize_ticks")]
    pub updated_at: Timestamp,
    /// The merchant's reference.
    pub reference: Option<&'a str>,
    /// What is paid for.
    pub description: Option<&'a str>,
    /// Not used.
    pub subtotal_line_items: Option<Money>,
    /// The order's positions.
    pub item_lines: Option<Vec<ItemLine>>,
    /// The order's taxes.
    pub tax_lines: Option<Vec<TaxLine>>,
    /// A link to show with the payment.
    pub action_link: Option<ActionLink>,
    /// What the merchant can take.
    pub merchant_config: Option<MerchantConfig>,
    /// How the checkout page looks and where it leads.
    pub config: Option<PaymentIntentConfigResponse<'a>>,
    /// Which door the intent came through.
    pub payment_source: Option<&'a str>,
    /// What happens when the hold of a manual authorization is over.
    #[schema(value_type = Option<AutoExpireAction>)]
    pub auto_expire_action: Option<core::AutoExpireAction>,
    /// When an unpaid intent is voided.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(serialize_with = "serialize_ticks")]
    pub expire_at: Timestamp,
    /// How long a manual authorization is held (`dd.hh:MM:ss`).
    #[schema(value_type = Option<String>, format = "timespan")]
    pub auto_expire_in: Option<TimeSpan>,
    /// The merchant's own notes.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub metadata: Option<&'a BTreeMap<String, String>>,
    /// The order behind the payment.
    pub order_details: Option<OrderDetails>,
    /// A setup intent whose card is to be charged.
    pub setup_intent_id: Option<&'a str>,
    /// Cash handed out on top.
    pub cashback_amount: Option<Money>,
    /// A service charge on top.
    pub service_charge_amount: Option<Money>,
    /// What happened so far.
    pub payment_events: Option<Vec<PaymentEvent<'a>>>,
    /// The checkout page.
    #[schema(format = "uri")]
    pub payment_link: Option<String>,
    /// Sessions on card machines.
    pub terminal_session_history: Option<Vec<TerminalSessionHistoryResponse>>,
    /// Captures of a manual payment.
    pub captures: Option<Vec<CaptureDetails>>,
}

/// The secrets that an answer gives away.
#[derive(Clone, Copy, Default)]
pub struct Secrets<'a> {
    /// That of the client session.
    pub session: Option<&'a str>,
    /// That of the customer, which the payment link carries.
    pub customer: Option<&'a str>,
}

/// The checkout page of an intent.
pub fn payment_link(public_url: &Url, intent: &core::PaymentIntent) -> String {
    let base = public_url.as_str().trim_end_matches('/');
    [base, "/checkout/", intent.id.as_str()].concat()
}

/// The checkout page with the customer's saved cards.
fn customers_payment_link(
    public_url: &Url,
    intent: &core::PaymentIntent,
    secret: Option<&str>,
) -> String {
    let link = payment_link(public_url, intent);
    let customer = intent.details.customer.as_ref();
    let (Some(customer), Some(secret)) = (customer, secret) else {
        return link;
    };
    let Some(id) = &customer.id else {
        return link;
    };
    // Ids and secrets are base64url: nothing to escape.
    let first = customer.saved_card_id.as_ref();
    let first = first.map_or_else(String::new, |card| format!("&cpm={card}"));
    format!("{link}?cid={id}&csc={secret}{first}")
}

impl<'a> PaymentIntent<'a> {
    /// The intent as it is now, with the secrets that are given away.
    pub fn of(
        intent: &'a core::PaymentIntent,
        account: &'a Account,
        public_url: &Url,
        secrets: Secrets<'a>,
    ) -> Self {
        let details = &*intent.details;
        let secret_ends = secrets.session.map_or(Cow::Borrowed(NO_DATE), |_| {
            Cow::Owned(ticks(intent.session.expires_at))
        });
        Self {
            id: Some(intent.id.as_str()),
            capture_mode: intent.capture_mode,
            card_holder_not_present: details.card_holder_not_present,
            client_session_secret: secrets.session,
            client_session_secret_expiration_date: secret_ends,
            payment_details: intent.authorization.as_deref().map(Into::into),
            status: intent.status,
            payment_methods: Some(&details.payment_methods),
            amount: Some(intent.amount.into()),
            tips_amount: intent.tips.map(Into::into),
            requested_amount: intent.requested_amount.map(Into::into),
            total_amount: Some(intent.total().into()),
            refunded_amount: Some(intent.refunded()),
            customer: details.customer.clone().map(Into::into),
            request_security: details.request_security.clone().map(Into::into),
            billing_address: details.billing_address.clone().map(Into::into),
            shipping_details: details.shipping.clone().map(Into::into),
            created_at: intent.created_at,
            updated_at: intent.updated_at,
            reference: Some(&details.reference),
            description: details.description.as_deref(),
            subtotal_line_items: None,
            item_lines: Some(details.item_lines.iter().cloned().map(Into::into).collect()),
            tax_lines: Some(details.tax_lines.iter().cloned().map(Into::into).collect()),
            action_link: details.action_link.clone().map(Into::into),
            merchant_config: Some(MerchantConfig::cards()),
            config: Some(PaymentIntentConfigResponse::of(
                details.config.as_ref(),
                &account.name,
            )),
            payment_source: Some(details.source()),
            auto_expire_action: intent.auto_expire_action,
            expire_at: intent.expire_at,
            auto_expire_in: intent.auto_expire_in,
            metadata: Some(&details.metadata).filter(|m| !m.is_empty()),
            order_details: details.order_details.clone().map(Into::into),
            setup_intent_id: details.setup_intent_id.as_deref(),
            cashback_amount: intent.cashback.map(Into::into),
            service_charge_amount: intent.service_charge.map(Into::into),
            payment_events: Some(
                intent
                    .payment_events
                    .iter()
                    .filter_map(PaymentEvent::of)
                    .collect(),
            ),
            payment_link: Some(customers_payment_link(public_url, intent, secrets.customer)),
            terminal_session_history: Some(
                intent.terminal_sessions.iter().map(Into::into).collect(),
            ),
            captures: Some(intent.captures.iter().map(Into::into).collect()),
        }
    }
}
