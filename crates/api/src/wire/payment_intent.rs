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

/// When the money is captured: `Auto` with the authorization, `Manual` when the
/// merchant sends a capture.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(default = "Auto")]
pub enum CaptureMode {
    /// Captured together with the authorization.
    Auto,
    /// Authorized first; captured by `POST /payment-intents/{id}/captures`.
    Manual,
}

/// What happens when a manual authorization expires: `Release` returns the money,
/// `Capture` captures the whole amount if nothing was captured before.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub enum AutoExpireAction {
    /// The authorization is released; no money is taken.
    Release,
    /// The whole amount is captured, unless some of it was captured before.
    Capture,
}

/// Status of a payment intent: `Created` (not paid), `Authorized` (money held),
/// `Captured` (money taken, in whole or in part), `Reversed` (undone in full),
/// `Refunded` (everything captured was returned) or `Canceled` (given up unpaid).
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

/// What the merchant's account accepts.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MerchantConfig {
    /// Card schemes and wallets that the account accepts.
    pub supported_payment_methods: Option<SupportedPaymentMethods>,
}

/// Card schemes and wallets that an account accepts.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SupportedPaymentMethods {
    /// Accepted card schemes: `VISA`, `MASTERCARD`, `MAESTRO`, `DISCOVER`, `DCI`,
    /// `AMEX`.
    #[schema(value_type = Option<Vec<String>>)]
    pub card_schemes: Option<&'static [&'static str]>,
    /// Accepted wallets; an empty list if there are none.
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

    /// Every card scheme, and the wallets if the order can be paid with them.
    pub fn of(details: &core::Details) -> Self {
        let mut config = Self::cards();
        if let Some(methods) = &mut config.supported_payment_methods
            && details.offers(core::Method::Wallet)
        {
            methods.wallets = Some(&core::WalletType::NAMES);
        }
        config
    }
}

/// A purchase, from its creation to its last refund.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentIntent<'a> {
    /// Unique id of the payment intent, beginning with `pi_`.
    pub id: Option<&'a str>,
    /// When the money is captured: with the authorization (`Auto`) or by a separate
    /// request (`Manual`).
    #[schema(value_type = CaptureMode)]
    pub capture_mode: core::CaptureMode,
    /// `true` if the card holder is absent, as in an order by telephone, and the card
    /// details are typed in for them.
    pub card_holder_not_present: bool,
    /// Secret with which a browser or an app can pay this intent. It can be used once
    /// and is valid for 30 minutes. From version 2024-02-05 on it is returned if the
    /// intent was created with `generateRemoteToken`, and by the operations that renew
    /// it.
    #[schema(format = Password)]
    pub client_session_secret: Option<&'a str>,
    /// When `clientSessionSecret` expires (ISO 8601, UTC).
    #[schema(value_type = String, format = DateTime)]
    pub client_session_secret_expiration_date: Cow<'static, str>,
    /// The approved payment: transaction, card and approval code. Left out until the
    /// intent is paid.
    pub payment_details: Option<PaymentDetails<'a>>,
    /// Current status of the payment intent.
    #[schema(value_type = PaymentIntentStatus)]
    pub status: core::Status,
    /// Payment methods that the payer may use: `Card`, `Wallet`, `SavedCard`.
    #[schema(value_type = Option<Vec<String>>)]
    pub payment_methods: Option<&'a [String]>,
    /// Amount to be paid, without tips, service charge and cashback.
    pub amount: Option<Money>,
    /// Tips, in addition to `amount`.
    pub tips_amount: Option<Money>,
    /// The amount before it was first changed; left out if it never changed.
    pub requested_amount: Option<Money>,
    /// Sum of `amount`, `tipsAmount`, `serviceChargeAmount` and `cashbackAmount`.
    pub total_amount: Option<Money>,
    /// Total of all refunds so far, in minor units of the currency.
    pub refunded_amount: Option<i64>,
    /// Contact details of the customer who pays.
    pub customer: Option<Customer>,
    /// Data about the payer's device, as the merchant sent it.
    pub request_security: Option<RequestSecurity>,
    /// Billing address of the card holder.
    pub billing_address: Option<Address>,
    /// Name and address to which the goods are delivered.
    pub shipping_details: Option<ShippingDetails>,
    /// When the payment intent was created (ISO 8601, UTC).
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "serialize_ticks")]
    pub created_at: Timestamp,
    /// When the payment intent was last changed (ISO 8601, UTC).
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "serialize_ticks")]
    pub updated_at: Timestamp,
    /// The merchant's own reference, such as an order number.
    pub reference: Option<&'a str>,
    /// Text that says what the payment is for.
    pub description: Option<&'a str>,
    /// Never returned; part of the published contract.
    pub subtotal_line_items: Option<Money>,
    /// Items of the order. They do not change the amount.
    pub item_lines: Option<Vec<ItemLine>>,
    /// Taxes and fees of the order. They do not change the amount.
    pub tax_lines: Option<Vec<TaxLine>>,
    /// A link that belongs to the payment, as the merchant sent it.
    pub action_link: Option<ActionLink>,
    /// Card schemes and wallets that the merchant's account accepts.
    pub merchant_config: Option<MerchantConfig>,
    /// Settings of the checkout page.
    pub config: Option<PaymentIntentConfigResponse<'a>>,
    /// Kind of software that created the intent, as it was sent; otherwise
    /// `virtual-terminal` if the card holder is absent, and `api` if not.
    pub payment_source: Option<&'a str>,
    /// What happens when a manual authorization expires.
    #[schema(value_type = Option<AutoExpireAction>)]
    pub auto_expire_action: Option<core::AutoExpireAction>,
    /// When the payment intent is canceled if nobody has paid it (ISO 8601, UTC).
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(serialize_with = "serialize_ticks")]
    pub expire_at: Timestamp,
    /// How long a manual authorization is held, as `dd.hh:MM:ss`. Only for the capture
    /// mode `Manual`.
    #[schema(value_type = Option<String>, format = "timespan")]
    pub auto_expire_in: Option<TimeSpan>,
    /// Key-value pairs that the merchant stored with the intent.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub metadata: Option<&'a BTreeMap<String, String>>,
    /// Details about the order behind the payment.
    pub order_details: Option<OrderDetails>,
    /// Id of the setup intent whose saved card is charged.
    pub setup_intent_id: Option<&'a str>,
    /// Cash handed to the customer, in addition to `amount`.
    pub cashback_amount: Option<Money>,
    /// Service charge, in addition to `amount`.
    pub service_charge_amount: Option<Money>,
    /// History of the payment, oldest event first.
    pub payment_events: Option<Vec<PaymentEvent<'a>>>,
    /// URL of the checkout page where the payer pays this intent.
    #[schema(format = "uri")]
    pub payment_link: Option<String>,
    /// Card machine sessions of this intent, each with its payment if there was one.
    pub terminal_session_history: Option<Vec<TerminalSessionHistoryResponse>>,
    /// Captures of a manual authorization, oldest first.
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
            merchant_config: Some(MerchantConfig::of(details)),
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
