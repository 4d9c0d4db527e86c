//! What callers ask of payment intents.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use tatami_core::payment_intent::{AutoExpireAction, CaptureMode, Details, Draft};
use tatami_core::problem::Violation;
use tatami_core::secret::SecretText;
use tatami_core::time::TimeSpan;
use utoipa::ToSchema;

use super::bounds;
use super::config::PaymentIntentConfigRequest;
use super::money::Money;
use super::order::{ActionLink, ItemLine, OrderDetails, TaxLine, known_items, known_taxes};
use super::party::{Address, PaymentCustomerDetails, RequestSecurity, ShippingDetails};
use super::payment_intent as wire;

/// The ways to pay; written as published whatever the case they come in.
const PAYMENT_METHODS: [&str; 3] = ["Card", "Wallet", "SavedCard"];

/// The payment intent to create.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatePaymentIntentRequest {
    /// When the money is captured: with the authorization (`Auto`, the default) or by a
    /// separate request (`Manual`).
    #[schema(required = false, value_type = wire::CaptureMode)]
    pub capture_mode: Option<CaptureMode>,
    /// Amount to be paid, without tips, service charge and cashback.
    #[schema(required, value_type = Money)]
    pub amount: Option<Money>,
    /// Tips, in addition to `amount`, in the same currency.
    pub tips_amount: Option<Money>,
    /// The merchant's own reference, such as an order number. The payer sees it.
    #[schema(required, value_type = String, min_length = 1, max_length = 60)]
    pub reference: Option<String>,
    /// Text that says what the payment is for.
    #[schema(max_length = 4096)]
    pub description: Option<String>,
    /// The customer who pays.
    pub customer: Option<Box<PaymentCustomerDetails>>,
    /// Billing address of the card holder; the checkout page is filled in with it.
    pub billing_address: Option<Box<Address>>,
    /// Name and address to which the goods are delivered.
    pub shipping_details: Option<Box<ShippingDetails>>,
    /// `true` if the card holder is absent, as in an order by telephone, and the card
    /// details are typed in for them.
    pub card_holder_not_present: Option<bool>,
    /// Settings of the checkout page.
    pub config: Option<Box<PaymentIntentConfigRequest>>,
    /// Data about the payer's device.
    pub request_security: Option<Box<RequestSecurity>>,
    /// Items of the order. They do not change the amount.
    #[schema(max_items = 500)]
    pub item_lines: Option<Vec<ItemLine>>,
    /// Taxes and fees of the order. They do not change the amount.
    #[schema(max_items = 100)]
    pub tax_lines: Option<Vec<TaxLine>>,
    /// Payment methods that the payer may use: `Card`, `Wallet`, `SavedCard`. If left
    /// out, cards and the customer's saved cards are accepted.
    #[schema(schema_with = bounds::payment_methods)]
    pub payment_methods: Option<Vec<String>>,
    /// A link that belongs to the payment.
    pub action_link: Option<Box<ActionLink>>,
    /// When the payment intent is canceled if nobody has paid it (ISO 8601, in the
    /// future). After 30 days if left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expire_at: Option<Timestamp>,
    /// How long a manual authorization is held, as `dd.hh:MM:ss`: more than 30 seconds
    /// and less than 7 days. Only for the capture mode `Manual`.
    #[schema(value_type = Option<String>, format = "timespan")]
    pub auto_expire_in: Option<TimeSpan>,
    /// What happens when a manual authorization expires. Required for the capture mode
    /// `Manual` and refused for `Auto`.
    #[schema(required = false, value_type = wire::AutoExpireAction)]
    pub auto_expire_action: Option<AutoExpireAction>,
    /// Key-value pairs to store with the payment intent.
    #[schema(schema_with = bounds::metadata)]
    pub metadata: Option<BTreeMap<String, String>>,
    /// Id of an authorized setup intent whose saved card is to be charged.
    #[schema(max_length = 2000)]
    pub setup_intent_id: Option<String>,
    /// Kind of software that sends the request; stored and returned unchanged.
    #[schema(max_length = 2000)]
    pub payment_source: Option<String>,
    /// Details about the order behind the payment.
    pub order_details: Option<Box<OrderDetails>>,
    /// Cash handed to the customer, in addition to `amount`, in the same currency.
    pub cashback_amount: Option<Money>,
    /// Service charge, in addition to `amount`, in the same currency.
    pub service_charge_amount: Option<Money>,
    /// `true` to get a client session secret in the answers. Not needed for version
    /// 2022-04-07, which always returns one.
    #[schema(required = false, value_type = bool)]
    pub generate_remote_token: Option<bool>,
    /// `true` if the payment is not an online checkout. Stored; it changes nothing.
    #[schema(required = false, value_type = bool)]
    pub is_not_online_checkout: Option<bool>,
}

