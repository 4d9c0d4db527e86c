//! Giving back what a POS does not have.

use tatami_core::Facts;
use tatami_core::pay_at_table::{PartStage, TablePayment};
use tatami_core::payment_intent::{Decision, Outcome, PaymentIntent, RefundRequest};
use tatami_core::problem::Refusal;

use super::TableParts;
use crate::Failure;
use crate::command::Opened;
use crate::outside::StillOpen;
use crate::payment_intents::attempts::Means;
use crate::ports::store::Stored;

/// Why a payment is refunded.
const REASON: &str = "The POS did not record the payment.";

/// Opens the attempt to undo a payment, or to refund all of it where that cannot be.
fn undone(
    intent: &PaymentIntent,
    reverses: bool,
    zone: &str,
    facts: &mut Facts<'_>,
) -> Result<Decision, Refusal> {
    if reverses && let Ok(decision) = intent.begin_reversal(zone, None, facts) {
        return Ok(decision);
    }
    let wish = RefundRequest {
        amount: intent.captured() - intent.refunded(),
        reason: Some(REASON.to_owned()),
        notes: None,
    };
    intent.begin_refund(wish, None, facts)
}

impl TableParts<'_> {
    /// Gives a payment back: reverses it, or refunds all of it, tips included. What
    /// becomes of that is written with the payment intent, and the part follows it.
    pub(super) async fn give_back(self, part: &TablePayment) -> Result<(), Failure> {
        let was_declined = self.undo(part).await?;
        // Unless it followed, it is tried again.
        self.change_part(part, |part, now| {
            if part.stage == PartStage::GivingBack {
                part.give_back_later(was_declined, now);
            }
        })
        .await
    }

    /// Whether the acquirer declined a reversal.
    async fn undo(self, part: &TablePayment) -> Result<bool, Failure> {
        let (scope, id) = (&part.scope, &part.intent);
        let zone = self.0.account(&scope.account).await?.time_zone.clone();
        let held = self.0.locks.hold(id.as_str()).await;
        let intents = self.0.payment_intents();
        let opened = self.0.change(None, || async {
            let Stored { value, version } = intents.known(scope, id).await?;
            let reverses = !part.reversal_declined;
            let decision = self
                .0
                .with_facts(scope, |facts| undone(&value, reverses, &zone, facts))?;
            let payers = self.0.payers();
            let opened = payers.opening(decision, version, Vec::new()).await?;
            Ok(opened.map(Some))
        });
        let opened = match opened.await {
            Ok((opened, _)) => opened,
            // Another operation on it is under way.
            Err(Failure::Refused(refusal)) => {
                tracing::warn!(intent.id = %id, %refusal, "a payment is given back later");
                return Ok(false);
            }
            Err(failure) => return Err(failure),
        };
        let Some(Opened { intent, version }) = opened else {
            return Ok(false);
        };
        let attempts = self.0.attempts();
        let carried = attempts.carry_out(&held, intent, version, Means::None);
        match carried.await {
            Ok(closed) => Ok(matches!(closed.outcome, Outcome::Declined(_))),
            Err(StillOpen::Unknown) => Ok(false),
            Err(StillOpen::Failed(failure)) => Err(failure),
        }
    }
}
