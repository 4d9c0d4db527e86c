//! Going on with a payment after the payer's 3-D Secure challenge.

use super::Payers;
use super::attempts::Means;
use crate::ports::store::Stored;
use crate::{Failure, PaymentResult};

impl Payers<'_> {
    /// Goes on after the payer's challenge, with the proof that the issuer's
    /// page gave.
    ///
    /// # Errors
    /// [`Failure::BadSession`] if the secret is not that of the challenged try,
    /// or a refusal if no such challenge is waiting.
    pub async fn complete_challenge(
        self,
        secret: &str,
        transaction_id: &str,
        proof: &str,
    ) -> Result<PaymentResult, Failure> {
        let (id, nonce) = self.payment_of(secret)?;
        let (transaction_id, proof) = (transaction_id.to_owned(), proof.to_owned());
        self.0
            .to_the_end(|engine| async move {
                let begun = engine.change(id.as_str(), || async {
                    let stored = engine.payment_intents().find_public(&id).await?;
                    let Stored { value, version } = stored.ok_or(Failure::BadSession)?;
                    if !value.session_continues(&nonce) {
                        return Err(Failure::BadSession);
                    }
                    let decision = engine.with_facts(&value.scope, |facts| {
                        value.resume_payment(&transaction_id, facts)
                    })?;
                    engine.payers().opening(decision, version, Vec::new()).await
                });
                let (opened, held) = begun.await?;
                engine
                    .payers()
                    .paid(&held, opened, Means::Proof(proof))
                    .await
            })
            .await
    }
}
