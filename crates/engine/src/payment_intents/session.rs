//! Client sessions of a payment intent.

use std::sync::Arc;

use tatami_core::Facts;
use tatami_core::id::PaymentIntentId;
use tatami_core::money::Money;
use tatami_core::payment_intent::{Choice, Decision, PaymentIntent};
use tatami_core::problem::Refusal;

use super::operate::Says;
use super::{NO_INTENT, Payers, PaymentIntents, View};
use crate::command::Decided;
use crate::ports::answers::Answer;
use crate::ports::store::Stored;
use crate::sessions::Opens;
use crate::{Call, Failure};

impl PaymentIntents<'_> {
    /// Gives the intent a new client session.
    ///
    /// # Errors
    /// If the intent can no longer be paid.
    pub async fn refresh_session(
        self,
        call: &Call,
        id: &PaymentIntentId,
    ) -> Result<Answer, Failure> {
        self.operate(call, id, Says::IntentWithSecret, |intent, facts| {
            intent.refresh_session(facts)
        })
        .await
    }
}

impl Payers<'_> {
    /// The payment intent and the session nonce that a secret names.
    ///
    /// # Errors
    /// [`Failure::BadSession`] if it is not one of ours, or of an environment that is
    /// not served.
    pub(crate) fn payment_of(self, secret: &str) -> Result<(PaymentIntentId, String), Failure> {
        let named = self.0.sessions().payment_intent_of(secret);
        let served = |(id, _): &(PaymentIntentId, _)| self.0.serves(id.environment());
        named.ok().filter(served).ok_or(Failure::BadSession)
    }

    /// What a client session secret opens, or once opened.
    ///
    /// # Errors
    /// [`Failure::BadSession`] if it is not one of ours.
    pub fn opens(self, secret: &str) -> Result<Opens, Failure> {
        let opens = self.0.sessions().opens(secret);
        opens.map_err(|_| Failure::BadSession)
    }

    /// Gives an unpaid intent a new client session, for its payer.
    ///
    /// # Errors
    /// If there is no such intent or it can no longer be paid.
    pub async fn refresh_session(self, id: &PaymentIntentId) -> Result<View, Failure> {
        let refreshed = self
            .session_of_payer(id, |intent, facts| intent.refresh_session(facts).map(Some))
            .await?;
        let view = refreshed.ok_or(NO_INTENT)?;
        view.with_branding(self.0).await
    }

    /// The same, for a page that shows its payer what is to be paid; `None` if
    /// that has changed: the payer must see it first.
    ///
    /// # Errors
    /// As for [`Payers::refresh_session`].
    pub async fn renew_session(
        self,
        id: &PaymentIntentId,
        shown: Money,
        choice: Option<Choice>,
    ) -> Result<Option<View>, Failure> {
        self.session_of_payer(id, |intent, facts| {
            intent.renew_session(shown, choice, facts)
        })
        .await
    }

    async fn session_of_payer(
        self,
        id: &PaymentIntentId,
        rule: impl Fn(&PaymentIntent, &mut Facts<'_>) -> Result<Option<Decision>, Refusal>,
    ) -> Result<Option<View>, Failure> {
        let renewed = self.0.change(id.as_str(), || async {
            let Stored { value, version } = self.0.payment_intents().for_payer(id).await?;
            let decided = self
                .0
                .with_facts(&value.scope, |facts| rule(&value, facts))?;
            let Some(decision) = decided else {
                return Ok(Decided::nothing(None));
            };
            let opened = self.opening(decision, version, Vec::new()).await?;
            Ok(opened.map(|opened| Some(opened.intent)))
        });
        match renewed.await?.0 {
            Some(intent) => self.viewed(intent).await.map(Some),
            None => Ok(None),
        }
    }

    /// The intent whose current session a secret names, used or not: what a
    /// route needs to know before a try, such as the account's time.
    ///
    /// # Errors
    /// [`Failure::BadSession`] if the secret names no current session.
    pub async fn session(self, secret: &str) -> Result<View, Failure> {
        let (id, nonce) = self.payment_of(secret)?;
        let stored = self.0.payment_intents().find_public(&id).await?;
        let Stored { value, version } = stored.ok_or(Failure::BadSession)?;
        if value.session.nonce != nonce {
            return Err(Failure::BadSession);
        }
        let view = self.viewed(Arc::new(value)).await?;
        Ok(View {
            version: Some(version),
            ..view
        })
    }

    pub(super) async fn viewed(self, intent: Arc<PaymentIntent>) -> Result<View, Failure> {
        Ok(self
            .0
            .payment_intents()
            .view(self.0.account(&intent.scope.account).await?, intent))
    }
}
