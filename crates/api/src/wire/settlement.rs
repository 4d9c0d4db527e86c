//! Captures, refunds and reversals.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::payment_story::CaptureStatus;

/// An amount to capture.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateCaptureRequest {
    /// Minor units, without tips.
    #[schema(required, value_type = i64, minimum = 1)]
    pub amount: Option<i64>,
    /// Minor units of tips on top.
    #[schema(minimum = 0)]
    pub tips_amount: Option<i64>,
}

/// A capture that was made.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Capture {
    /// What was done, for people.
    pub message: Option<String>,
    /// The capture's id.
    pub capture_id: Option<String>,
}

/// What came of a charge.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChargeResponse {
    /// The payment intent that was charged.
    pub payment_intent_id: Option<String>,
    /// Whether the card paid.
    pub status: CaptureStatus,
    /// The acquirer's words.
    pub message: Option<String>,
}

/// An amount to refund.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateRefundRequest {
    /// Minor units.
    #[schema(required, value_type = i64, minimum = 1)]
    pub amount: Option<i64>,
    /// Accepted, and not needed: a payment intent has one payment.
    #[schema(max_length = 100)]
    pub previous_transaction_id: Option<String>,
    /// Why.
    #[schema(max_length = 1024)]
    pub refund_reason: Option<String>,
    /// Whatever the merchant notes.
    #[schema(max_length = 4096)]
    pub notes: Option<String>,
}

/// A refund that was made.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// The payment intent that was refunded.
    pub payment_intent_id: Option<String>,
    /// The refund's id.
    pub refund_id: Option<String>,
    /// Why.
    pub refund_reason: Option<String>,
    /// The merchant's notes.
    pub notes: Option<String>,
    /// What was done, for people.
    pub message: Option<String>,
}

/// A reversal that was made.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reversal {
    /// What was done, for people.
    pub message: Option<String>,
    /// The reversal's id.
    pub reversal_id: Option<String>,
}
