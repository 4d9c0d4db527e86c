//! Amounts: integer minor units with their currency.

use serde::{Deserialize, Serialize};

/// A currency that payments can be taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Currency {
    /// Pound sterling; minor unit: penny.
    #[serde(rename = "GBP")]
    Gbp,
    /// Euro; minor unit: cent.
    #[serde(rename = "EUR")]
    Eur,
}

impl Currency {
    /// Reads an ISO 4217 alpha-3 code in any case.
    pub fn from_code(code: &str) -> Option<Self> {
        let all = [Self::Gbp, Self::Eur];
        all.into_iter()
            .find(|currency| currency.code().eq_ignore_ascii_case(code))
    }

    /// The ISO 4217 alpha-3 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Gbp => "GBP",
            Self::Eur => "EUR",
        }
    }

    /// The sign written before an amount.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Gbp => "£",
            Self::Eur => "€",
        }
    }
}

/// An amount in minor units of one currency. May be negative (a discount line).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units: 1000 is £10.00.
    pub minor: i64,
    pub currency: Currency,
}

/// Why two amounts could not be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// They are of different currencies.
    #[error("amounts of different currencies do not add up")]
    Currencies,
    /// The result does not fit.
    #[error("the amount is too large")]
    Overflow,
}

impl Money {
    /// `minor` units of `currency`.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in `currency`.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// The sum.
    ///
    /// # Errors
    /// If the currencies differ or the sum overflows.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Currencies);
        }
        let minor = self
            .minor
            .checked_add(other.minor)
            .ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// So many per cent of it, to the nearest minor unit; half a unit counts as one.
    pub fn percent(self, percent: u32) -> Option<Self> {
        let minor = self
            .minor
            .checked_mul(i64::from(percent))?
            .checked_add(50)?;
        let minor = minor.div_euclid(100);
        Some(Self { minor, ..self })
    }

    /// The difference.
    ///
    /// # Errors
    /// If the currencies differ or the difference overflows.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        let minor = other.minor.checked_neg().ok_or(MoneyError::Overflow)?;
        self.plus(Self { minor, ..other })
    }
}

impl std::fmt::Display for Money {
    /// As people read it: `£10.00`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, part) = (
            self.minor.unsigned_abs() / 100,
            self.minor.unsigned_abs() % 100,
        );
        let minus = if self.minor < 0 { "-" } else { "" };
        let mut digits = whole.to_string();
        let mut at = digits.len();
        while at > 3 {
            at -= 3;
            digits.insert(at, ',');
        }
        write!(f, "{minus}{}{digits}.{part:02}", self.currency.sign())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_reads_like_money() {
        assert_eq!(
            Money::new(123_456_705, Currency::Gbp).to_string(),
            "£1,234,567.05"
        );
        assert_eq!(Money::new(-50, Currency::Eur).to_string(), "-€0.50");
    }

    #[test]
    fn per_cent_are_rounded_half_up() {
        for (minor, percent, of_it) in [
            (1000, 10, 100),
            (1005, 10, 101),
            (1004, 10, 100),
            (333, 15, 50),
            (3, 10, 0),
            (5, 10, 1),
        ] {
            let money = Money::new(minor, Currency::Gbp);
            let expected = Some(Money::new(of_it, Currency::Gbp));
            assert_eq!(money.percent(percent), expected, "{percent}% of {minor}");
        }
        assert_eq!(Money::new(i64::MAX, Currency::Gbp).percent(2), None);
    }

    #[test]
    fn currencies_do_not_mix_and_sums_do_not_wrap() {
        let (a, b) = (Money::new(1, Currency::Gbp), Money::new(1, Currency::Eur));
        assert_eq!(a.plus(b), Err(MoneyError::Currencies));
        assert_eq!(
            Money::new(i64::MAX, Currency::Gbp).plus(a),
            Err(MoneyError::Overflow)
        );
        assert_eq!(a.minus(a), Ok(Money::zero(Currency::Gbp)));
    }
}
