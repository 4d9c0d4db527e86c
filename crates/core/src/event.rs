//! What the outside is told: the events of the webhooks API.

use crate::account::Scope;
use crate::id::{EventId, PaymentIntentId};
use crate::payment_intent::{CaptureMode, Status};
use crate::time::{Timestamp, with_ticks};

/// The events that can be subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventType {
    /// A payment intent was created.
    PaymentIntentCreated,
    /// A payment intent's status changed.
    PaymentIntentStatusUpdated,
    /// A receipt of a payment intent was sent.
    PaymentIntentSendReceipt,
}

impl EventType {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 3] = [
        Self::PaymentIntentCreated,
        Self::PaymentIntentStatusUpdated,
        Self::PaymentIntentSendReceipt,
    ];

    /// The published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PaymentIntentCreated => "payment_intent.created",
            Self::PaymentIntentStatusUpdated => "payment_intent.status_updated",
            Self::PaymentIntentSendReceipt => "payment_intent.send-receipt",
        }
    }

    /// Reads a published name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.name() == name)
    }
}

/// A fact about a payment intent that webhooks tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its id, the same in every delivery.
    pub id: EventId,
    /// Its type.
    pub kind: EventType,
    /// Whose it is.
    pub scope: Scope,
    /// When it happened (account time).
    pub created_at: Timestamp,
    /// The intent.
    pub payment_intent: PaymentIntentId,
    /// Its status then.
    pub status: Status,
    /// Its capture mode.
    pub capture_mode: CaptureMode,
}

impl Event {
    /// The webhook body: compact JSON in the published order. These exact bytes
    /// are stored, signed and sent.
    pub fn payload(&self) -> String {
        with_ticks(self.created_at, |created_at| self.payload_of(created_at))
    }

    fn payload_of(&self, created_at: &str) -> String {
        // None of these has anything to escape. Joining texts is a tenth of the
        // price of formatting them.
        [
            r#"{"id":""#,
            self.id.as_str(),
            r#"","event":""#,
            self.kind.name(),
            r#"","accountId":""#,
            self.scope.account.as_str(),
            r#"","createdAt":""#,
            created_at,
            r#"","data":{"paymentIntentId":""#,
            self.payment_intent.as_str(),
            r#"","paymentStatus":""#,
            self.status.name(),
            r#"","captureMode":""#,
            self.capture_mode.name(),
            r#""}}"#,
        ]
        .concat()
    }
}
