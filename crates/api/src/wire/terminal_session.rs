//! Card machine sessions as a payment intent's history shows them. An intent
//! has none before card machines take payments.

use serde::Serialize;
use utoipa::ToSchema;

use super::money::Money;

/// A session on a card machine with the payment it brought.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionHistoryResponse {
    /// The session.
    pub terminal_session: Option<TerminalSessionResponse>,
    /// The payment.
    pub payment: Option<TerminalSessionPaymentResponse>,
}

/// A session on a card machine.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionResponse {
    /// The machine's id.
    pub terminal_id: Option<String>,
    /// The session's id.
    pub id: Option<String>,
    /// Where it stands.
    pub status: TerminalSessionStatus,
    /// When it ends unanswered.
    #[schema(format = DateTime)]
    pub expire_at: String,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// What the machine showed.
    pub notification_events: Option<Vec<TerminalSessionNotification>>,
    /// The statuses it went through.
    pub status_events: Option<Vec<TerminalSessionStatusEvent>>,
    /// What it is for.
    pub details: Option<TerminalSessionDetails>,
}

/// What a machine showed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionNotification {
    /// What it was.
    pub notification_type: String,
    /// When.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// A status that a session went through.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionStatusEvent {
    /// The status.
    pub status: TerminalSessionStatus,
    /// When.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// What happened inside the machine.
    pub debug_message: String,
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum TerminalSessionStatus {
    InitiateRequested,
    Initiated,
    Authorized,
    Captured,
    CancelRequested,
    Canceled,
    SignatureVerificationAccepted,
    SignatureVerificationRejected,
    SignatureVerificationRequired,
    Expired,
    Declined,
}

/// What a session is for.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum TerminalSessionType {
    Sale,
    MatchedRefund,
    UnlinkedRefund,
}

/// What a session is for, with its data.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionDetails {
    /// Which of the three it is.
    pub session_type: TerminalSessionType,
    /// A sale.
    pub sale: Option<TerminalSessionSale>,
    /// A refund of an earlier payment.
    pub matched_refund: Option<TerminalSessionMatchedRefund>,
    /// A refund of no payment here.
    pub unlinked_refund: Option<TerminalSessionUnlinkedRefund>,
}

/// A sale.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionSale {
    /// The payment intent that is paid.
    pub payment_intent_id: String,
}

/// A refund of an earlier payment.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionMatchedRefund {
    /// The payment intent that is refunded.
    pub payment_intent_id: String,
    /// How much; all if left out.
    pub amount: Option<Money>,
}

/// A refund of no payment here.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionUnlinkedRefund {
    /// How much.
    pub amount: Money,
    /// Whether the card is typed in.
    #[serde(rename = "cardholderNotPresent")]
    pub cardholder_not_present: Option<bool>,
}

/// The payment that a session brought.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionPaymentResponse {
    /// When.
    pub transaction_date_time: Option<String>,
    /// The masked number.
    pub card_number: Option<String>,
    /// The expiry date.
    pub expiry_date: Option<String>,
    /// The scheme.
    pub card_type: Option<String>,
    /// The acquirer's transaction id.
    pub auth_gateway_transaction_id: Option<String>,
    /// The name on the card.
    pub card_holder_name: Option<String>,
    /// How the card was read.
    pub entry_mode: Option<String>,
    /// How its holder was verified.
    pub verification_mode: Option<String>,
}
