//! Card machine sessions as a payment intent's history shows them.

use serde::Serialize;
use tatami_core::terminal_session as core;
use tatami_core::time::ticks;
use utoipa::ToSchema;

use super::money::Money;

/// A session on a card machine with the payment it brought.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionHistoryResponse {
    /// The session.
    pub terminal_session: Option<TerminalSessionResponse>,
    /// The payment.
    pub payment: Option<TerminalSessionPaymentResponse>,
}

/// A session on a card machine.
#[serde_with::skip_serializing_none]
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
#[serde_with::skip_serializing_none]
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
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionMatchedRefund {
    /// The payment intent that is refunded.
    pub payment_intent_id: String,
    /// How much; all if left out.
    pub amount: Option<Money>,
}

/// A refund of no payment here.
#[serde_with::skip_serializing_none]
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
#[serde_with::skip_serializing_none]
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

impl From<&core::Story> for TerminalSessionHistoryResponse {
    fn from(story: &core::Story) -> Self {
        Self {
            terminal_session: Some(TerminalSessionResponse {
                terminal_id: Some(story.terminal.to_string()),
                id: Some(story.id.to_string()),
                status: story.status.into(),
                expire_at: ticks(story.expire_at),
                created_at: ticks(story.created_at),
                updated_at: ticks(story.updated_at),
                notification_events: Some(notifications(story)),
                status_events: Some(statuses(story)),
                details: Some((&story.purpose).into()),
            }),
            payment: story
                .payment
                .as_ref()
                .filter(|_| story.status.is_final())
                .map(Into::into),
        }
    }
}

/// What the machine showed, oldest first.
pub fn notifications(story: &core::Story) -> Vec<TerminalSessionNotification> {
    let told = story.notifications.iter();
    told.map(|notification| TerminalSessionNotification {
        notification_type: notification.kind.name().to_owned(),
        created_at: ticks(notification.at),
    })
    .collect()
}

/// The statuses that a session came to, oldest first.
pub fn statuses(story: &core::Story) -> Vec<TerminalSessionStatusEvent> {
    let told = story.statuses.iter();
    told.map(|event| TerminalSessionStatusEvent {
        status: event.status.into(),
        created_at: ticks(event.at),
        debug_message: event.debug.clone(),
    })
    .collect()
}

impl From<core::Status> for TerminalSessionStatus {
    fn from(status: core::Status) -> Self {
        use core::Status as Core;
        match status {
            Core::InitiateRequested => Self::InitiateRequested,
            Core::Initiated => Self::Initiated,
            Core::Authorized => Self::Authorized,
            Core::Captured => Self::Captured,
            Core::CancelRequested => Self::CancelRequested,
            Core::Canceled => Self::Canceled,
            Core::SignatureVerificationAccepted => Self::SignatureVerificationAccepted,
            Core::SignatureVerificationRejected => Self::SignatureVerificationRejected,
            Core::SignatureVerificationRequired => Self::SignatureVerificationRequired,
            Core::Expired => Self::Expired,
            Core::Declined => Self::Declined,
        }
    }
}

impl From<&core::Purpose> for TerminalSessionDetails {
    fn from(purpose: &core::Purpose) -> Self {
        let mut details = Self {
            session_type: TerminalSessionType::Sale,
            sale: None,
            matched_refund: None,
            unlinked_refund: None,
        };
        match purpose {
            core::Purpose::Sale { payment_intent } => {
                details.sale = Some(TerminalSessionSale {
                    payment_intent_id: payment_intent.to_string(),
                });
            }
            core::Purpose::MatchedRefund {
                payment_intent,
                amount,
            } => {
                details.session_type = TerminalSessionType::MatchedRefund;
                details.matched_refund = Some(TerminalSessionMatchedRefund {
                    payment_intent_id: payment_intent.to_string(),
                    amount: amount.map(Into::into),
                });
            }
            core::Purpose::UnlinkedRefund {
                amount,
                card_holder_not_present,
            } => {
                details.session_type = TerminalSessionType::UnlinkedRefund;
                details.unlinked_refund = Some(TerminalSessionUnlinkedRefund {
                    amount: (*amount).into(),
                    cardholder_not_present: *card_holder_not_present,
                });
            }
        }
        details
    }
}

impl From<&core::Payment> for TerminalSessionPaymentResponse {
    fn from(payment: &core::Payment) -> Self {
        Self {
            transaction_date_time: Some(ticks(payment.at)),
            card_number: Some(payment.card.masked.clone()),
            expiry_date: Some(payment.card.expiry.last_day()),
            card_type: Some(payment.card.scheme.name().to_owned()),
            auth_gateway_transaction_id: Some(payment.transaction_id.clone()),
            card_holder_name: Some(payment.card.holder.clone()),
            entry_mode: Some(payment.entry.name().to_owned()),
            verification_mode: Some(payment.verification.name().to_owned()),
        }
    }
}
