//! What happened to an aggregate, as it is published.

use std::borrow::Cow;

use crate::account::AnyScope;
use crate::id::EventId;
use crate::time::{Timestamp, with_ticks};

/// What kind of event it is, by its published name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventType(Cow<'static, str>);

impl EventType {
    pub const PAYMENT_INTENT_CREATED: Self = Self::known("payment_intent.created");
    /// A payment intent's status changed.
    pub const PAYMENT_INTENT_STATUS_UPDATED: Self = Self::known("payment_intent.status_updated");
    /// A receipt of a payment intent was sent.
    pub const PAYMENT_INTENT_SEND_RECEIPT: Self = Self::known("payment_intent.send-receipt");

    /// A developer tests an endpoint. It cannot be subscribed to.
    pub const TEST: Self = Self::known("webhook.test");

    /// Those that webhooks can subscribe to, in the order in which they are listed.
    pub const ALL: [Self; 3] = [
        Self::PAYMENT_INTENT_CREATED,
        Self::PAYMENT_INTENT_STATUS_UPDATED,
        Self::PAYMENT_INTENT_SEND_RECEIPT,
    ];

    const fn known(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// An event type as it is stored.
    pub fn new(name: impl Into<String>) -> Self {
        Self(Cow::Owned(name.into()))
    }

    /// The published name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Reads a name that webhooks can subscribe to.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.name() == name)
    }
}

/// The aggregate that an event is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// What it is, such as `payment-intent`.
    pub kind: Cow<'static, str>,
    pub id: String,
}

/// Something that happened to an aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its id, the same in every delivery.
    pub id: EventId,
    pub kind: EventType,
    /// What it is about. Events of one subject are delivered in order.
    pub subject: Subject,
    pub scope: AnyScope,
    /// When it happened (account time).
    pub at: Timestamp,
    /// What there is to say about it: a JSON object.
    pub data: String,
}

impl Event {
    /// The webhook body: compact JSON in the published order. These exact bytes
    /// are signed and sent.
    pub fn payload(&self) -> String {
        let account = self.scope.account().map(|scope| scope.account.as_str());
        with_ticks(self.at, |at| {
            // None of these has anything to escape. Joining texts is a tenth of the
            // price of formatting them.
            [
                r#"{"id":""#,
                self.id.as_str(),
                r#"","event":""#,
                self.kind.name(),
                r#"","accountId":""#,
                account.unwrap_or_default(),
                r#"","createdAt":""#,
                at,
                r#"","data":"#,
                &self.data,
                "}",
            ]
            .concat()
        })
    }
}
