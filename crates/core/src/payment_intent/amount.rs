//! Changing the amount or the tips before the money is taken.

use super::{
    AttemptKind, Choice, Decision, ItemLine, PaymentIntent, PaymentPermissions, RequestRef,
    Session, Status, TaxLine,
};
use crate::Facts;
use crate::money::Money;
use crate::problem::Refusal;

impl PaymentIntent {
    /// Which amounts may be changed, by the merchant or on the payment page.
    pub fn permissions(&self) -> PaymentPermissions {
        self.details
            .config
            .as_ref()
            .and_then(|c| c.payment)
            .unwrap_or_default()
    }

    /// Changes the amount. A `Created` intent changes at once, if its
    /// configuration allows it. A manual, `Authorized` one asks the acquirer
    /// for the difference and needs no permission: the decision then carries an
    /// open attempt.
    ///
    /// # Errors
    /// If the amount is not positive or of another currency, the configuration
    /// does not allow it, the state does not, or an authorized amount would fall.
    pub fn set_amount(
        &self,
        amount: Money,
        lines: (Option<Vec<ItemLine>>, Option<Vec<TaxLine>>),
        request: Option<RequestRef>,
        facts: &mut Facts<'_>,
    ) -> Result<Decision, Refusal> {
        self.can_ask(amount)?;
        self.changeable()?;
        if self.status == Status::Created {
            self.custom_amount_allowed()?;
        }
        let mut next = self.clone();
        if let Some(items) = lines.0 {
            next.details.item_lines = items;
        }
        if let Some(taxes) = lines.1 {
            next.details.tax_lines = taxes;
        }
        next.revise(self, amount, self.tips, request, facts)
    }

    /// Changes the tips, on the same terms as [`PaymentIntent::set_amount`] but
    /// always with the configuration's permission.
    ///
    /// # Errors
    /// As for the amount; tips may be 0.
    pub fn set_tips(
        &self,
        tips: Money,
        request: Option<RequestRef>,
        facts: &mut Facts<'_>,
    ) -> Result<Decision, Refusal> {
        self.can_tip(tips)?;
        self.changeable()?;
        self.tips_allowed()?;
        self.clone()
            .revise(self, self.amount, Some(tips), request, facts)
    }

    /// Refuses what cannot be an amount of this intent.
    pub(super) fn can_ask(&self, amount: Money) -> Result<(), Refusal> {
        self.same_currency(amount, "Amount")?;
        if amount.minor <= 0 {
            return Err(Refusal::invalid(
                "Amount.Value",
                "The Amount must be greater than 0.",
            ));
        }
        Ok(())
    }

    /// Refuses what cannot be tips of this intent.
    pub(super) fn can_tip(&self, tips: Money) -> Result<(), Refusal> {
        self.same_currency(tips, "TipsAmount")?;
        if tips.minor < 0 {
            return Err(Refusal::invalid(
                "TipsAmount.Value",
                "The TipsAmount must not be negative.",
            ));
        }
        Ok(())
    }

    pub(super) fn custom_amount_allowed(&self) -> Result<(), Refusal> {
        match self.permissions().custom_amount_allowed {
            true => Ok(()),
            false => Err(Refusal::NotAllowed(
                "Custom amount is not allowed on payment intent".to_owned(),
            )),
        }
    }

    pub(super) fn tips_allowed(&self) -> Result<(), Refusal> {
        match self.permissions().tips_allowed {
            true => Ok(()),
            false => Err(Refusal::NotAllowed(
                "Tips are not allowed on payment intent".to_owned(),
            )),
        }
    }

    /// Refuses unless the status allows a change, whatever the configuration says.
    fn changeable(&self) -> Result<(), Refusal> {
        match self.status {
            Status::Created | Status::Authorized => Ok(()),
            Status::Captured | Status::Reversed | Status::Refunded | Status::Canceled => {
                Err(self.refuse())
            }
        }
    }

    fn same_currency(&self, money: Money, field: &str) -> Result<(), Refusal> {
        if money.currency == self.amount.currency {
            return Ok(());
        }
        let rule = format!(
            "The currency of the payment intent is {}.",
            self.amount.currency.code()
        );
        Err(Refusal::invalid(&format!("{field}.CurrencyCode"), &rule))
    }

    fn revise(
        mut self,
        before: &Self,
        amount: Money,
        tips: Option<Money>,
        request: Option<RequestRef>,
        facts: &mut Facts<'_>,
    ) -> Result<Decision, Refusal> {
        self.settled()?;
        let total = self.total_of(Some(Choice { amount, tips }))?;
        match self.status {
            Status::Created => {
                before.off_machines()?;
                if amount != before.amount {
                    self.requested_amount.get_or_insert(before.amount);
                }
                (self.amount, self.tips) = (amount, tips);
                self.challenge = None;
                self.updated_at = facts.now;
                self.session = Session::open(facts);
                Ok(Decision::of(self))
            }
            Status::Authorized => {
                let additional = total.minor - before.total().minor;
                if additional <= 0 {
                    return Err(Refusal::Amount(
                        "The amount of an authorized payment intent can only be increased."
                            .to_owned(),
                    ));
                }
                let additional = Money {
                    minor: additional,
                    ..amount
                };
                Ok(self.attempt(
                    AttemptKind::Increment {
                        amount,
                        tips,
                        additional,
                    },
                    request,
                    facts,
                ))
            }
            Status::Captured | Status::Reversed | Status::Refunded | Status::Canceled => {
                Err(self.refuse())
            }
        }
    }
}
