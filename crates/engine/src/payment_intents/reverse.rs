//! Undoing a whole payment.

use tatami_core::id::PaymentIntentId;

use super::PaymentIntents;
use super::operate::Says;
use crate::ports::answers::Answer;
use crate::{Call, Failure};

impl PaymentIntents<'_> {
    /// Undoes a whole payment.
    ///
    /// # Errors
    /// If the state or the time does not allow it, or the acquirer declines.
    pub async fn reverse(self, call: &Call, id: &PaymentIntentId) -> Result<Answer, Failure> {
        let request = call.request();
        let zone = self.0.account(&call.scope.account).await?.time_zone.clone();
        self.operate(call, id, Says::Intent, move |intent, facts| {
            intent.begin_reversal(&zone, request.clone(), facts)
        })
        .await
    }
}
