//! Paying with the card of a wallet's token.

use tatami_core::card::CardEntry;
use tatami_core::money::Money;
use tatami_core::payment_intent::{PayerDetails, TOKEN_USED, WalletType};
use tatami_core::problem::Refusal;
use tatami_core::secret::SecretText;

use super::Payers;
use super::attempts::Means;
use crate::ports::acquirer::Authentication;
use crate::ports::store::Stored;
use crate::{Failure, PaymentResult};

/// What an opened token says.
#[derive(Clone, Debug)]
pub struct WalletPayment {
    pub wallet: WalletType,
    /// The id of the token, which pays once.
    pub token: String,
    pub card: CardEntry,
    /// What the payer's device says of its holder; none of a card that the wallet only
    /// had on file, whose holder is asked as if it was typed.
    pub proof: Option<DeviceProof>,
    /// The amount that the payer agreed to, where the wallet says it.
    pub amount: Option<Money>,
}

/// That the holder proved on their device who they are, for the issuer.
#[derive(Clone, Debug)]
pub struct DeviceProof {
    /// The cryptogram, in base64.
    pub cryptogram: SecretText,
    /// The electronic commerce indicator, where the scheme has one.
    pub eci: Option<String>,
}

impl From<DeviceProof> for Authentication {
    fn from(proof: DeviceProof) -> Self {
        Self {
            version: None,
            // Schemes that have none leave it empty.
            eci: proof.eci.unwrap_or_default(),
            value: Some(proof.cryptogram),
            ds_transaction_id: None,
            acs_transaction_id: None,
        }
    }
}

impl Payers<'_> {
    /// Pays with the card of a wallet's token. A secret serves one try, and so does a
    /// token.
    ///
    /// # Errors
    /// As for [`Payers::pay`], or a refusal if the token was used before or is of another
    /// amount.
    pub async fn pay_with_wallet(
        self,
        secret: &str,
        payment: WalletPayment,
        payer: PayerDetails,
    ) -> Result<PaymentResult, Failure> {
        let (id, nonce) = self.payment_of(secret)?;
        self.0
            .to_the_end(|engine| async move {
                let paying = engine.payers().payable(&id, &nonce).await?.value;
                Box::pin(engine.tables().parts().before_payment(&paying)).await?;
                let begun = engine.change(id.as_str(), || async {
                    let Stored { value, version } = engine.payers().payable(&id, &nonce).await?;
                    payer.check(&payment.card.number)?;
                    let total = value.total_of(value.session.choice)?;
                    if payment.amount.is_some_and(|amount| amount != total) {
                        let why = "The wallet's token is of another amount.";
                        return Err(Refusal::Conflict(why.to_owned()).into());
                    }
                    let card = (payment.card.summary(), payment.wallet);
                    let decision = engine.with_facts(&value.scope, |facts| {
                        value.begin_wallet_payment(card, &payment.token, payer.clone(), facts)
                    })?;
                    let opening = engine
                        .payers()
                        .opening(decision, version, Vec::new())
                        .await?;
                    Ok(opening.unless_taken(TOKEN_USED))
                });
                let (opened, held) = begun.await?;
                let means = Means::Wallet {
                    card: payment.card.clone(),
                    proof: payment.proof.clone(),
                };
                engine.payers().paid(&held, opened, means).await
            })
            .await
    }
}
