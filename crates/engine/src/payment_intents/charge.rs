//! Charging the card of a setup intent: two aggregates that change in the same
//! commits. The payment intent has the attempt.

use std::sync::Arc;

use tatami_core::card::CardEntry;
use tatami_core::id::{AttemptId, PaymentIntentId, SetupIntentId};
use tatami_core::payment_intent::{Attempt, AttemptKind, Decision, Draft, Outcome, PaymentIntent};
use tatami_core::problem::Refusal;
use tatami_core::saved_card::SavedCard;
use tatami_core::setup_intent::{SetupIntent, Verification};

use super::NO_INTENT;
use super::attempts::Means;
use crate::command::{Decided, Opened, Ran};
use crate::ports::answers::Answer;
use crate::ports::documents::DocumentWrite;
use crate::ports::store::Stored;
use crate::{Call, Engine, Failure};

/// Charges of the cards of setup intents.
#[derive(Clone, Copy)]
pub struct Charges<'a>(&'a Engine);

impl Engine {
    pub fn charges(&self) -> Charges<'_> {
        Charges(self)
    }
}

impl Charges<'_> {
    /// Checks that a new payment intent names a setup intent whose card can be,
    /// or can come to be, charged. Nothing is no name.
    pub(crate) async fn check_setup_intent(
        self,
        call: &Call,
        draft: &mut Draft,
    ) -> Result<(), Failure> {
        let named = draft.details.setup_intent_id.take();
        let Some(id) = named.filter(|id| !id.trim().is_empty()) else {
            return Ok(());
        };
        let found = self.0.find::<SetupIntent>(Some(&call.scope), &id).await?;
        let found = found.ok_or_else(|| {
            Refusal::invalid("SetupIntentId", "There is no setup intent with this id.")
        })?;
        found.value.expects_charge()?;
        draft.details.setup_intent_id = Some(id);
        Ok(())
    }

    /// Charges the card of a payment intent's setup intent.
    ///
    /// # Errors
    /// If either's state does not allow it, or the outcome is not known yet. A
    /// decline is an answer.
    pub async fn charge(self, call: &Call, id: &PaymentIntentId) -> Result<Answer, Failure> {
        let (call, id) = (call.clone(), id.clone());
        self.0
            .to_the_end(move |engine| async move { engine.charges().charge_now(&call, &id).await })
            .await
    }

    async fn charge_now(self, call: &Call, id: &PaymentIntentId) -> Result<Answer, Failure> {
        let ran = self.0.command(Some(call), Some(id.as_str()), || async {
            let stored = self.0.payment_intents().find(&call.scope, id).await?;
            let Stored { value, version } = stored.ok_or(NO_INTENT)?;
            let (decision, writes, means) = self.charged(call, &value).await?;
            self.0.may_call(&call.scope)?;
            let intent = Arc::clone(&decision.intent);
            let mut commit = self
                .0
                .payment_intents()
                .commit_of(decision, Some(version))
                .await?;
            commit.documents.extend(writes);
            let version = version + 1;
            let opened = (Opened { intent, version }, means);
            Ok(Decided::opening(call, commit, opened))
        });
        match ran.await? {
            Ran::Before(answer) => Ok(answer),
            Ran::Now((Opened { intent, version }, means), held) => {
                self.0
                    .attempts()
                    .attempt(&held, intent, version, means, call.version)
                    .await
            }
        }
    }

    /// The opening of a charge: the decision, the setup intent's change, and the
    /// card.
    async fn charged(
        self,
        call: &Call,
        intent: &PaymentIntent,
    ) -> Result<(Decision, Vec<DocumentWrite>, Means), Failure> {
        let id = intent.charged_by()?;
        intent.can_be_paid(self.0.now(&call.scope))?;
        let found = self
            .0
            .find::<SetupIntent>(Some(&call.scope), id.as_str())
            .await?;
        let Stored {
            value: setup,
            version,
        } = found.ok_or(crate::setup_intents::NO_SETUP_INTENT)?;
        let now = self.0.now(&call.scope);
        if let Some(expired) = setup.expire(now) {
            // The same is written when it comes due.
            expired.chargeable(now)?;
        }
        let verified = setup.chargeable(now)?;
        let decision = self.0.with_facts(&call.scope, |facts| {
            intent.begin_charge(id, verified.card.clone(), call.request(), facts)
        })?;
        let means = self.kept_card(verified).await?;
        let attempt = decision.intent.attempt.as_ref();
        let attempt = attempt.map(|a| a.id.clone());
        let attempt = attempt.ok_or_else(|| Failure::Unavailable("no attempt".to_owned()))?;
        let begun = setup.begin_charge(intent.id.clone(), attempt, now)?;
        let writes = self
            .0
            .setup_intents()
            .writes(Some(&setup), &begun, Some(version))
            .await?;
        Ok((decision, writes, means))
    }

    /// The card as it is sent once more, from the vault.
    async fn kept_card(self, verified: &Verification) -> Result<Means, Failure> {
        let gone = || Failure::Unavailable("a card is not in the vault".to_owned());
        let id = verified.saved_card.as_ref().ok_or_else(gone)?;
        let found = self.0.find::<SavedCard>(None, id.as_str()).await?;
        let found = found.ok_or_else(gone)?.value;
        let number = self
            .0
            .vault()
            .open(&found.id, &found.sealed)
            .map_err(|e| Failure::Unavailable(e.to_string()))?;
        let card = CardEntry {
            number,
            expiry: verified.card.expiry,
            cv2: None,
            holder: verified.card.holder.clone(),
        };
        let original = verified.network_reference.clone();
        Ok(Means::Kept {
            card,
            original: original.unwrap_or_else(|| verified.transaction_id.clone()),
        })
    }

    /// What a closed charge changes of its setup intent; nothing of any other
    /// attempt.
    pub(crate) async fn setup_after(
        self,
        attempt: &Attempt,
        outcome: &Outcome,
    ) -> Result<Vec<DocumentWrite>, Failure> {
        match &attempt.kind {
            // Seldom so, and it takes much room.
            AttemptKind::Charge { setup_intent, .. } => {
                Box::pin(self.setup_after_charge(setup_intent, &attempt.id, outcome)).await
            }
            _ => Ok(Vec::new()),
        }
    }

    async fn setup_after_charge(
        self,
        setup_intent: &SetupIntentId,
        attempt: &AttemptId,
        outcome: &Outcome,
    ) -> Result<Vec<DocumentWrite>, Failure> {
        let found = self
            .0
            .find::<SetupIntent>(None, setup_intent.as_str())
            .await?;
        let Some(Stored { value, version }) = found else {
            return Ok(Vec::new());
        };
        let now = self.0.now(&value.scope);
        match value.conclude_charge(attempt, outcome, now) {
            Some(after) => {
                self.0
                    .setup_intents()
                    .writes(Some(&value), &after, Some(version))
                    .await
            }
            None => Ok(Vec::new()),
        }
    }
}
