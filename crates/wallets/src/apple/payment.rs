//! The decrypted payment data.

use serde::Deserialize;
use tatami_core::card::Expiry;
use tatami_core::money::{Currency, Money};
use tatami_core::secret::SecretText;
use tatami_core::time::Timestamp;

use crate::card::{self, Assurance, Authentication, Wallet, WalletCard};
use crate::{TokenError, read};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PaymentData {
    application_primary_account_number: SecretText,
    application_expiration_date: String,
    currency_code: String,
    transaction_amount: i64,
    #[serde(default)]
    cardholder_name: Option<String>,
    payment_data_type: String,
    payment_data: ThreeDSecure,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ThreeDSecure {
    #[serde(default)]
    online_payment_cryptogram: SecretText,
    #[serde(default)]
    eci_indicator: Option<String>,
}

pub(super) fn read(
    plain: &[u8],
    id: String,
    valid_until: Timestamp,
) -> Result<WalletCard, TokenError> {
    let data: PaymentData = read::json(plain, "payment data")?;
    if data.payment_data_type != "3DSecure" {
        return Err(TokenError::PaymentData);
    }
    let currency = currency(&data.currency_code).ok_or(TokenError::Amount)?;
    let proof = data.payment_data;
    Ok(WalletCard {
        wallet: Wallet::ApplePay,
        card: card::entry(
            &data.application_primary_account_number,
            expiry(&data.application_expiration_date),
            data.cardholder_name.unwrap_or_default(),
        )?,
        authentication: Some(Authentication::new(
            proof.online_payment_cryptogram,
            proof.eci_indicator,
        )?),
        assurance: Assurance::default(),
        id,
        valid_until,
        amount: Some(Money::new(data.transaction_amount, currency)),
    })
}

/// Reads `YYMMDD`. A card is good through the month.
fn expiry(text: &str) -> Option<Expiry> {
    let all_digits = text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit());
    let (year, month) = all_digits.then(|| (&text[..2], &text[2..4]))?;
    Expiry::parse(&format!("{month}/{year}"))
}

/// The currency of an ISO 4217 number.
fn currency(number: &str) -> Option<Currency> {
    let all = [Currency::Gbp, Currency::Eur];
    all.into_iter()
        .find(|currency| number == currency_number(*currency))
}

/// The ISO 4217 number of a currency.
pub(crate) const fn currency_number(currency: Currency) -> &'static str {
    match currency {
        Currency::Gbp => "826",
        Currency::Eur => "978",
    }
}
