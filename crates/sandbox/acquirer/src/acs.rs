//! The issuer's page ("your bank"), as who shows it sees it.

use crate::SandboxAcquirer;
use crate::books::BooksError;
use crate::three_ds::{self, ChallengeView, Decided, Decision};

impl SandboxAcquirer {
    /// The challenge that a browser names by its payload (`paReq`); `None` if
    /// there is none or its payment is concluded.
    pub async fn challenge(&self, payload: &str) -> Result<Option<ChallengeView>, BooksError> {
        self.challenged(payload, |desk| three_ds::view(desk, payload))
            .await
    }

    /// Writes what the payer decided. The first decision that ends a challenge
    /// stands; later ones get its proof again.
    pub async fn decide(&self, payload: &str, decision: Decision) -> Result<Decided, BooksError> {
        self.challenged(payload, |desk| three_ds::decide(desk, payload, &decision))
            .await
    }
}
