//! The vault's use case: to wrap what is kept with the current key.

use tatami_core::saved_card::{SavedCard, SavedCardState};

use crate::ports::records::{Aggregate, RecordWrite};
use crate::ports::store::{CommitError, Stored};
use crate::saved_cards::removal;
use crate::{Engine, Failure};

/// How many cards are read together.
const BATCH: usize = 200;

impl Engine {
    /// Wraps the data key of every card, and the key of fingerprints, with the
    /// vault's current key; how many cards needed it. What other programs write
    /// meanwhile is looked at again.
    ///
    /// # Errors
    /// If storage fails, or a card was sealed with a key that is not at hand.
    pub async fn rewrap_cards(&self) -> Result<u64, Failure> {
        self.rewrap_fingerprints().await?;
        let mut wrapped = 0;
        loop {
            let (done, missed) = self.rewrap_once().await?;
            wrapped += done;
            if !missed {
                return Ok(wrapped);
            }
        }
    }

    async fn rewrap_fingerprints(&self) -> Result<(), Failure> {
        let Some(kept) = self.store().vault_key().await? else {
            return Ok(());
        };
        let mut entropy = (self.0.parts.entropy)();
        let anew = self
            .vault()
            .rewrap_fingerprints(&kept, entropy.as_mut())
            .map_err(|e| Failure::Unavailable(e.to_string()))?;
        if let Some(anew) = anew {
            self.store().keep_vault_key(Some(&kept), &anew).await?;
        }
        Ok(())
    }

    /// Takes every card out of the vault; how many there were.
    ///
    /// # Errors
    /// If storage fails, or somebody changes a card meanwhile.
    pub async fn forget_cards(&self) -> Result<u64, Failure> {
        let mut gone = 0;
        for state in SavedCardState::ALL {
            loop {
                let page = self
                    .store()
                    .records_of_status(SavedCard::KIND, state.word(), None, BATCH)
                    .await?;
                for record in &page {
                    let card = record.read::<SavedCard>()?;
                    self.commit_records(&card.value.scope, vec![removal(&card)], Vec::new(), None)
                        .await
                        .map_err(|error| Failure::Unavailable(error.to_string()))?;
                    gone += 1;
                }
                if page.len() < BATCH {
                    break;
                }
            }
        }
        Ok(gone)
    }

    /// Goes through all cards once; how many it wrapped, and whether somebody
    /// else changed one of them first.
    async fn rewrap_once(&self) -> Result<(u64, bool), Failure> {
        let (mut wrapped, mut missed) = (0, false);
        for state in SavedCardState::ALL {
            let mut after: Option<String> = None;
            loop {
                let page = self
                    .store()
                    .records_of_status(SavedCard::KIND, state.word(), after.as_deref(), BATCH)
                    .await?;
                for record in &page {
                    match self.rewrap(record.read()?).await? {
                        Some(true) => wrapped += 1,
                        Some(false) => missed = true,
                        None => {}
                    }
                }
                if page.len() < BATCH {
                    break;
                }
                after = page.last().map(|record| record.value.id.clone());
            }
        }
        Ok((wrapped, missed))
    }

    /// Whether a card was wrapped anew; `None` if it need not be.
    async fn rewrap(&self, stored: Stored<SavedCard>) -> Result<Option<bool>, Failure> {
        let Stored { value, version } = stored;
        let mut entropy = (self.0.parts.entropy)();
        let anew = self
            .vault()
            .rewrap(&value.id, &value.sealed, entropy.as_mut())
            .map_err(|e| Failure::Unavailable(format!("{}: {e}", value.id)))?;
        let Some(sealed) = anew else {
            return Ok(None);
        };
        let card = SavedCard { sealed, ..value };
        let write = RecordWrite::put(&card, Some(version))?;
        match self
            .commit_records(&card.scope, vec![write], Vec::new(), None)
            .await
        {
            Ok(()) => Ok(Some(true)),
            Err(CommitError::Stale) => Ok(Some(false)),
            Err(error) => Err(Failure::Unavailable(error.to_string())),
        }
    }
}
