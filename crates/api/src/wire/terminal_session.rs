//! Card machine sessions as a payment intent's history shows them.

use serde::Serialize;
use tatami_core::terminal_session as core;
use tatami_core::time::ticks;
use utoipa::ToSchema;

use super::money::Money;

/// A card machine session of a payment intent, with the payment it made.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionHistoryResponse {
    /// The card machine session with its events.
    pub terminal_session: Option<TerminalSessionResponse>,
    /// Payment made in the session; left out if there was none.
    pub payment: Option<TerminalSessionPaymentResponse>,
}

/// A card machine session in the history of a payment intent.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionResponse {
    /// Id of the card machine (terminal).
    pub terminal_id: Option<String>,
    /// Unique id of the terminal session.
    pub id: Option<String>,
    /// Current status of the session.
    pub status: TerminalSessionStatus,
    /// When the current status expires if nothing happens (ISO 8601, UTC). It is set
    /// again each time the status changes.
    #[schema(format = DateTime)]
    pub expire_at: String,
    /// When the session was created (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When the session was last changed (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// Notifications that the card machine showed, oldest first.
    pub notification_events: Option<Vec<TerminalSessionNotification>>,
    /// Statuses that the session had, oldest first.
    pub status_events: Option<Vec<TerminalSessionStatusEvent>>,
    /// Type of the session and its data.
    pub details: Option<TerminalSessionDetails>,
}

/// A notification that a card machine showed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionNotification {
    /// Kind of notification, such as `PresentCard` or `RemoveCard`.
    pub notification_type: String,
    /// When the notification was shown (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// A change of the status of a session.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionStatusEvent {
    /// Status that the session changed to.
    pub status: TerminalSessionStatus,
    /// When the status changed (ISO 8601, UTC).
    #[schema(format = DateTime)]
    pub created_at: String,
    /// Text for troubleshooting that says why the status changed.
    pub debug_message: String,
}

/// Status of a terminal session. A sale or refund that succeeded ends as `Captured`; a
/// manual authorization as `Authorized`.
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

/// Type of a terminal session: a sale, a refund of an earlier payment, or a refund
/// without one.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the published names say it")]
pub enum TerminalSessionType {
    Sale,
    MatchedRefund,
    UnlinkedRefund,
}

/// Type of a session and the data that belong to it.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionDetails {
    /// Type of the session; the property of the same name has its data.
    pub session_type: TerminalSessionType,
    /// Data of a `Sale`; left out for other types.
    pub sale: Option<TerminalSessionSale>,
    /// Data of a `MatchedRefund`; left out for other types.
    pub matched_refund: Option<TerminalSessionMatchedRefund>,
    /// Data of an `UnlinkedRefund`; left out for other types.
    pub unlinked_refund: Option<TerminalSessionUnlinkedRefund>,
}

/// A payment on a card machine.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionSale {
    /// Id of the payment intent that is paid.
    pub payment_intent_id: String,
}

/// A refund of an earlier payment.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionMatchedRefund {
    /// Id of the payment intent that is refunded.
    pub payment_intent_id: String,
    /// Amount to refund; everything that is left of the captured amount if left out.
    pub amount: Option<Money>,
}

/// A refund that is not linked to an earlier payment.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionUnlinkedRefund {
    /// Amount to refund to the card that is presented.
    pub amount: Money,
    /// `true` if the card number is typed in because the card holder is absent.
    #[serde(rename = "cardholderNotPresent")]
    pub cardholder_not_present: Option<bool>,
}

/// The payment made in a terminal session.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TerminalSessionPaymentResponse {
    /// When the payment was approved (ISO 8601, UTC).
    pub transaction_date_time: Option<String>,
    /// Card number with only the first and last digits visible.
    pub card_number: Option<String>,
    /// Last day on which the card is valid, as `yyyy-mm-dd`.
    pub expiry_date: Option<String>,
    /// Card scheme, such as `VISA` or `MASTERCARD`.
    pub card_type: Option<String>,
    /// Id of the transaction at the acquirer.
    pub auth_gateway_transaction_id: Option<String>,
    /// Name of the card holder as stored on the card.
    pub card_holder_name: Option<String>,
    /// How the card was read: `Contactless`, `ContactChip`, `Magstripe` or
    /// `ManualEntry`.
    pub entry_mode: Option<String>,
    /// How the card holder was verified, such as `Pin`, `Signature` or `Device`.
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
    let notifications = story.notifications.iter();
    notifications
        .map(|notification| TerminalSessionNotification {
            notification_type: notification.kind.name().to_owned(),
            created_at: ticks(notification.at),
        })
        .collect()
}

/// The statuses that a session came to, oldest first.
pub fn statuses(story: &core::Story) -> Vec<TerminalSessionStatusEvent> {
    let statuses = story.statuses.iter();
    statuses
        .map(|event| TerminalSessionStatusEvent {
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
