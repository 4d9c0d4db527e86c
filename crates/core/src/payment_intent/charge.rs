//! Charging the card of a setup intent: the payment intent's side of it.

use super::{AttemptKind, CaptureMode, Decision, PaymentIntent, RequestRef, may_try};
use crate::Facts;
use crate::card::CardSummary;
use crate::id::SetupIntentId;
use crate::problem::Refusal;

impl PaymentIntent {
    /// The setup intent whose card the merchant may charge.
    ///
    /// # Errors
    /// If the intent was created without one.
    pub fn charged_by(&self) -> Result<SetupIntentId, Refusal> {
        let id = self.details.setup_intent_id.as_deref();
        let id = id.ok_or_else(|| {
            Refusal::invalid(
                "SetupIntentId",
                "The payment intent was created without a setup intent, so there is no card to charge.",
            )
        })?;
        Ok(SetupIntentId::parse(id)?)
    }

    /// Opens the attempt to charge the whole to the card of its setup intent.
    ///
    /// # Errors
    /// If the intent is not `Created`, has expired, has an open attempt, is not captured
    /// at once, or its card was declined too often.
    pub fn begin_charge(
        &self,
        setup_intent: SetupIntentId,
        card: CardSummary,
        request: Option<RequestRef>,
        facts: &mut Facts<'_>,
    ) -> Result<Decision, Refusal> {
        self.can_be_paid(facts.now)?;
        if self.capture_mode != CaptureMode::Auto {
            let why = "Only a payment with the capture mode Auto can be charged.";
            return Err(self.refuse_because(why));
        }
        may_try(&self.payment_events, facts.now)?;
        let mut intent = self.clone();
        intent.challenge = None;
        let kind = AttemptKind::Charge {
            amount: self.total(),
            card,
            setup_intent,
        };
        Ok(intent.attempt(kind, request, facts))
    }
}
