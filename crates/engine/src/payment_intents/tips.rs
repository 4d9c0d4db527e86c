//! Changing the tips.

use tatami_core::id::PaymentIntentId;
use tatami_core::money::Money;

use super::PaymentIntents;
use super::operate::Says;
use crate::ports::answers::Answer;
use crate::{Call, Failure};

impl PaymentIntents<'_> {
    /// Changes the tips.
    ///
    /// # Errors
    /// As for [`PaymentIntents::set_amount`].
    pub async fn set_tips(
        self,
        call: &Call,
        id: &PaymentIntentId,
        tips: Money,
    ) -> Result<Answer, Failure> {
        let request = call.request();
        self.operate(call, id, Says::IntentWithSecret, move |intent, facts| {
            intent.set_tips(tips, request.clone(), facts)
        })
        .await
    }
}
