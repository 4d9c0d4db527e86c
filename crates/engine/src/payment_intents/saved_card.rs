//! Payments that bring a card into the vault, or pay with one that is there.

use tatami_core::card::{CardEntry, Cv2};
use tatami_core::customer::Customer;
use tatami_core::id::SavedCardId;
use tatami_core::payment_intent::{PaidWith, PayerDetails, PaymentIntent};
use tatami_core::problem::Refusal;
use tatami_core::saved_card::{Keeping, SavedCard, SavedCardState};

use super::Payers;
use super::attempts::Means;
use crate::ports::store::Stored;
use crate::{Failure, PaymentResult};

/// A payer's wish that the card be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Whether its holder agrees that the merchant may charge it later.
    pub merchant_initiated: bool,
}

impl Payers<'_> {
    /// A card of the vault that a client session's payment can be made with.
    ///
    /// # Errors
    /// [`Failure::BadSession`] if the secret opens nothing (any more), or a
    /// refusal if the payment's customer has no such card, or it has expired.
    pub async fn saved_card_of_session(
        self,
        secret: &str,
        id: &SavedCardId,
    ) -> Result<SavedCard, Failure> {
        let intent = self.session(secret).await?.intent;
        if !intent.session_open(&intent.session.nonce, self.0.now(&intent.scope)) {
            return Err(Failure::BadSession);
        }
        self.payable_card(&intent, id).await
    }

    async fn payable_card(
        self,
        intent: &PaymentIntent,
        id: &SavedCardId,
    ) -> Result<SavedCard, Failure> {
        let field = "PaymentMethodId";
        let customer = intent.details.customer.as_ref();
        let card = match customer.and_then(|c| c.id.as_deref()) {
            Some(owner) => {
                self.0
                    .saved_cards()
                    .kept_card_of(&intent.scope, owner, id)
                    .await?
            }
            None => None,
        };
        let Some(Stored { value: card, .. }) = card else {
            let rule = "This is not a saved card of the payment's customer.";
            return Err(Refusal::invalid(field, rule).into());
        };
        if card.card.expiry.is_past(self.0.now(&intent.scope)) {
            let rule = "The saved card has expired. Use another card.";
            return Err(Refusal::invalid(field, rule).into());
        }
        Ok(card)
    }

    /// Pays with a card of the vault. A secret serves one try.
    ///
    /// # Errors
    /// As [`Payers::saved_card_of_session`], or a refusal if the intent cannot
    /// be paid, or the card's number is in what the payer typed besides.
    pub async fn pay_with_saved_card(
        self,
        secret: &str,
        id: &SavedCardId,
        cv2: Cv2,
        payer: PayerDetails,
    ) -> Result<PaymentResult, Failure> {
        let (intent, nonce) = self.payment_of(secret)?;
        let id = id.clone();
        self.0
            .to_the_end(|engine| async move {
                let paying = engine.payers().payable(&intent, &nonce).await?.value;
                Box::pin(engine.tables().parts().before_payment(&paying)).await?;
                let begun = engine.change(intent.as_str(), || async {
                    let Stored { value, version } =
                        engine.payers().payable(&intent, &nonce).await?;
                    let card = engine.payers().payable_card(&value, &id).await?;
                    let number = engine
                        .vault()
                        .open(&card.id, &card.sealed)
                        .map_err(|e| Failure::Unavailable(format!("{}: {e}", card.id)))?;
                    payer.check(&number)?;
                    let entry = CardEntry {
                        number,
                        expiry: card.card.expiry,
                        cv2: Some(cv2.clone()),
                        holder: card.card.holder.clone(),
                    };
                    let with = PaidWith {
                        card: card.card,
                        keeping: Some(Keeping::Kept(card.id)),
                    };
                    let decision = engine.with_facts(&value.scope, |facts| {
                        value.begin_payment(with, payer.clone(), facts)
                    })?;
                    let opened = engine
                        .payers()
                        .opening(decision, version, Vec::new())
                        .await?;
                    Ok(opened.map(|opened| (opened, Means::Card(entry))))
                });
                let ((opened, means), held) = begun.await?;
                engine.payers().paid(&held, opened, means).await
            })
            .await
    }

    /// The card that a payment is to bring into the vault, as pending.
    ///
    /// # Errors
    /// If the payment has no customer to keep it for.
    pub(super) async fn card_to_keep(
        self,
        intent: &PaymentIntent,
        card: &CardEntry,
        keep: Keep,
    ) -> Result<SavedCard, Failure> {
        let customer = intent.details.customer.as_ref();
        let customer = match customer.and_then(|c| c.id.as_deref()) {
            Some(id) => self.0.find::<Customer>(Some(&intent.scope), id).await?,
            None => None,
        };
        let Some(customer) = customer else {
            let rule = "The payment has no customer to save the card for.";
            return Err(Refusal::invalid("SavePaymentMethod", rule).into());
        };
        Ok(self.0.with_facts(&intent.scope, |facts| {
            let id = SavedCardId::mint(intent.scope.environment, facts);
            SavedCard {
                sealed: self.0.vault().seal(&id, &card.number, facts.entropy),
                id,
                scope: intent.scope.clone(),
                owner: customer.value.id.to_string(),
                state: SavedCardState::Pending,
                card: card.summary(),
                fingerprint: self.0.vault().fingerprint(&intent.scope, &card.number),
                preferred: false,
                merchant_initiated_consent: keep.merchant_initiated.then_some(facts.now),
                network_reference: None,
                created_at: facts.now,
            }
        }))
    }
}
