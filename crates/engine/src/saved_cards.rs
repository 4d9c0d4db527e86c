//! Cards in the vault.

use tatami_core::account::Scope;
use tatami_core::saved_card::{SavedCard, SavedCardState};
use tatami_core::time::Timestamp;

use crate::ports::records::{Aggregate, RecordKind, RecordWrite};
use crate::ports::store::{CommitError, Stored};
use crate::{Engine, Failure};

impl Aggregate for SavedCard {
    const KIND: RecordKind = RecordKind::SavedCard;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn scope(&self) -> &Scope {
        &self.scope
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

/// The write that takes a card out of the vault.
pub(crate) fn removal(card: &Stored<SavedCard>) -> RecordWrite {
    RecordWrite::Delete {
        kind: SavedCard::KIND,
        id: card.value.id.to_string(),
        expected: card.version,
    }
}

impl Engine {
    /// Gives up a card whose payment did not come to save it in time.
    pub(crate) async fn give_up_card(&self, card: Stored<SavedCard>) -> Result<(), Failure> {
        if card.value.state != SavedCardState::Pending {
            return Ok(());
        }
        let scope = card.value.scope.clone();
        match self
            .commit_records(&scope, vec![removal(&card)], Vec::new(), None)
            .await
        {
            Ok(()) | Err(CommitError::Stale) => Ok(()),
            Err(error) => Err(Failure::Unavailable(error.to_string())),
        }
    }
}
