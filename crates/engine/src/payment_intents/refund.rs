//! Refunding what was captured.

use tatami_core::account::Scope;
use tatami_core::id::{PaymentIntentId, RefundId};
use tatami_core::payment_intent::{PaymentIntent, Refund, RefundRequest};
use tatami_core::problem::Refusal;

use super::PaymentIntents;
use super::operate::Says;
use crate::ports::answers::Answer;
use crate::ports::documents::DocumentQuery;
use crate::{Call, Failure};

impl PaymentIntents<'_> {
    /// Refunds part or all of what was captured.
    ///
    /// # Errors
    /// If the state or the amount does not allow it, or the acquirer declines.
    pub async fn refund(
        self,
        call: &Call,
        id: &PaymentIntentId,
        wish: RefundRequest,
    ) -> Result<Answer, Failure> {
        let request = call.request();
        self.operate(call, id, Says::Intent, move |intent, facts| {
            intent.begin_refund(wish.clone(), request.clone(), facts)
        })
        .await
    }

    /// A refund with its intent.
    ///
    /// # Errors
    /// If there is none of that id in the scope, or storage fails.
    pub async fn get_refund(
        self,
        scope: &Scope,
        id: &RefundId,
    ) -> Result<(PaymentIntent, Refund), Failure> {
        let query = DocumentQuery::intent_of_refund(id);
        let (intents, _) = self.page(scope, query).await?;
        let intent = intents.into_iter().next();
        let refund = intent
            .as_ref()
            .and_then(|i| i.refunds.iter().find(|r| r.id == *id))
            .cloned();
        Ok(intent.zip(refund).ok_or(Refusal::NotFound("refund"))?)
    }
}
