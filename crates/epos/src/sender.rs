//! Events to POS systems that registered for them.

use async_trait::async_trait;
use serde_json::Map;
use tatami_delivery::{Attempts, Heard};
use tatami_engine::ports::delivery::Deliverer;
use tatami_engine::ports::store::{ClaimedDelivery, DeliveryAttempt};

use crate::capability::Capability;
use crate::gateway::Patience;
use crate::integration::Integration;
use crate::links::Links;
use crate::pos::PosError;
use crate::request::{Origin, Request};

/// Takes events to POS systems.
pub struct PosEventSender {
    /// What they are sent by.
    pub links: Links,
    /// Makes the attempts.
    pub attempts: Attempts,
}

#[async_trait]
impl Deliverer for PosEventSender {
    async fn deliver(&self, delivery: &ClaimedDelivery) -> DeliveryAttempt {
        let heard = async {
            let sent = self.send(delivery).await;
            let status = match &sent {
                Err(PosError::Refused { status, .. }) => *status,
                _ => None,
            };
            Heard {
                is_delivered: sent.is_ok(),
                status,
                headers: Vec::new(),
                answer: sent
                    .err()
                    .map_or_else(String::new, |error| error.to_string()),
            }
        };
        self.attempts.make(delivery, heard).await
    }
}

impl PosEventSender {
    async fn send(&self, delivery: &ClaimedDelivery) -> Result<(), PosError> {
        let unreadable = |why: String| PosError::NotSent(why);
        let integration: Integration = delivery
            .endpoint
            .read()
            .map_err(|error| unreadable(error.to_string()))?;
        let event = &delivery.event;
        let capability = Capability::of_event(event.kind.name())
            .ok_or_else(|| unreadable("There is no capability for this event.".to_owned()))?;
        let payload: Map<_, _> = serde_json::from_str(&event.payload())
            .map_err(|error| unreadable(error.to_string()))?;
        // Whenever it is sent again it has the same id.
        let origin = Origin {
            request_id: event.id.to_string(),
            ..Origin::default()
        };
        let request = Request::new(capability, &origin, &[]).with(&payload);
        let sent = self.links.call(&integration, &request, Patience::None);
        sent.await.map(|_| ())
    }
}
