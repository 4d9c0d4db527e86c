//! Payment tokens of Apple Pay and Google Pay: who signed one, whether it is for us
//! and still good, and the card in it. And tokens made with keys of one's own, for a
//! sandbox whose wallet sheet goes the same way as a real one.
//!
//! Nothing here waits, reads a clock or draws a random number: the time, the bytes and
//! all keys are given. That a token is paid with once is for the caller to see to, by
//! [`WalletCard::id`] until [`WalletCard::valid_until`].

pub mod apple;
mod card;
mod error;
pub mod google;
mod key;
pub mod make;
mod read;
#[cfg(test)]
mod tests;

pub use card::{Assurance, Authentication, Wallet, WalletCard};
pub use error::{BadKey, TokenError};
pub use key::PrivateKey;

use tatami_core::time::Timestamp;

/// A token as a browser or an app hands it over.
#[derive(Clone, Copy)]
pub struct WalletToken<'a> {
    /// Which wallet made it.
    pub wallet: Wallet,
    /// Its JSON: Apple's `paymentData`, Google's `tokenizationData.token`.
    pub json: &'a str,
    /// Whose payment it is, as a gateway knows the merchant (`gatewayMerchantId`).
    /// Google signs for whom a token was made out; where it is made out to a merchant
    /// directly, and with Apple, this is not looked at.
    pub gateway_merchant: &'a str,
}

/// The wallets that are set up, with our keys for each.
#[derive(Clone, Default)]
pub struct Wallets {
    /// Apple Pay, if it is.
    pub apple: Option<apple::Recipient>,
    /// Google Pay, if it is.
    pub google: Option<google::Recipient>,
}

impl Wallets {
    /// Checks and decrypts a token.
    ///
    /// # Errors
    /// If a check fails; the error names it.
    pub fn open(&self, token: &WalletToken<'_>, now: Timestamp) -> Result<WalletCard, TokenError> {
        match token.wallet {
            Wallet::ApplePay => {
                let apple = self.apple.as_ref().ok_or(TokenError::NotConfigured)?;
                apple.open(token.json, now)
            }
            Wallet::GooglePay => {
                let google = self.google.as_ref().ok_or(TokenError::NotConfigured)?;
                google.open(token.json, token.gateway_merchant, now)
            }
        }
    }
}
