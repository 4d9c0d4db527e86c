//! The vault's use case: to wrap what is kept with the current key.

use tatami_core::id::SavedCardId;
use tatami_core::saved_card::{SavedCard, SavedCardState, SealedCard};

use super::{BATCH, SavedCards};
use crate::Failure;
use crate::command::Decided;
use crate::ports::documents::{Aggregate, DocumentWrite};
use crate::ports::store::Stored;

impl SavedCards<'_> {
    /// Wraps the data key of every card, and the key of fingerprints, with the
    /// vault's current key; how many cards needed it. What other programs write
    /// meanwhile is looked at again.
    ///
    /// # Errors
    /// If storage fails, or a card was sealed with a key that is not at hand.
    pub async fn rewrap_all(self) -> Result<u64, Failure> {
        self.rewrap_fingerprints().await?;
        let mut wrapped = 0;
        loop {
            let done = self.rewrap_once().await?;
            wrapped += done;
            if done == 0 {
                return Ok(wrapped);
            }
        }
    }

    async fn rewrap_fingerprints(self) -> Result<(), Failure> {
        let Some(kept) = self.0.store().vault_key().await? else {
            return Ok(());
        };
        let mut entropy = (self.0.parts.entropy)();
        let anew = self
            .0
            .vault()
            .rewrap_fingerprints(&kept, entropy.as_mut())
            .map_err(|e| Failure::Unavailable(e.to_string()))?;
        if let Some(anew) = anew {
            self.0.store().keep_vault_key(Some(&kept), &anew).await?;
        }
        Ok(())
    }

    /// Takes every card out of the vault; how many there were.
    ///
    /// # Errors
    /// If storage fails, or somebody changes a card meanwhile.
    pub async fn forget_all(self) -> Result<u64, Failure> {
        let mut gone = 0;
        for state in SavedCardState::ALL {
            loop {
                let page = self.cards_in(state, None).await?;
                for card in &page {
                    let writes = vec![DocumentWrite::delete(card)];
                    let commit = self.0.commit_of(&card.value.scope, writes);
                    let removed = self.0.make_durable(commit).await;
                    removed.map_err(|error| Failure::Unavailable(error.to_string()))?;
                    gone += 1;
                }
                if page.len() < BATCH {
                    break;
                }
            }
        }
        Ok(gone)
    }

    async fn cards_in(
        self,
        state: SavedCardState,
        after: Option<&str>,
    ) -> Result<Vec<Stored<SavedCard>>, Failure> {
        let page = self
            .0
            .store()
            .documents_of_status(SavedCard::KIND, state.word(), after, BATCH)
            .await?;
        Ok(page.iter().map(Stored::read).collect::<Result<_, _>>()?)
    }

    /// Goes through all cards once; how many it wrapped.
    async fn rewrap_once(self) -> Result<u64, Failure> {
        let mut wrapped = 0;
        for state in SavedCardState::ALL {
            let mut after: Option<String> = None;
            loop {
                let page = self.cards_in(state, after.as_deref()).await?;
                for card in &page {
                    if self.rewrapped(&card.value)?.is_some() {
                        self.rewrap(&card.value.id).await?;
                        wrapped += 1;
                    }
                }
                if page.len() < BATCH {
                    break;
                }
                after = page.last().map(|card| card.value.id.to_string());
            }
        }
        Ok(wrapped)
    }

    /// Wraps a card anew, as it is by now.
    async fn rewrap(self, id: &SavedCardId) -> Result<(), Failure> {
        self.0
            .change(id.as_str(), || async {
                let found = self.0.find::<SavedCard>(None, id.as_str()).await?;
                let Some(Stored { value, version }) = found else {
                    return Ok(Decided::nothing(()));
                };
                let Some(sealed) = self.rewrapped(&value)? else {
                    return Ok(Decided::nothing(()));
                };
                let card = SavedCard { sealed, ..value };
                let write = DocumentWrite::put(&card, Some(version))?;
                Ok(Decided::change(
                    self.0.commit_of(&card.scope, vec![write]),
                    (),
                ))
            })
            .await?;
        Ok(())
    }

    /// The sealed card under the current key; `None` if it is under it already.
    fn rewrapped(self, card: &SavedCard) -> Result<Option<SealedCard>, Failure> {
        let mut entropy = (self.0.parts.entropy)();
        self.0
            .vault()
            .rewrap(&card.id, &card.sealed, entropy.as_mut())
            .map_err(|e| Failure::Unavailable(format!("{}: {e}", card.id)))
    }
}
