//! The decrypted message.

use serde::Deserialize;
use tatami_core::card::Expiry;
use tatami_core::secret::SecretText;
use tatami_core::time::Timestamp;

use super::token::millis;
use crate::card::{self, Assurance, Authentication, Wallet, WalletCard};
use crate::{TokenError, read};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    #[serde(deserialize_with = "millis")]
    message_expiration: Timestamp,
    message_id: String,
    payment_method: String,
    payment_method_details: Card,
    #[serde(default)]
    gateway_merchant_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Card {
    pan: SecretText,
    expiration_month: i8,
    expiration_year: i16,
    auth_method: AuthMethod,
    #[serde(default)]
    cryptogram: SecretText,
    #[serde(default)]
    eci_indicator: Option<String>,
    #[serde(default)]
    assurance_details: Assurance,
}

#[derive(Deserialize)]
enum AuthMethod {
    /// A card on file with the payer's account.
    #[serde(rename = "PAN_ONLY")]
    PanOnly,
    /// A number on a device, with its cryptogram.
    #[serde(rename = "CRYPTOGRAM_3DS")]
    Cryptogram,
    #[serde(other)]
    Other,
}

/// Reads a message that must not be past its time and, where a merchant is given, must
/// be for that one.
pub(super) fn read(
    plain: &[u8],
    merchant: Option<&str>,
    now: Timestamp,
) -> Result<WalletCard, TokenError> {
    let message: Message = read::json(plain, "message")?;
    if message.message_expiration <= now {
        return Err(TokenError::MessageExpired);
    }
    if merchant.is_some() && message.gateway_merchant_id.as_deref() != merchant {
        return Err(TokenError::GatewayMerchant);
    }
    if message.payment_method != "CARD" {
        return Err(TokenError::PaymentData);
    }
    let details = message.payment_method_details;
    let (month, year) = (details.expiration_month, details.expiration_year);
    let expiry = Expiry::parse(&format!("{month}/{year}"));
    Ok(WalletCard {
        wallet: Wallet::GooglePay,
        card: card::entry(&details.pan, expiry, String::new())?,
        assurance: details.assurance_details,
        authentication: details.authentication()?,
        id: message.message_id,
        valid_until: message.message_expiration,
        amount: None,
    })
}

impl Card {
    fn authentication(self) -> Result<Option<Authentication>, TokenError> {
        match self.auth_method {
            AuthMethod::PanOnly => Ok(None),
            AuthMethod::Cryptogram => {
                Authentication::new(self.cryptogram, self.eci_indicator).map(Some)
            }
            AuthMethod::Other => Err(TokenError::PaymentData),
        }
    }
}
