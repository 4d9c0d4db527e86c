//! Google Pay: payment method tokens of version `ECv2`, as in Google's "Payment data
//! cryptography for merchants".

mod payment;
mod roots;
pub(crate) mod seal;
pub(crate) mod signature;
pub(crate) mod token;

pub use roots::RootKeys;

use tatami_core::time::Timestamp;

use crate::{PrivateKey, TokenError, WalletCard};
use token::Wire;

/// Whom a token is made out to. Google signs it, so a token for one is none for another.
#[derive(Clone, Debug)]
pub enum RecipientId {
    /// A merchant who decrypts tokens (tokenization `DIRECT`), by the id that Google
    /// gave them.
    Merchant(String),
    /// A gateway that decrypts them for its merchants (`PAYMENT_GATEWAY`), by the name
    /// that Google knows it by.
    Gateway(String),
}

impl RecipientId {
    /// As it is signed.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Merchant(id) => format!("merchant:{id}"),
            Self::Gateway(id) => format!("gateway:{id}"),
        }
    }
}

/// Whom tokens are for, with the present encryption key and those before it, and the
/// keys of Google's that are trusted.
#[derive(Clone)]
pub struct Recipient {
    /// Our name.
    pub id: RecipientId,
    /// Our keys.
    pub keys: Vec<PrivateKey>,
    /// Google's.
    pub roots: RootKeys,
}

impl Recipient {
    /// Checks and decrypts a token.
    pub(crate) fn open(
        &self,
        json: &str,
        gateway_merchant: &str,
        now: Timestamp,
    ) -> Result<WalletCard, TokenError> {
        let token = Wire::read(json)?;
        signature::check(&token, &self.id.text(), &self.roots, now)?;
        let plain = seal::Sealed::read(&token.signed_message)?.open(&self.keys)?;
        let merchant = match self.id {
            RecipientId::Merchant(_) => None,
            RecipientId::Gateway(_) => Some(gateway_merchant),
        };
        payment::read(&plain, merchant, now)
    }
}
