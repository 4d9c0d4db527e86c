//! Amounts of a POS. Their currency may be one that no payment can be taken in.

use std::fmt;

use serde::{Deserialize, Serialize};
use tatami_core::money::{Currency, Money};
use utoipa::ToSchema;

use super::lenient;

/// An amount in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Amount {
    /// Minor units: 1000 is £10.00.
    #[serde(deserialize_with = "lenient::whole")]
    pub value: i64,
    /// The ISO 4217 alpha-3 code of the currency.
    pub currency_code: String,
}

impl Amount {
    /// The amount as payments know it, if they can be taken in its currency.
    pub fn money(&self) -> Option<Money> {
        let currency = Currency::from_code(self.currency_code.trim())?;
        Some(Money::new(self.value, currency))
    }
}

/// Currencies whose amounts have no minor unit.
const WHOLE: [&str; 3] = ["ISK", "JPY", "KRW"];

impl fmt::Display for Amount {
    /// As people read it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(money) = self.money() {
            return money.fmt(f);
        }
        let code = self.currency_code.trim().to_ascii_uppercase();
        let minus = if self.value < 0 { "-" } else { "" };
        let value = self.value.unsigned_abs();
        match WHOLE.contains(&code.as_str()) {
            true => write!(f, "{minus}{value} {code:.3}"),
            false => write!(f, "{minus}{}.{:02} {code:.3}", value / 100, value % 100),
        }
    }
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self {
            value: money.minor,
            currency_code: money.currency.code().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(value: Value) -> Result<Amount, serde_json::Error> {
        serde_json::from_value(json!({ "value": value, "currencyCode": "gbp" }))
    }

    #[test]
    fn whole_amounts_are_read_however_they_are_written() {
        for value in [json!(1000), json!("1000"), json!(1000.0), json!(" 1000 ")] {
            let amount = read(value).expect("an amount");
            assert_eq!(amount.money(), Some(Money::new(1000, Currency::Gbp)));
        }
    }

    #[test]
    fn a_fraction_of_a_minor_unit_is_refused() {
        for value in [
            json!(6.21),
            json!("6.21"),
            json!(null),
            json!("x"),
            json!(1e30),
        ] {
            assert!(read(value).is_err());
        }
        let error = read(json!(6.21)).expect_err("refused");
        assert!(error.to_string().contains("'6.21' is not a whole number"));
    }

    #[test]
    fn a_currency_that_cannot_be_paid_in_is_read() {
        let amount = json!({ "value": 5, "currencyCode": "SEK" });
        let amount: Amount = serde_json::from_value(amount).expect("an amount");
        assert_eq!(amount.money(), None);
    }

    #[test]
    fn amounts_of_any_currency_can_be_shown() {
        for (value, code, shown) in [
            (123_456, "gbp", "£1,234.56"),
            (-5, "SEK", "-0.05 SEK"),
            (1200, "jpy", "1200 JPY"),
            (i64::MIN, "SEK", "-92233720368547758.08 SEK"),
        ] {
            let amount = json!({ "value": value, "currencyCode": code });
            let amount: Amount = serde_json::from_value(amount).expect("an amount");
            assert_eq!(amount.to_string(), shown);
        }
    }
}
