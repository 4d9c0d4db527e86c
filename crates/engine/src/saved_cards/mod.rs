//! Cards in the vault.
//!
//! The commit that opens an attempt puts its card into the vault as *pending*;
//! the commit that closes it keeps the card or takes it out again. So a crash
//! between the two loses neither the card nor the payment, and a card whose
//! payment did not come about stays nowhere.

mod keep;
mod rewrap;

use tatami_core::account::{AnyScope, Scope};
use tatami_core::customer::Customer;
use tatami_core::id::SavedCardId;
use tatami_core::problem::Refusal;
use tatami_core::saved_card::{SavedCard, SavedCardState};
use tatami_core::time::Timestamp;

use crate::command::Decided;
use crate::ports::documents::{Aggregate, DocumentKind, DocumentQuery, DocumentWrite};
use crate::ports::store::Stored;
use crate::{Engine, Failure};

impl Aggregate for SavedCard {
    const KIND: DocumentKind = DocumentKind::SavedCard;

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

pub(crate) const NO_CARD: Refusal = Refusal::NotFound("payment method");
/// How many cards are read together.
const BATCH: usize = 200;

/// The cards of the vault.
#[derive(Clone, Copy)]
pub struct SavedCards<'a>(pub(super) &'a Engine);

impl Engine {
    pub fn saved_cards(&self) -> SavedCards<'_> {
        SavedCards(self)
    }
}

impl SavedCards<'_> {
    /// A customer's saved cards: the preferred one first, then the newest.
    pub async fn list(self, customer: &Customer) -> Result<Vec<SavedCard>, Failure> {
        let cards = self
            .cards_of(
                &customer.scope,
                customer.id.as_str(),
                &[SavedCardState::Saved],
            )
            .await?;
        let mut cards: Vec<SavedCard> = cards.into_iter().map(|stored| stored.value).collect();
        cards.sort_by_key(|card| !card.preferred);
        Ok(cards)
    }

    /// Takes a customer's card out of the vault.
    ///
    /// # Errors
    /// If the customer has no such card, or storage fails.
    pub async fn delete(self, customer: &Customer, id: &SavedCardId) -> Result<(), Failure> {
        let (scope, owner) = (&customer.scope, customer.id.as_str());
        self.0
            .change(owner, || async {
                let card = self.kept_card_of(scope, owner, id).await?;
                let writes = vec![DocumentWrite::delete(&card.ok_or(NO_CARD)?)];
                Ok(Decided::change(self.0.commit_of(scope, writes), ()))
            })
            .await?;
        Ok(())
    }

    /// Makes a card the one that is offered first.
    ///
    /// # Errors
    /// If the customer has no such card, or storage fails.
    pub async fn prefer(self, customer: &Customer, id: &SavedCardId) -> Result<(), Failure> {
        let (scope, owner) = (&customer.scope, customer.id.as_str());
        self.0
            .change(owner, || async {
                let writes = self.preference(scope, owner, id).await?;
                Ok(match writes.is_empty() {
                    true => Decided::nothing(()),
                    false => Decided::change(self.0.commit_of(scope, writes), ()),
                })
            })
            .await?;
        Ok(())
    }

    /// The writes that make a card the one that is offered first.
    pub(crate) async fn preference(
        self,
        scope: &Scope,
        owner: &str,
        id: &SavedCardId,
    ) -> Result<Vec<DocumentWrite>, Failure> {
        let cards = self
            .cards_of(scope, owner, &[SavedCardState::Saved])
            .await?;
        if !cards.iter().any(|card| card.value.id == *id) {
            return Err(NO_CARD.into());
        }
        let mut writes = Vec::new();
        for Stored { value, version } in cards {
            let preferred = value.id == *id;
            if preferred != value.preferred {
                let card = SavedCard { preferred, ..value };
                writes.push(DocumentWrite::put(&card, Some(version))?);
            }
        }
        Ok(writes)
    }

    /// An owner's card that is kept.
    pub(crate) async fn kept_card_of(
        self,
        scope: &Scope,
        owner: &str,
        id: &SavedCardId,
    ) -> Result<Option<Stored<SavedCard>>, Failure> {
        let found = self.0.find::<SavedCard>(Some(scope), id.as_str()).await?;
        Ok(found
            .filter(|card| card.value.owner == owner && card.value.state == SavedCardState::Saved))
    }

    /// An owner's cards in any of those states, all if none is named; newest
    /// first.
    pub(crate) async fn cards_of(
        self,
        scope: &Scope,
        owner: &str,
        states: &[SavedCardState],
    ) -> Result<Vec<Stored<SavedCard>>, Failure> {
        let query = DocumentQuery {
            owner: Some(owner.to_owned()),
            statuses: states.iter().map(|s| s.word().to_owned()).collect(),
            ..DocumentQuery::default()
        };
        self.0.all(scope, query).await
    }
}
