//! Changing the amount.

use tatami_core::id::PaymentIntentId;
use tatami_core::money::Money;
use tatami_core::payment_intent::{ItemLine, TaxLine};

use super::PaymentIntents;
use super::operate::Says;
use crate::ports::answers::Answer;
use crate::{Call, Failure};

impl PaymentIntents<'_> {
    /// Changes the amount, and the lines that are given.
    ///
    /// # Errors
    /// If the amount, the configuration or the state does not allow it, or the
    /// acquirer declines an increment.
    pub async fn set_amount(
        self,
        call: &Call,
        id: &PaymentIntentId,
        amount: Money,
        lines: (Option<Vec<ItemLine>>, Option<Vec<TaxLine>>),
    ) -> Result<Answer, Failure> {
        let request = call.request();
        self.operate(call, id, Says::IntentWithSecret, move |intent, facts| {
            intent.set_amount(amount, lines.clone(), request.clone(), facts)
        })
        .await
    }
}
