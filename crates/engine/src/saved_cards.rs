//! Cards in the vault: how a payment brings them there, and pays with them.
//!
//! The commit that opens an attempt puts its card into the vault as *pending*;
//! the commit that closes it keeps the card or takes it out again. So a crash
//! between the two loses neither the card nor the payment, and a card whose
//! payment did not come about stays nowhere.

use std::sync::Arc;

use tatami_core::account::AnyScope;
use tatami_core::card::{CardEntry, Cv2};
use tatami_core::customer::Customer;
use tatami_core::id::SavedCardId;
use tatami_core::payment_intent::{Outcome, PaidWith, PayerDetails, PaymentIntent};
use tatami_core::problem::Refusal;
use tatami_core::saved_card::{Keeping, SavedCard, SavedCardState};
use tatami_core::time::Timestamp;

use crate::attempts::Means;
use crate::command::Decided;
use crate::ports::records::{Aggregate, RecordKind, RecordWrite};
use crate::ports::store::Stored;
use crate::{Engine, Failure, PaymentResult};

/// A payer's wish that the card be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Whether its holder agrees that the merchant may charge it later.
    pub merchant_initiated: bool,
}

impl Aggregate for SavedCard {
    const KIND: RecordKind = RecordKind::SavedCard;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn scope(&self) -> AnyScope {
        AnyScope::from(&self.scope)
    }

    fn owner(&self) -> Option<&str> {
        Some(&self.owner)
    }

    fn status(&self) -> &str {
        self.state.word()
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }

    fn due_at(&self) -> Option<Timestamp> {
        self.gives_up_at()
    }
}

impl Engine {
    /// A card of the vault that a client session's payment can be made with.
    ///
    /// # Errors
    /// [`Failure::BadSession`] if the secret opens nothing (any more), or a
    /// refusal if the payment's customer has no such card, or it has expired.
    pub async fn saved_card_of_session(
        &self,
        secret: &str,
        id: &SavedCardId,
    ) -> Result<SavedCard, Failure> {
        let intent = self.session(secret).await?.intent;
        if !intent.session_open(&intent.session.nonce, self.now(&intent.scope)) {
            return Err(Failure::BadSession);
        }
        self.payable_card(&intent, id).await
    }

    async fn payable_card(
        &self,
        intent: &PaymentIntent,
        id: &SavedCardId,
    ) -> Result<SavedCard, Failure> {
        let field = "PaymentMethodId";
        let customer = intent.details.customer.as_ref();
        let card = match customer.and_then(|c| c.id.as_deref()) {
            Some(owner) => self.kept_card_of(&intent.scope, owner, id).await?,
            None => None,
        };
        let Some(Stored { value: card, .. }) = card else {
            let rule = "This is not a saved card of the payment's customer.";
            return Err(Refusal::invalid(field, rule).into());
        };
        if card.card.expiry.is_past(self.now(&intent.scope)) {
            let rule = "The saved card has expired. Use another card.";
            return Err(Refusal::invalid(field, rule).into());
        }
        Ok(card)
    }

    /// Pays with a card of the vault. A secret serves one try.
    ///
    /// # Errors
    /// As [`Engine::saved_card_of_session`], or a refusal if the intent cannot
    /// be paid, or the card's number is in what the payer told besides.
    pub async fn pay_with_saved_card(
        &self,
        secret: &str,
        id: &SavedCardId,
        cv2: Cv2,
        payer: PayerDetails,
    ) -> Result<PaymentResult, Failure> {
        let (intent, nonce) = self.payment_of(secret)?;
        let id = id.clone();
        self.to_the_end(|engine| async move {
            let begun = engine.change(intent.as_str(), || async {
                let Stored { value, version } = engine.payable(&intent, &nonce).await?;
                let card = engine.payable_card(&value, &id).await?;
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
                let opened = engine.opening(decision, version, Vec::new()).await?;
                Ok(opened.map(|opened| (opened, Means::Card(entry))))
            });
            let ((opened, means), held) = begun.await?;
            engine.paid(&held, opened, means).await
        })
        .await
    }

    /// The card that a payment is to bring into the vault, as pending.
    ///
    /// # Errors
    /// If the payment has no customer to keep it for.
    pub(crate) async fn card_to_keep(
        &self,
        intent: &PaymentIntent,
        card: &CardEntry,
        keep: Keep,
    ) -> Result<SavedCard, Failure> {
        let customer = intent.details.customer.as_ref();
        let customer = match customer.and_then(|c| c.id.as_deref()) {
            Some(id) => self.find::<Customer>(Some(&intent.scope), id).await?,
            None => None,
        };
        let Some(customer) = customer else {
            let rule = "The payment has no customer to save the card for.";
            return Err(Refusal::invalid("SavePaymentMethod", rule).into());
        };
        Ok(self.with_facts(&intent.scope, |facts| {
            let id = SavedCardId::mint(intent.scope.environment, facts);
            SavedCard {
                sealed: self.vault().seal(&id, &card.number, facts.entropy),
                id,
                scope: intent.scope.clone(),
                owner: customer.value.id.to_string(),
                state: SavedCardState::Pending,
                card: card.summary(),
                fingerprint: self.vault().fingerprint(&intent.scope, &card.number),
                preferred: false,
                merchant_initiated_consent: keep.merchant_initiated.then_some(facts.now),
                network_reference: None,
                created_at: facts.now,
            }
        }))
    }

