//! What a payer chooses to pay: an amount of their own, a tip, or both.

use serde::{Deserialize, Serialize};

use super::PaymentIntent;
use crate::money::Money;
use crate::problem::Refusal;

/// An amount and tips that a payer chose. They become the intent's only when they
/// are paid: who leaves has changed nothing.
#[serde_with::skip_serializing_none]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The amount, without tips, service charge and cashback.
    pub amount: Money,
    /// The tips.
    pub tips: Option<Money>,
}

impl PaymentIntent {
    /// A choice that its payer may make: `None` if it is what is asked for anyway.
    ///
    /// # Errors
    /// If the amount is not positive, the tips are negative, either is of another
    /// currency or not open to the payer, or the total is too large.
    pub fn choose(&self, choice: Choice) -> Result<Option<Choice>, Refusal> {
        let tips = choice.tips.unwrap_or(Money::zero(self.amount.currency));
        self.can_ask(choice.amount)?;
        self.can_tip(tips)?;
        let own_tips = self.tips.map_or(0, |tips| tips.minor);
        let (other_amount, other_tips) = (choice.amount != self.amount, tips.minor != own_tips);
        if other_amount {
            self.custom_amount_allowed()?;
        }
        if other_tips {
            self.tips_allowed()?;
        }
        let choice = Choice {
            tips: if other_tips { Some(tips) } else { self.tips },
            ..choice
        };
        self.total_of(Some(choice))?;
        Ok((other_amount || other_tips).then_some(choice))
    }

    /// What is paid in all with a choice, or without one.
    ///
    /// # Errors
    /// If the total is too large.
    pub fn total_of(&self, choice: Option<Choice>) -> Result<Money, Refusal> {
        let own = Choice {
            amount: self.amount,
            tips: self.tips,
        };
        let Choice { amount, tips } = choice.unwrap_or(own);
        let parts = [Some(amount), tips, self.service_charge, self.cashback];
        super::create::total(parts.into_iter().flatten())
            .ok_or_else(|| Refusal::invalid("Amount.Value", "The total amount is too large."))
    }

    /// Takes in a choice that was paid.
    pub(super) fn chose(&mut self, choice: Option<Choice>) {
        let Some(Choice { amount, tips }) = choice else {
            return;
        };
        if amount != self.amount {
            self.requested_amount.get_or_insert(self.amount);
        }
        (self.amount, self.tips) = (amount, tips);
    }
}
