//! A card that its holder tells a user by telephone or mail.

use tatami_core::account::Scope;
use tatami_core::card::CardEntry;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::PayerDetails;

use super::{NO_INTENT, Payers, PaymentResult};
use crate::Failure;

impl Payers<'_> {
    /// Pays an intent of an absent card holder, with a card that a user types. A page that
    /// was shown names the session that the intent had then, and the intent gets a new one
    /// if that is over; a page that was sent before pays nothing. Without one, the intent
    /// was created for this payment, and is tried once.
    ///
    /// # Errors
    /// [`Failure::BadSession`] if it was tried since, or as for [`Payers::pay`], or if
    /// there is no such intent of an absent card holder in the scope.
    pub async fn pay_by_telephone(
        self,
        (scope, id): (&Scope, &PaymentIntentId),
        shown: Option<&str>,
        card: CardEntry,
        payer: PayerDetails,
    ) -> Result<PaymentResult, Failure> {
        let view = match shown {
            Some(secret) => self.session(secret).await?,
            None => self.0.payment_intents().get(scope, id).await?,
        };
        let intent = &view.intent;
        let is_it = intent.id == *id && intent.scope == *scope;
        if !is_it || !intent.details.card_holder_not_present {
            return Err(NO_INTENT.into());
        }
        intent.details.check_for_number(&card.number)?;
        let is_open = intent.session_open(&intent.session.nonce, self.0.now(scope));
        if is_open || shown.is_none() {
            return self.pay(&view, card, payer, None).await;
        }
        let renewed = self.renew_session(id, intent.total(), None).await?;
        let view = renewed.ok_or(Failure::BadSession)?;
        self.pay(&view, card, payer, None).await
    }
}
