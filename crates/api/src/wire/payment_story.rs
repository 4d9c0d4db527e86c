//! What happened to a payment intent: its payment, its captures, its events.

use serde::Serialize;
use tatami_core::card::CardSummary;
use tatami_core::id::SavedCardId;
use tatami_core::payment_intent as core;
use tatami_core::time::ticks;
use utoipa::ToSchema;

/// Details of the approved payment.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDetails<'a> {
    /// Id of the transaction at the acquirer.
    pub transaction_id: Option<&'a str>,
    /// When the payment was approved (ISO 8601, UTC).
    pub transaction_date_time: Option<String>,
    /// The acquirer's name for the result, such as `AUTHORIZED`.
    pub message: Option<&'a str>,
    /// Id of the saved card, if the payment was made with one or saved one.
    pub payment_method_id: Option<&'a str>,
    /// Authorization code of the issuer.
    pub auth_code: Option<&'a str>,
    /// The card that was used.
    pub card: Option<Card<'a>>,
    /// Result of the address verification (AVS), such as
    /// `ADDRESS_MATCH_POSTCODE_MATCH`. Left out if no address was checked.
    pub avs_result: Option<&'a str>,
}

/// The card of a payment, with its number masked.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Card<'a> {
    /// Card number with only the first and last digits visible, such as
    /// `44565300****1005`.
    pub card_number: Option<&'a str>,
    /// Name of the card holder as given for the payment.
    pub card_name: Option<&'a str>,
    /// Last day on which the card is valid, as `yyyy-mm-dd`.
    pub expiry_date: Option<String>,
    /// Card scheme, such as `VISA` or `MASTERCARD`.
    pub card_type: Option<&'static str>,
    /// Funding of the card: `Credit`, `Debit` or `Unknown`.
    pub card_funding_type: Option<&'a str>,
    /// Last four digits of the card number.
    #[serde(rename = "last4PAN")]
    pub last4_pan: Option<&'a str>,
    /// How the card machine read the card: `Contactless`, `ContactChip`, `Magstripe` or
    /// `ManualEntry`. Only for payments on card machines.
    pub entry_mode: Option<&'static str>,
    /// How the card machine verified the card holder, such as `Pin`, `Signature` or
    /// `Device`. Only for payments on card machines.
    pub verification_method: Option<&'static str>,
    /// The wallet that paid: `APPLE_PAY` or `GOOGLE_PAY`. Only for payments with one.
    pub wallet_type: Option<&'static str>,
}

/// One capture of a manual authorization.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CaptureDetails {
    /// Unique id of the capture, beginning with `cp_`.
    pub id: Option<String>,
    /// Captured amount without tips, in minor units of the currency.
    pub amount: i64,
    /// Tips captured with it, in minor units of the currency.
    pub tips_amount: Option<i64>,
    /// Current status of the capture.
    pub status: CaptureStatus,
    /// When the capture was requested (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// Status of a capture: `Created` (not confirmed yet), `Successful`, `Declined` or
/// `Failed`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum CaptureStatus {
    Created,
    Successful,
    Declined,
    Failed,
}

/// One event in the history of a payment.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentEvent<'a> {
    /// Id of the transaction at the acquirer.
    pub transaction_id: &'a str,
    /// When the event happened (ISO 8601, UTC).
    pub transaction_date_time: String,
    /// Kind of event, such as `Authorized` or `Declined`.
    pub event_type: PaymentEventType,
    /// Authorization code of the issuer; an empty string if there is none.
    pub auth_code: &'a str,
    /// Card number with only the first and last digits visible.
    pub card_number: Option<&'a str>,
    /// Last day on which the card is valid, as `yyyy-mm-dd`.
    pub expiry_date: Option<String>,
    /// Card scheme, such as `VISA` or `MASTERCARD`.
    pub card_type: Option<&'static str>,
    /// Name of the card holder as given for the payment.
    pub cardholder_name: Option<&'a str>,
    /// Id of the saved card; an empty string if none was used.
    pub payment_method_id: &'a str,
}

/// Kind of event in the history of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum PaymentEventType {
    Created,
    Authorized,
    Captured,
    Reversed,
    Refunded,
    Canceled,
    AuthChallenged,
    Declined,
    ManualAuthReady,
    Error,
    Unknown,
}

impl<'a> From<&'a core::Authorization> for PaymentDetails<'a> {
    fn from(payment: &'a core::Authorization) -> Self {
        let way = payment.in_person.as_ref();
        Self {
            transaction_id: Some(&payment.transaction_id),
            transaction_date_time: Some(ticks(payment.at)),
            message: Some(&payment.message),
            payment_method_id: payment.payment_method.as_ref().map(SavedCardId::as_str),
            auth_code: Some(&payment.auth_code),
            card: Some(Card {
                entry_mode: way.map(|way| way.entry.name()),
                verification_method: way.map(|way| way.verification.name()),
                ..(&payment.card).into()
            }),
            avs_result: payment.avs_result.as_deref(),
        }
    }
}

impl<'a> From<&'a CardSummary> for Card<'a> {
    fn from(card: &'a CardSummary) -> Self {
        Self {
            card_number: Some(&card.masked),
            card_name: Some(&card.holder),
            expiry_date: Some(card.expiry.last_day()),
            card_type: Some(card.scheme.name()),
            card_funding_type: Some(&card.funding),
            last4_pan: Some(&card.last4),
            entry_mode: None,
            verification_method: None,
            wallet_type: card.wallet.map(core::WalletType::name),
        }
    }
}

impl From<&core::Capture> for CaptureDetails {
    fn from(capture: &core::Capture) -> Self {
        Self {
            id: Some(capture.id.to_string()),
            amount: capture.amount,
            tips_amount: capture.tips,
            status: CaptureStatus::Successful,
            created_at: ticks(capture.at),
        }
    }
}

impl<'a> PaymentEvent<'a> {
    /// The event, unless it is one that no client knows a name for.
    pub fn of(event: &'a core::PaymentEvent) -> Option<Self> {
        let card = event.card.as_ref();
        Some(Self {
            transaction_id: &event.transaction_id,
            transaction_date_time: ticks(event.at),
            event_type: PaymentEventType::of(event.kind)?,
            auth_code: &event.auth_code,
            card_number: card.map(|c| c.masked.as_str()),
            expiry_date: card.map(|c| c.expiry.last_day()),
            card_type: card.map(|c| c.scheme.name()),
            cardholder_name: card.map(|c| c.holder.as_str()),
            payment_method_id: event
                .payment_method
                .as_ref()
                .map(SavedCardId::as_str)
                .unwrap_or_default(),
        })
    }
}

impl PaymentEventType {
    fn of(kind: core::PaymentEventKind) -> Option<Self> {
        use core::PaymentEventKind as Kind;
        Some(match kind {
            Kind::AuthChallenged => Self::AuthChallenged,
            Kind::Authorized => Self::Authorized,
            Kind::Captured => Self::Captured,
            Kind::Declined => Self::Declined,
            Kind::Failed => Self::Error,
            Kind::Refunded => Self::Refunded,
            Kind::Reversed => Self::Reversed,
            Kind::Canceled => Self::Canceled,
            // Letting go of a remainder says nothing about the payment.
            Kind::Released => return None,
        })
    }
}
