//! How a payment keeps its card.

use std::sync::Arc;

use tatami_core::customer::Customer;
use tatami_core::id::SavedCardId;
use tatami_core::payment_intent::{Outcome, PaymentIntent};
use tatami_core::saved_card::{Keeping, SavedCard, SavedCardState};

use super::SavedCards;
use crate::Failure;
use crate::command::Decided;
use crate::ports::documents::DocumentWrite;
use crate::ports::store::Stored;

impl SavedCards<'_> {
    /// What the vault has to do with the open attempt at its end: the intent
    /// with the card as it is kept, if it is, and what is written with it.
    pub(crate) async fn card_after(
        self,
        intent: Arc<PaymentIntent>,
        outcome: &Outcome,
    ) -> Result<(Arc<PaymentIntent>, Vec<DocumentWrite>), Failure> {
        let attempt = intent.attempt.as_ref();
        match attempt.and_then(|a| a.keeping()).cloned() {
            // Seldom so, and it takes much room.
            Some(Keeping::Keep(id)) => Box::pin(self.kept_after(intent, id, outcome)).await,
            _ => Ok((intent, Vec::new())),
        }
    }

    async fn kept_after(
        self,
        mut intent: Arc<PaymentIntent>,
        id: SavedCardId,
        outcome: &Outcome,
    ) -> Result<(Arc<PaymentIntent>, Vec<DocumentWrite>), Failure> {
        let pending = self
            .0
            .find::<SavedCard>(Some(&intent.scope), id.as_str())
            .await?
            .filter(|card| card.value.state == SavedCardState::Pending);
        let (kept, writes) = match (pending, outcome) {
            // Given up, or its customer is gone.
            (None, _) => (None, Vec::new()),
            // Its holder is asked first.
            (Some(_), Outcome::Challenged(_)) => return Ok((intent, Vec::new())),
            (Some(pending), Outcome::Declined(_) | Outcome::NotDone) => {
                (None, vec![DocumentWrite::delete(&pending)])
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
        self,
        pending: Stored<SavedCard>,
        card: SavedCard,
    ) -> Result<(Option<SavedCardId>, Vec<DocumentWrite>), Failure> {
        let (scope, owner) = (&card.scope, card.owner.as_str());
        let Some(customer) = self.0.find::<Customer>(Some(scope), owner).await? else {
            return Ok((None, vec![DocumentWrite::delete(&pending)]));
        };
        let saved = self
            .cards_of(scope, owner, &[SavedCardState::Saved])
            .await?;
        let same = saved
            .into_iter()
            .find(|other| other.value.fingerprint == card.fingerprint);
        // Written unchanged, the customer lets one payment at a time keep a
        // card: two with the same card do not both find it new.
        let mut writes = vec![DocumentWrite::put(&customer.value, Some(customer.version))?];
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
                writes.push(DocumentWrite::put(&card, Some(version))?);
                writes.push(DocumentWrite::delete(&pending));
                card.id
            }
            None => {
                let card = SavedCard {
                    state: SavedCardState::Saved,
                    ..card
                };
                writes.push(DocumentWrite::put(&card, Some(pending.version))?);
                card.id
            }
        };
        Ok((Some(kept), writes))
    }

    /// Gives up a card whose payment did not come to save it in time.
    pub(crate) async fn give_up(self, card: Stored<SavedCard>) -> Result<(), Failure> {
        let id = card.value.id.as_str();
        self.0
            .change(id, || async {
                let found = self.0.find::<SavedCard>(None, id).await?;
                let pending = found.filter(|card| card.value.state == SavedCardState::Pending);
                Ok(match pending {
                    None => Decided::nothing(()),
                    Some(card) => {
                        let writes = vec![DocumentWrite::delete(&card)];
                        Decided::change(self.0.commit_of(&card.value.scope, writes), ())
                    }
                })
            })
            .await?;
        Ok(())
    }
}
