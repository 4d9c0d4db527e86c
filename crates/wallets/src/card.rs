//! What is in a token once it is open.

use serde::Deserialize;
use tatami_core::card::{CardEntry, CardNumber, Expiry};
use tatami_core::money::Money;
use tatami_core::secret::SecretText;
use tatami_core::time::Timestamp;

use crate::TokenError;

/// A wallet that makes payment tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wallet {
    /// Apple Pay.
    ApplePay,
    /// Google Pay.
    GooglePay,
}

/// The card that a token holds, with what vouches for its holder.
#[derive(Clone, Debug)]
pub struct WalletCard {
    /// The wallet it comes from.
    pub wallet: Wallet,
    /// The card: mostly a number that stands for it on one device. There is no CV2.
    pub card: CardEntry,
    /// What the device says of its holder. Without it the holder is still to be asked
    /// (3-D Secure): the wallet only had the card on file.
    pub authentication: Option<Authentication>,
    /// What Google checked before it handed out the card.
    pub assurance: Assurance,
    /// Apple's transaction or Google's message: a token is paid with once.
    pub id: String,
    /// When the token is refused by its age alone. Until then its id is remembered.
    pub valid_until: Timestamp,
    /// The amount that the payer was shown. Apple says it.
    pub amount: Option<Money>,
}

/// The outcome of the holder's proof on the device, for the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// The cryptogram, in base64.
    pub cryptogram: SecretText,
    /// The electronic commerce indicator, where the scheme has one.
    pub eci: Option<String>,
}

/// Google's `assuranceDetails`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Assurance {
    /// The cardholder proved who they are when the card was taken.
    pub card_holder_authenticated: bool,
    /// The account was checked when the card was added.
    pub account_verified: bool,
}

impl Authentication {
    pub(crate) fn new(cryptogram: SecretText, eci: Option<String>) -> Result<Self, TokenError> {
        let printable = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
        if !(1..=256).contains(&cryptogram.reveal().len()) || !printable(cryptogram.reveal()) {
            return Err(TokenError::Cryptogram);
        }
        let eci = eci.filter(|eci| !eci.is_empty());
        let is_indicator = |eci: &String| eci.len() <= 2 && eci.bytes().all(|b| b.is_ascii_digit());
        if !eci.as_ref().is_none_or(is_indicator) {
            return Err(TokenError::Cryptogram);
        }
        Ok(Self { cryptogram, eci })
    }
}

/// The card of a number and the month it is good through.
pub(crate) fn entry(
    number: &SecretText,
    expiry: Option<Expiry>,
    holder: String,
) -> Result<CardEntry, TokenError> {
    Ok(CardEntry {
        number: CardNumber::parse(number.reveal()).ok_or(TokenError::CardNumber)?,
        expiry: expiry.ok_or(TokenError::Expiry)?,
        cv2: None,
        holder,
    })
}
