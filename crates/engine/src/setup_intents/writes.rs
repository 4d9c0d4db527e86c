//! What a change of a setup intent writes: itself, and what becomes of the cards
//! that it named or names.

use tatami_core::saved_card::{SavedCard, SavedCardState};
use tatami_core::setup_intent::SetupIntent;

use super::SetupIntents;
use crate::Failure;
use crate::ports::documents::DocumentWrite;

impl SetupIntents<'_> {
    /// The writes of a change: cards that are no longer named go, a card that is
    /// verified now is kept.
    pub(crate) async fn writes(
        self,
        before: Option<&SetupIntent>,
        after: &SetupIntent,
        expected: Option<i64>,
    ) -> Result<Vec<DocumentWrite>, Failure> {
        let mut writes = vec![DocumentWrite::put(after, expected)?];
        let Some(before) = before else {
            return Ok(writes);
        };
        let named = after.saved_cards();
        for id in before.saved_cards() {
            if named.contains(&id) {
                continue;
            }
            if let Some(card) = self.0.find::<SavedCard>(None, id.as_str()).await? {
                writes.push(DocumentWrite::delete(&card));
            }
        }
        if before.saved_card().is_none() {
            writes.extend(self.kept(after).await?);
        }
        Ok(writes)
    }

    /// The write that keeps the card of an intent that is authorized now.
    async fn kept(self, intent: &SetupIntent) -> Result<Option<DocumentWrite>, Failure> {
        let Some(verified) = &intent.verification else {
            return Ok(None);
        };
        let Some(id) = &verified.saved_card else {
            return Ok(None);
        };
        let found = self.0.find::<SavedCard>(None, id.as_str()).await?;
        let found = found.ok_or_else(|| Failure::Unavailable(format!("{id} is not there")))?;
        let card = SavedCard {
            state: SavedCardState::Saved,
            card: verified.card.clone(),
            merchant_initiated_consent: Some(verified.consent.at),
            network_reference: verified.network_reference.clone(),
            ..found.value
        };
        Ok(Some(DocumentWrite::put(&card, Some(found.version))?))
    }
}
