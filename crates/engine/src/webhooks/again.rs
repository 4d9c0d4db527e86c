//! Deliveries that a developer asks for: events that are sent again, and one to try an
//! endpoint with.

use std::sync::Arc;

use serde_json::json;
use tatami_core::account::Scope;
use tatami_core::event::{Event, EventType, Subject};
use tatami_core::id::{EventId, SubscriptionId};
use tatami_core::problem::Refusal;
use tatami_core::time::Timestamp;
use tatami_core::webhook::Subscription;

use super::Webhooks;
use crate::Failure;
use crate::command::write_noted;
use crate::ports::documents::{Document, DocumentKind};
use crate::ports::store::{ClaimedDelivery, DeliveryAttempt, Redeliver};

/// The most events that are sent again at once.
const MOST_AT_ONCE: usize = 10_000;

/// The result of a test event.
#[derive(Clone, Debug)]
pub struct TestDelivery {
    /// The exact body.
    pub payload: String,
    /// The headers that were sent, but for those that every request has.
    pub headers: Vec<(String, String)>,
    pub attempt: DeliveryAttempt,
}

impl Webhooks<'_> {
    /// Delivers an event to an endpoint again, whether or not it was delivered before. The
    /// delivery is named by the number in its report.
    ///
    /// # Errors
    /// If the scope has no such delivery, or it is under way, or storage fails.
    pub async fn resend(
        self,
        scope: &Scope,
        endpoint: &SubscriptionId,
        number: i64,
    ) -> Result<(), Failure> {
        self.known(scope, endpoint).await?;
        let one = Redeliver::One {
            endpoint: endpoint.clone(),
            number,
        };
        match self.redeliver(scope, one).await? {
            0 => Err(Refusal::NotFound("delivery that is over").into()),
            _ => Ok(()),
        }
    }

    /// Delivers again the events since a moment whose delivery was given up, up to a bound.
    /// Returns how many.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn resend_failed(self, scope: &Scope, since: Timestamp) -> Result<u64, Failure> {
        let limit = MOST_AT_ONCE;
        self.redeliver(scope, Redeliver::FailedSince { since, limit })
            .await
    }

    async fn redeliver(self, scope: &Scope, wanted: Redeliver) -> Result<u64, Failure> {
        write_noted(self.0).await?;
        let count = self.0.store().redeliver(scope, wanted).await?;
        if count > 0 {
            self.0.events_written.notify_one();
        }
        Ok(count)
    }

    /// Sends an event to one endpoint that is marked as a test, signed like any other. It
    /// is no event of a payment, is sent once, and is not kept.
    ///
    /// # Errors
    /// If there is no such endpoint, or too many calls to the outside are under way.
    pub async fn test(self, scope: &Scope, id: &SubscriptionId) -> Result<TestDelivery, Failure> {
        let subscription = self.known(scope, id).await?.value;
        if !self.0.admission().may_call(&scope.account) {
            return Err(Failure::Busy);
        }
        let Some(deliverer) = self.0.parts.deliverers.get(&DocumentKind::Subscription) else {
            return Err(Failure::Unavailable("nothing delivers webhooks".to_owned()));
        };
        let data = json!({
            "isTest": true,
            "message": "This is a test of your endpoint. Nothing happened to a payment.",
            "subscriptionId": id.as_str(),
        });
        let event = self.0.with_facts(scope, |facts| Event {
            id: EventId::mint(scope.environment, facts),
            kind: EventType::TEST,
            subject: Subject {
                kind: DocumentKind::Subscription.word().into(),
                id: id.to_string(),
            },
            scope: scope.into(),
            at: facts.now,
            data: data.to_string(),
        });
        let delivery = ClaimedDelivery {
            key: format!("{}/{id}", event.id),
            endpoint: Arc::new(Document::of(&subscription)?),
            number: 0,
            event,
            tries: 0,
        };
        let payload = delivery.event.payload();
        let headers = deliverer.headers(&delivery.endpoint, &payload);
        let _call = self.0.admission().call(&scope.account);
        let attempt = deliverer.deliver(&delivery).await;
        Ok(TestDelivery {
            payload,
            headers,
            attempt,
        })
    }

    /// The headers that a body is sent to an endpoint with at present.
    pub fn headers(self, subscription: &Subscription, payload: &str) -> Vec<(String, String)> {
        let deliverer = self.0.parts.deliverers.get(&DocumentKind::Subscription);
        match (deliverer, Document::of(subscription)) {
            (Some(deliverer), Ok(endpoint)) => deliverer.headers(&endpoint, payload),
            _ => Vec::new(),
        }
    }
}
