//! What happened to a payment intent: its payment, its captures, its events.

use serde::Serialize;
use tatami_core::card::CardSummary;
use tatami_core::id::SavedCardId;
use tatami_core::payment_intent as core;
use tatami_core::time::ticks;
use utoipa::ToSchema;

/// The approved payment.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentDetails<'a> {
    /// The acquirer's transaction id.
    pub transaction_id: Option<&'a str>,
    /// When it was approved.
    pub transaction_date_time: Option<String>,
    /// The acquirer's word for its state.
    pub message: Option<&'a str>,
    /// The saved card that paid.
    pub payment_method_id: Option<&'a str>,
    /// The approval code.
    pub auth_code: Option<&'a str>,
    /// The card.
    pub card: Option<Card<'a>>,
    /// The address check's result.
    pub avs_result: Option<&'a str>,
}

/// What is shown of a card.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Card<'a> {
    /// The masked number.
    pub card_number: Option<&'a str>,
    /// The name on the card.
    pub card_name: Option<&'a str>,
    /// The last day it is good for.
    pub expiry_date: Option<String>,
    /// The scheme.
    pub card_type: Option<&'static str>,
    /// `Credit`, `Debit` or `Unknown`.
    pub card_funding_type: Option<&'a str>,
    /// The last four digits.
    #[serde(rename = "last4PAN")]
    pub last4_pan: Option<&'a str>,
    /// How a card machine read it.
    pub entry_mode: Option<&'static str>,
    /// How a card machine verified its holder.
    pub verification_method: Option<&'static str>,
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
pub struct PaymentEvent<'a> {
    /// The acquirer's transaction id.
    pub transaction_id: &'a str,
    /// When.
    pub transaction_date_time: String,
    /// What happened.
    pub event_type: PaymentEventType,
    /// The approval code; empty if there is none.
    pub auth_code: &'a str,
    /// The masked number.
    pub card_number: Option<&'a str>,
    /// The last day the card is good for.
    pub expiry_date: Option<String>,
    /// The scheme.
    pub card_type: Option<&'static str>,
    /// The name on the card.
    pub cardholder_name: Option<&'a str>,
    /// The saved card; empty if none was used.
    pub payment_method_id: &'a str,
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
