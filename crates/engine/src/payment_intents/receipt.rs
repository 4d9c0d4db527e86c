//! Sending receipts.

use tatami_core::id::PaymentIntentId;

use super::PaymentIntents;
use super::operate::Says;
use crate::ports::answers::Answer;
use crate::{Call, Failure};

impl PaymentIntents<'_> {
    /// Sends receipts of a paid intent.
    ///
    /// # Errors
    /// If an address is not one, or the intent was never paid.
    pub async fn send_receipt(
        self,
        call: &Call,
        id: &PaymentIntentId,
        emails: Vec<String>,
    ) -> Result<Answer, Failure> {
        self.operate(call, id, Says::ReceiptSent, move |intent, facts| {
            intent.send_receipt(emails.clone(), facts)
        })
        .await
    }
}
