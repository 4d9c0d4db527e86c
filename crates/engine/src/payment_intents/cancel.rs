//! Canceling an unpaid payment intent.

use tatami_core::id::PaymentIntentId;

use super::PaymentIntents;
use super::operate::Says;
use crate::ports::answers::Answer;
use crate::{Call, Failure};

impl PaymentIntents<'_> {
    /// Cancels an unpaid intent.
    ///
    /// # Errors
    /// If its state does not allow it.
    pub async fn cancel(self, call: &Call, id: &PaymentIntentId) -> Result<Answer, Failure> {
        self.operate(call, id, Says::Intent, |intent, facts| intent.cancel(facts))
            .await
    }
}