    /// What the vault has to do with the open attempt at its end: the intent
    /// with the card as it is kept, if it is, and what is written with it.
    pub(crate) async fn card_after(
        &self,
        intent: Arc<PaymentIntent>,
        outcome: &Outcome,
    ) -> Result<(Arc<PaymentIntent>, Vec<RecordWrite>), Failure> {
        let attempt = intent.attempt.as_ref();
        match attempt.and_then(|a| a.keeping()).cloned() {
            // Seldom so, and it takes much room.
            Some(Keeping::Keep(id)) => Box::pin(self.kept_after(intent, id, outcome)).await,
            _ => Ok((intent, Vec::new())),
        }
    }

    async fn kept_after(
        &self,
        mut intent: Arc<PaymentIntent>,
        id: SavedCardId,
        outcome: &Outcome,
    ) -> Result<(Arc<PaymentIntent>, Vec<RecordWrite>), Failure> {
        let pending = self
            .find::<SavedCard>(Some(&intent.scope), id.as_str())
            .await?
            .filter(|card| card.value.state == SavedCardState::Pending);
        let (kept, writes) = match (pending, outcome) {
            // Given up, or its customer is gone.
            (None, _) => (None, Vec::new()),
            // Its holder is asked first.
            (Some(_), Outcome::Challenged(_)) => return Ok((intent, Vec::new())),
            (Some(pending), Outcome::Declined(_) | Outcome::NotDone) => {
                (None, vec![RecordWrite::delete(&pending)])
            }
            (Some(pending), Outcome::Approved(approval)) => {
                let mut card = pending.value.clone();
                card.network_reference = approval.network_reference.clone();
                if let Some(funding) = &approval.funding {
                    card.card.funding.clone_from(funding);
                }
                self.keep(pending, card).await?
            }
        };
        if let Some(attempt) = &mut Arc::make_mut(&mut intent).attempt {
            attempt.keeps(kept);
        }
        Ok((intent, writes))
    }

    /// Keeps a card whose payment is approved. A card that its customer has
    /// already is brought up to date instead.
    async fn keep(
        &self,
        pending: Stored<SavedCard>,
        card: SavedCard,
    ) -> Result<(Option<SavedCardId>, Vec<RecordWrite>), Failure> {
        let (scope, owner) = (&card.scope, card.owner.as_str());
        let Some(customer) = self.find::<Customer>(Some(scope), owner).await? else {
            return Ok((None, vec![RecordWrite::delete(&pending)]));
        };
        let saved = self
            .cards_of(scope, owner, &[SavedCardState::Saved])
            .await?;
        let same = saved
            .into_iter()
            .find(|other| other.value.fingerprint == card.fingerprint);
        // Written unchanged, the customer lets one payment at a time keep a
        // card: two with the same card do not both find it new.
        let mut writes = vec![RecordWrite::put(&customer.value, Some(customer.version))?];
        let kept = match same {
            Some(Stored { value, version }) => {
                let card = SavedCard {
                    card: card.card,
                    merchant_initiated_consent: card
                        .merchant_initiated_consent
                        .or(value.merchant_initiated_consent),
                    network_reference: card.network_reference.or(value.network_reference),
                    ..value
                };
                writes.push(RecordWrite::put(&card, Some(version))?);
                writes.push(RecordWrite::delete(&pending));
                card.id
            }
            None => {
                let card = SavedCard {
                    state: SavedCardState::Saved,
                    ..card
                };
                writes.push(RecordWrite::put(&card, Some(pending.version))?);
                card.id
            }
        };
        Ok((Some(kept), writes))
    }

    /// Gives up a card whose payment did not come to save it in time.
    pub(crate) async fn give_up_card(&self, card: Stored<SavedCard>) -> Result<(), Failure> {
        let id = card.value.id.as_str();
        self.change(id, || async {
            let found = self.find::<SavedCard>(None, id).await?;
            let pending = found.filter(|card| card.value.state == SavedCardState::Pending);
            Ok(match pending {
                None => Decided::nothing(()),
                Some(card) => {
                    let writes = vec![RecordWrite::delete(&card)];
                    Decided::change(self.commit_of(&card.value.scope, writes), ())
                }
            })
        })
        .await?;
        Ok(())
    }
}
