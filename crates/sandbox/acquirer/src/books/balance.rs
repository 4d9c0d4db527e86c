//! The money of one authorization: what may follow from what.

use serde::{Deserialize, Serialize};
use tatami_core::money::{Currency, Money};

use super::entries::Operation;

/// Where the money of an authorization is. Minor units of its currency.
///
/// Always `captured + released <= authorized` and `refunded <= captured`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// The currency of all amounts.
    pub currency: Currency,
    /// Whether it was captured in one step with the authorization.
    pub at_once: bool,
    /// Ever authorized.
    pub authorized: i64,
    /// Taken.
    pub captured: i64,
    /// Let go of without being taken.
    pub released: i64,
    /// Given back.
    pub refunded: i64,
    /// Whether the whole was undone.
    pub reversed: bool,
}

impl Balance {
    /// That of a new authorization.
    pub(crate) fn new(amount: Money, at_once: bool) -> Self {
        Self {
            currency: amount.currency,
            at_once,
            authorized: amount.minor,
            captured: if at_once { amount.minor } else { 0 },
            released: 0,
            refunded: 0,
            reversed: false,
        }
    }

    /// What is still held on the card.
    pub fn held(&self) -> i64 {
        if self.reversed {
            return 0;
        }
        self.authorized - self.captured - self.released
    }

    /// The balance after an operation, or why it is refused.
    pub(crate) fn after(self, operation: Operation, amount: Money) -> Result<Self, &'static str> {
        if amount.minor <= 0 {
            return Err("The amount must be greater than zero");
        }
        if amount.currency != self.currency {
            return Err("The authorization is in another currency");
        }
        if self.reversed {
            return Err("The authorization is reversed");
        }
        let (held, amount) = (self.held(), amount.minor);
        match operation {
            Operation::Increment => self.increment(amount),
            Operation::Capture if held == 0 => Err("Nothing is held"),
            Operation::Capture if amount > held => Err("The amount is more than is held"),
            Operation::Capture => Ok(Self {
                captured: self.captured + amount,
                ..self
            }),
            Operation::Release if held == 0 => Err("Nothing is held"),
            Operation::Release if amount > held => Err("The amount is more than is held"),
            Operation::Release => Ok(Self {
                released: self.released + amount,
                ..self
            }),
            Operation::Refund if amount > self.captured - self.refunded => {
                Err("The amount is more than was captured and not refunded")
            }
            Operation::Refund => Ok(Self {
                refunded: self.refunded + amount,
                ..self
            }),
            Operation::Reverse => self.reverse(amount),
            Operation::Verify
            | Operation::Authorize
            | Operation::Charge
            | Operation::Credit
            | Operation::Void => Err("The operation does not follow an authorization"),
        }
    }

    fn increment(self, amount: i64) -> Result<Self, &'static str> {
        if self.held() == 0 {
            return Err("Nothing is held");
        }
        let authorized = self.authorized.checked_add(amount);
        Ok(Self {
            authorized: authorized.ok_or("The amount is too large")?,
            ..self
        })
    }

    /// A hold nothing was taken of, or a payment taken at once.
    fn reverse(self, amount: i64) -> Result<Self, &'static str> {
        if amount != self.authorized {
            return Err("Only the whole amount can be reversed");
        }
        if self.refunded > 0 {
            return Err("A refunded payment cannot be reversed");
        }
        if self.released > 0 || (self.captured > 0 && !self.at_once) {
            return Err("Nothing but a whole hold, or a payment taken at once, can be reversed");
        }
        Ok(Self {
            reversed: true,
            ..self
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn gbp(minor: i64) -> Money {
        Money::new(minor, Currency::Gbp)
    }

    #[test]
    fn a_hold_is_raised_taken_in_parts_and_let_go_of() {
        let hold = Balance::new(gbp(1000), false);
        let hold = hold.after(Operation::Increment, gbp(500)).expect("raised");
        let hold = hold.after(Operation::Capture, gbp(600)).expect("taken");
        assert_eq!(hold.held(), 900);
        assert!(hold.after(Operation::Capture, gbp(901)).is_err());
        assert!(hold.after(Operation::Reverse, gbp(1500)).is_err());
        let hold = hold.after(Operation::Release, gbp(900)).expect("let go of");
        assert_eq!(hold.held(), 0);
        for operation in [Operation::Capture, Operation::Release, Operation::Increment] {
            assert_eq!(hold.after(operation, gbp(1)), Err("Nothing is held"));
        }
        let hold = hold.after(Operation::Refund, gbp(600)).expect("refunded");
        assert!(hold.after(Operation::Refund, gbp(1)).is_err());
    }

    #[test]
    fn only_the_whole_is_reversed_and_once() {
        for at_once in [true, false] {
            let paid = Balance::new(gbp(1000), at_once);
            assert!(paid.after(Operation::Reverse, gbp(999)).is_err());
            let undone = paid.after(Operation::Reverse, gbp(1000)).expect("reversed");
            assert_eq!(undone.held(), 0);
            for operation in [
                Operation::Increment,
                Operation::Capture,
                Operation::Release,
                Operation::Refund,
                Operation::Reverse,
            ] {
                assert!(undone.after(operation, gbp(1000)).is_err(), "{operation:?}");
            }
        }
        let paid = Balance::new(gbp(1000), true);
        let part = paid.after(Operation::Refund, gbp(1)).expect("refunded");
        assert!(part.after(Operation::Reverse, gbp(1000)).is_err());
    }

    #[test]
    fn amounts_are_positive_of_the_currency_and_fit() {
        let hold = Balance::new(gbp(1000), false);
        let euros = Money::new(1, Currency::Eur);
        assert!(hold.after(Operation::Capture, gbp(0)).is_err());
        assert!(hold.after(Operation::Refund, gbp(-1)).is_err());
        assert!(hold.after(Operation::Capture, euros).is_err());
        assert!(hold.after(Operation::Increment, gbp(i64::MAX)).is_err());
    }

    fn operation() -> impl Strategy<Value = Operation> {
        prop::sample::select(vec![
            Operation::Increment,
            Operation::Capture,
            Operation::Release,
            Operation::Refund,
            Operation::Reverse,
        ])
    }

    proptest! {
        #[test]
        fn money_is_neither_made_nor_lost(
            at_once: bool,
            steps in prop::collection::vec((operation(), -2..60_i64), 0..40),
        ) {
            let mut balance = Balance::new(gbp(50), at_once);
            for (operation, minor) in steps {
                let Ok(next) = balance.after(operation, gbp(minor)) else { continue };
                prop_assert!(minor > 0);
                prop_assert!(next.captured + next.released <= next.authorized);
                prop_assert!(next.refunded <= next.captured);
                prop_assert!(next.captured >= balance.captured);
                prop_assert!(next.held() >= 0 && !balance.reversed);
                balance = next;
            }
        }
    }
}
