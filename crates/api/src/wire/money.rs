//! Amounts.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use tatami_core::money::{Currency, Money as CoreMoney};
use tatami_core::payment_intent::AmountDraft;
use tatami_core::problem::Violation;
use utoipa::ToSchema;

/// An amount of money in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", from = "Parts")]
pub struct Money {
    /// The amount in minor units of the currency: `1000` is 10.00 GBP.
    pub value: i64,
    /// Three-letter currency code (ISO 4217), such as `GBP` or `EUR`.
    #[schema(value_type = String, min_length = 1, max_length = 10)]
    pub currency_code: Cow<'static, str>,
}

/// An amount as far as the reader of requests let it through.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parts {
    value: Option<i64>,
    currency_code: Option<String>,
}

impl From<Parts> for Money {
    /// A part that was refused gets a stand-in that breaks no rule, so that the
    /// other part is still checked.
    fn from(parts: Parts) -> Self {
        let gbp = Cow::Borrowed(Currency::Gbp.code());
        Self {
            value: parts.value.unwrap_or(1),
            currency_code: parts.currency_code.map_or(gbp, Cow::Owned),
        }
    }
}

impl Money {
    /// The amount as the rules know it; a currency they do not know is noted
    /// under `path`.
    pub fn known(&self, path: &str, broken: &mut Vec<Violation>) -> Option<CoreMoney> {
        let currency = Currency::from_code(&self.currency_code);
        if currency.is_none() {
            broken.push(Violation::new(
                format!("{path}.CurrencyCode"),
                "The currency must be GBP or EUR.",
            ));
        }
        Some(CoreMoney::new(self.value, currency?))
    }
}

impl From<Money> for AmountDraft {
    fn from(money: Money) -> Self {
        Self {
            value: money.value,
            currency_code: money.currency_code.into_owned(),
        }
    }
}

impl From<CoreMoney> for Money {
    fn from(money: CoreMoney) -> Self {
        Self {
            value: money.minor,
            currency_code: Cow::Borrowed(money.currency.code()),
        }
    }
}
