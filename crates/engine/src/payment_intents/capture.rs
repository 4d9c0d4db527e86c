//! Capturing what is held.

use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::CaptureRequest;

use super::PaymentIntents;
use super::operate::Says;
use crate::ports::answers::Answer;
use crate::{Call, Failure};

impl PaymentIntents<'_> {
    /// Captures part or all of what is held.
    ///
    /// # Errors
    /// If the state or the amount does not allow it, or the acquirer declines.
    pub async fn capture(
        self,
        call: &Call,
        id: &PaymentIntentId,
        wish: CaptureRequest,
    ) -> Result<Answer, Failure> {
        let request = call.request();
        self.operate(call, id, Says::Intent, move |intent, facts| {
            intent.begin_capture(wish, request.clone(), facts)
        })
        .await
    }
}
