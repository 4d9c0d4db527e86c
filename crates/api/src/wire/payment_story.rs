//! What happened to a payment intent: its payment, its captures, its events.

use serde::Serialize;
use tatami_core::card::CardSummary;
use tatami_core::payment_intent as core;
use tatami_core::time::ticks;
use utoipa::ToSchema;

/// The approved payment.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDetails {
    /// The acquirer's transaction id.
    pub transaction_id: Option<String>,
    /// When it was approved.
    pub transaction_date_time: Option<String>,
    /// The acquirer's word for its state.
    pub message: Option<String>,
    /// The saved card that paid.
    pub payment_method_id: Option<String>,
    /// The approval code.
    pub auth_code: Option<String>,
    /// The card.
    pub card: Option<Card>,
    /// The address check's result.
    pub avs_result: Option<String>,
}

/// What is shown of a card.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// The masked number.
    pub card_number: Option<String>,
    /// The name on the card.
    pub card_name: Option<String>,
    /// The last day it is good for.
    pub expiry_date: Option<String>,
    /// The scheme.
    pub card_type: Option<String>,
    /// `Credit`, `Debit` or `Unknown`.
    pub card_funding_type: Option<String>,
    /// The last four digits.
    #[serde(rename = "last4PAN")]
    pub last4_pan: Option<String>,
    /// How a card machine read it.
    pub entry_mode: Option<String>,
    /// How a card machine verified its holder.
    pub verification_method: Option<String>,
}

/// A capture of a manual payment.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CaptureDetails {
    /// The capture's id.
    pub id: Option<String>,
    /// Minor units, without tips.
    pub amount: i64,
    /// Minor units of tips.
    pub tips_amount: Option<i64>,
    /// What became of it.
    pub status: CaptureStatus,
    /// When.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// What became of a capture.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum CaptureStatus {
    Created,
    Successful,
    Declined,
    Failed,
}

/// A line of the payment's story.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentEvent {
    /// The acquirer's transaction id.
    pub transaction_id: String,
    /// When.
    pub transaction_date_time: String,
    /// What happened.
    pub event_type: PaymentEventType,
    /// The approval code; empty if there is none.
    pub auth_code: String,
    /// The masked number.
    pub card_number: Option<String>,
    /// The last day the card is good for.
    pub expiry_date: Option<String>,
    /// The scheme.
    pub card_type: Option<String>,
    /// The name on the card.
    pub cardholder_name: Option<String>,
    /// The saved card; empty if none was used.
    pub payment_method_id: String,
}

/// What can happen to a payment.
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

impl From<&core::Authorization> for PaymentDetails {
    fn from(payment: &core::Authorization) -> Self {
        let way = payment.in_person.as_ref();
        Self {
            transaction_id: Some(payment.transaction_id.clone()),
            transaction_date_time: Some(ticks(payment.at)),
            message: Some(payment.message.clone()),
            payment_method_id: payment.payment_method.as_ref().map(ToString::to_string),
            auth_code: Some(payment.auth_code.clone()),
            card: Some(Card {
                entry_mode: way.map(|way| way.entry.name().to_owned()),
                verification_method: way.map(|way| way.verification.name().to_owned()),
                ..(&payment.card).into()
            }),
            avs_result: payment.avs_result.clone(),
        }
    }
}

impl From<&CardSummary> for Card {
    fn from(card: &CardSummary) -> Self {
        Self {
            card_number: Some(card.masked.clone()),
            card_name: Some(card.holder.clone()),
            expiry_date: Some(card.expiry.last_day()),
            card_type: Some(card.scheme.name().to_owned()),
            card_funding_type: Some(card.funding.clone()),
            last4_pan: Some(card.last4.clone()),
            entry_mode: None,
            verification_method: None,
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

impl PaymentEvent {
    /// The event, unless it is one that no client knows a name for.
    pub fn of(event: &core::PaymentEvent) -> Option<Self> {
        let card = event.card.as_ref();
        Some(Self {
            transaction_id: event.transaction_id.clone(),
            transaction_date_time: ticks(event.at),
            event_type: PaymentEventType::of(event.kind)?,
            auth_code: event.auth_code.clone(),
            card_number: card.map(|c| c.masked.clone()),
            expiry_date: card.map(|c| c.expiry.last_day()),
            card_type: card.map(|c| c.scheme.name().to_owned()),
            cardholder_name: card.map(|c| c.holder.clone()),
            payment_method_id: event
                .payment_method
                .as_ref()
                .map(ToString::to_string)
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
