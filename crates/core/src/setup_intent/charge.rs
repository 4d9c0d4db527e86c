//! Charging the card: the setup intent's side of it. The payment intent that is
//! charged has the attempt; both are changed in the same commits.

use super::{Charge, SetupIntent, Status, TransactionType, Verification};
use crate::id::{AttemptId, PaymentIntentId};
use crate::payment_intent::{Outcome, PaymentEventKind};
use crate::problem::Refusal;
use crate::time::Timestamp;

impl SetupIntent {
    /// The card that can be charged now.
    ///
    /// # Errors
    /// If there is none, it has expired, it was charged as often as it may be,
    /// or a charge is under way.
    pub fn chargeable(&self, now: Timestamp) -> Result<&Verification, Refusal> {
        self.settled()?;
        let again = self.status == Status::Completed && self.kind == TransactionType::Unscheduled;
        if self.status != Status::Authorized && !again {
            return Err(self.refuse());
        }
        let expired = || self.refuse_because("Its card has expired.");
        let verified = self.verification.as_ref().ok_or_else(expired)?;
        if verified.saved_card.is_none() || self.card_is_past(now) {
            return Err(expired());
        }
        Ok(verified)
    }

    /// Whether payment intents may be created for it: it can be charged, or may
    /// come to be.
    ///
    /// # Errors
    /// If its card can never be charged (again).
    pub fn expects_charge(&self) -> Result<(), Refusal> {
        let open = match self.status {
            Status::Created | Status::Authorized => true,
            Status::Completed => self.saved_card().is_some(),
            Status::Canceled | Status::Expired | Status::CardExpired | Status::Closed => false,
        };
        if open {
            return Ok(());
        }
        let rule = format!(
            "The setup intent has the status '{}': its card cannot be charged.",
            self.status.name()
        );
        Err(Refusal::invalid("SetupIntentId", &rule))
    }

    /// Notes that a payment intent's attempt charges the card.
    ///
    /// # Errors
    /// As for [`SetupIntent::chargeable`].
    pub fn begin_charge(
        &self,
        payment_intent: PaymentIntentId,
        attempt: AttemptId,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        self.chargeable(now)?;
        let mut intent = self.changed(now);
        intent.charge = Some(Charge {
            payment_intent,
            attempt,
        });
        Ok(intent)
    }

    /// Notes what became of a charge; `None` if none of that attempt is under
    /// way.
    pub fn conclude_charge(
        &self,
        attempt: &AttemptId,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Option<Self> {
        self.charge.as_ref().filter(|c| c.attempt == *attempt)?;
        let mut intent = self.changed(now);
        intent.charge = None;
        let card = self.verification.as_ref().map(|v| v.card.clone());
        match outcome {
            Outcome::Approved(approval) => {
                let (id, code) = (&approval.transaction_id, &approval.auth_code);
                intent.record(PaymentEventKind::Captured, id, code, card);
                intent.status = Status::Completed;
                if intent.kind == TransactionType::NoShow {
                    intent.let_go_of_card();
                }
            }
            Outcome::Declined(decline) => {
                let id = &decline.transaction_id;
                intent.record(PaymentEventKind::Declined, id, "", card);
            }
            Outcome::Challenged(_) | Outcome::NotDone => {}
        }
        Some(intent)
    }
}
