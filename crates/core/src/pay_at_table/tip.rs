//! Tips on a part of an order.

use crate::money::Money;
use crate::problem::Refusal;

/// The largest tip in per cent: as much as is paid.
pub const MOST_PERCENT: u32 = 100;
const HUNDREDTHS: i128 = 10_000;

/// A tip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tip {
    /// So much.
    Amount(Money),
    /// A share of the part that is paid, in hundredths of a per cent.
    Percent(u32),
}

impl Tip {
    /// How much it is on that part; none if it is nothing.
    ///
    /// # Errors
    /// If it is negative, more than the part, or of another currency.
    pub fn on(self, part: Money) -> Result<Option<Money>, Refusal> {
        let tip = match self {
            Self::Amount(tip) if tip.currency != part.currency => {
                let rule = format!("The currency of the order is {}.", part.currency.code());
                return Err(Refusal::invalid("Tip.Amount.CurrencyCode", &rule));
            }
            Self::Amount(tip) if !(0..=part.minor).contains(&tip.minor) => {
                let rule = "The Amount must not be negative, nor more than what is paid.";
                return Err(Refusal::invalid("Tip.Amount.Value", rule));
            }
            Self::Amount(tip) => tip,
            Self::Percent(percent) if percent > MOST_PERCENT * 100 => {
                let rule = format!("The Percent must be at most {MOST_PERCENT}.");
                return Err(Refusal::invalid("Tip.Percent", &rule));
            }
            Self::Percent(percent) => percent_of(part, percent),
        };
        Ok(Some(tip).filter(|tip| tip.minor > 0))
    }
}

/// To the nearest minor unit; half a unit counts as one.
fn percent_of(part: Money, percent: u32) -> Money {
    let share = i128::from(part.minor) * i128::from(percent) + HUNDREDTHS / 2;
    // At most the part itself.
    let minor = i64::try_from(share.div_euclid(HUNDREDTHS)).unwrap_or(part.minor);
    Money { minor, ..part }
}
