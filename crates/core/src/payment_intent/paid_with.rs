//! The card that a payment is made with, and what the vault has to do with it.

use super::{Attempt, AttemptKind};
use crate::card::CardSummary;
use crate::id::SavedCardId;
use crate::saved_card::Keeping;

/// The card that a payment is made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidWith {
    pub card: CardSummary,
    /// Whether it is in the vault, or comes into it.
    pub keeping: Option<Keeping>,
}

impl From<CardSummary> for PaidWith {
    fn from(card: CardSummary) -> Self {
        Self {
            card,
            keeping: None,
        }
    }
}

impl Attempt {
    /// What the vault has to do with it.
    pub fn keeping(&self) -> Option<&Keeping> {
        match &self.kind {
            AttemptKind::Pay { keeping, .. } => keeping.as_ref(),
            _ => None,
        }
    }

    /// Says as which card its card is kept in the end, if it is.
    pub fn keeps(&mut self, id: Option<SavedCardId>) {
        if let AttemptKind::Pay { keeping, .. } = &mut self.kind {
            *keeping = id.map(Keeping::Keep);
        }
    }
}
