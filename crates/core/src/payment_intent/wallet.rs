//! Paying with a wallet: its token holds a card that the payer's device vouches for.

use serde::{Deserialize, Serialize};

use super::{Decision, PayerDetails, PaymentIntent};
use crate::Facts;
use crate::card::CardSummary;
use crate::problem::Refusal;

/// Said of a token that comes again.
pub const TOKEN_USED: &str = "This wallet token was used before.";

/// A wallet that payers have on their devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WalletType {
    ApplePay,
    GooglePay,
}

impl WalletType {
    /// All of them, by their published names.
    pub const NAMES: [&str; 2] = [Self::ApplePay.name(), Self::GooglePay.name()];

    /// The published name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ApplePay => "APPLE_PAY",
            Self::GooglePay => "GOOGLE_PAY",
        }
    }

    /// The name that payers know.
    pub const fn title(self) -> &'static str {
        match self {
            Self::ApplePay => "Apple Pay",
            Self::GooglePay => "Google Pay",
        }
    }
}

impl PaymentIntent {
    /// Opens the attempt to pay with the card of a wallet's token. The intent keeps the
    /// token's id: no other is paid with it.
    ///
    /// # Errors
    /// As for [`PaymentIntent::begin_payment`].
    pub fn begin_wallet_payment(
        &self,
        (card, wallet): (CardSummary, WalletType),
        token: &str,
        payer: PayerDetails,
        facts: &mut Facts<'_>,
    ) -> Result<Decision, Refusal> {
        if self.wallet_tokens.iter().any(|paid| paid == token) {
            return Err(Refusal::Conflict(TOKEN_USED.to_owned()));
        }
        let card = CardSummary {
            wallet: Some(wallet),
            ..card
        };
        let mut decision = self.begin_payment(card, payer, facts)?;
        decision.intent_mut().wallet_tokens.push(token.to_owned());
        Ok(decision)
    }
}
