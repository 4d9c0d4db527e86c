//! Captures, refunds and reversals.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::payment_story::CaptureStatus;

/// The amount to capture.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateCaptureRequest {
    /// Amount to capture without tips, in minor units of the currency. At most what is
    /// left of the authorized amount.
    #[schema(required, value_type = i64, minimum = 1)]
    pub amount: Option<i64>,
    /// Tips to capture in addition, in minor units of the currency.
    #[schema(minimum = 0)]
    pub tips_amount: Option<i64>,
}

/// Confirmation of a capture.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Capture {
    /// Text that says what was captured.
    pub message: Option<String>,
    /// Unique id of the capture, beginning with `cp_`.
    pub capture_id: Option<String>,
}

/// Result of a charge.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChargeResponse {
    /// Id of the payment intent that was charged.
    pub payment_intent_id: Option<String>,
    /// Result of the charge, as the acquirer gave it.
    pub status: CaptureStatus,
    /// The acquirer's text for the result.
    pub message: Option<String>,
}

/// The amount to refund.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateRefundRequest {
    /// Amount to refund, in minor units of the currency. At most what is left of the
    /// captured amount.
    #[schema(required, value_type = i64, minimum = 1)]
    pub amount: Option<i64>,
    /// Id of the transaction to refund. Ignored: a payment intent has one payment.
    #[schema(max_length = 100)]
    pub previous_transaction_id: Option<String>,
    /// Reason for the refund; returned unchanged.
    #[schema(max_length = 1024)]
    pub refund_reason: Option<String>,
    /// The merchant's notes about the refund; returned unchanged.
    #[schema(max_length = 4096)]
    pub notes: Option<String>,
}

/// A refund of a payment.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// Id of the payment intent that was refunded.
    pub payment_intent_id: Option<String>,
    /// Unique id of the refund, beginning with `rfnd_`.
    pub refund_id: Option<String>,
    /// Reason for the refund, as it was sent.
    pub refund_reason: Option<String>,
    /// The merchant's notes about the refund, as they were sent.
    pub notes: Option<String>,
    /// Text that says what was refunded.
    pub message: Option<String>,
}

/// Confirmation of a reversal.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reversal {
    /// Text that says what was reversed.
    pub message: Option<String>,
    /// Unique id of the reversal.
    pub reversal_id: Option<String>,
}