impl CreatePaymentIntentRequest {
    /// The secret of its customer, if there is one.
    pub fn customer_secret(&self) -> Option<SecretText> {
        let secret = self.customer.as_ref()?.secret.clone();
        secret.filter(|s| !s.reveal().is_empty())
    }

    /// The request as the rules know it.
    pub fn draft(self, broken: &mut Vec<Violation>) -> Draft {
        Draft {
            capture_mode: self.capture_mode,
            amount: self.amount.map(Into::into),
            tips: self.tips_amount.map(Into::into),
            service_charge: self.service_charge_amount.map(Into::into),
            cashback: self.cashback_amount.map(Into::into),
            expire_at: self.expire_at,
            auto_expire_in: self.auto_expire_in,
            auto_expire_action: self.auto_expire_action,
            details: Box::new(Details {
                reference: self.reference.unwrap_or_default(),
                description: self.description,
                customer: self.customer.map(|customer| customer.known(broken)),
                billing_address: self.billing_address.map(|address| (*address).into()),
                shipping: self.shipping_details.map(|shipping| (*shipping).into()),
                card_holder_not_present: self.card_holder_not_present.unwrap_or(false),
                config: self.config.map(|config| (*config).into()),
                request_security: self.request_security.map(|device| (*device).into()),
                item_lines: known_items(self.item_lines.unwrap_or_default(), broken),
                tax_lines: known_taxes(self.tax_lines.unwrap_or_default(), broken),
                payment_methods: published(self.payment_methods.unwrap_or_default()),
                action_link: self.action_link.and_then(|link| link.known()),
                metadata: self.metadata.unwrap_or_default(),
                order_details: self.order_details.map(|order| (*order).into()),
                setup_intent_id: self.setup_intent_id,
                payment_source: self.payment_source,
                is_not_online_checkout: self.is_not_online_checkout.unwrap_or(false),
                generate_remote_token: self.generate_remote_token.unwrap_or(false),
                ..Details::default()
            }),
        }
    }
}

/// The names of payment methods as published, whatever their case.
pub(super) fn published(methods: Vec<String>) -> Vec<String> {
    let published = |method: String| {
        let known = PAYMENT_METHODS
            .iter()
            .find(|known| known.eq_ignore_ascii_case(&method));
        known.map_or(method, |known| (*known).to_owned())
    };
    methods.into_iter().map(published).collect()
}

/// The new amount of a payment intent.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetAmountRequest {
    /// New amount, without tips, service charge and cashback, in the currency of the
    /// intent.
    #[schema(required, value_type = Money)]
    pub amount: Option<Money>,
    /// Items of the order; they replace the earlier ones.
    #[schema(max_items = 500)]
    pub item_lines: Option<Vec<ItemLine>>,
    /// Taxes and fees of the order; they replace the earlier ones.
    #[schema(max_items = 100)]
    pub tax_lines: Option<Vec<TaxLine>>,
}

/// The new tips of a payment intent.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetTipsAmountRequest {
    /// New tips, in the currency of the intent. They replace the earlier ones.
    #[schema(required, value_type = Money)]
    pub tips_amount: Option<Money>,
}

/// The addresses to which a receipt is sent.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendEmailReceiptRequest {
    /// One to twenty e-mail addresses.
    #[schema(required, schema_with = bounds::emails)]
    pub emails: Option<Vec<String>>,
}
