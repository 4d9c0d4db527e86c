//! Giving up and expiring.

use super::{SetupIntent, Status};
use crate::payment_intent::{PaymentEventKind, status_refuses};
use crate::problem::Refusal;
use crate::time::Timestamp;

impl SetupIntent {
    /// Gives the intent up: `Canceled` without a card, and `Closed` with one if
    /// that is what the merchant asks for. The card goes.
    ///
    /// # Errors
    /// If its state does not allow it, or a call to the acquirer is under way.
    pub fn delete(&self, include_authorized: bool, now: Timestamp) -> Result<Self, Refusal> {
        self.settled()?;
        let status = match self.status {
            Status::Created => Status::Canceled,
            Status::Authorized | Status::Completed if self.saved_card().is_none() => {
                return Err(self.refuse());
            }
            Status::Authorized | Status::Completed if include_authorized => Status::Closed,
            Status::Authorized | Status::Completed => {
                let why = format!(
                    "{} With includeAuthorized=true it is deleted with its card.",
                    status_refuses(self.status.name())
                );
                return Err(self.refuse_because(&why));
            }
            Status::Canceled | Status::Expired | Status::CardExpired | Status::Closed => {
                return Err(self.refuse());
            }
        };
        let mut intent = self.ended(status, now);
        intent.record(PaymentEventKind::Canceled, "", "", None);
        Ok(intent)
    }

    /// What time alone did to it: it expired, or its card did. `None` if nothing.
    pub fn expire(&self, now: Timestamp) -> Option<Self> {
        if self.attempt.is_some() || self.charge.is_some() {
            return None;
        }
        match self.status {
            Status::Created if self.expire_at <= now => Some(self.ended(Status::Expired, now)),
            Status::Authorized if self.card_is_past(now) => {
                Some(self.ended(Status::CardExpired, now))
            }
            // It was charged and stays so; it can only not be charged again.
            Status::Completed if self.card_is_past(now) => Some(self.ended(Status::Completed, now)),
            _ => None,
        }
    }

    /// Whether it names a card whose last month is over.
    pub(super) fn card_is_past(&self, now: Timestamp) -> bool {
        let kept = self
            .verification
            .as_ref()
            .filter(|v| v.saved_card.is_some());
        kept.is_some_and(|verified| verified.card.expiry.is_past(now))
    }

    fn ended(&self, status: Status, now: Timestamp) -> Self {
        let mut intent = self.changed(now);
        intent.status = status;
        intent.session.used = true;
        intent.waiting = None;
        intent.let_go_of_card();
        intent
    }
}
