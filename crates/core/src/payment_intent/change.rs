//! Canceling, expiry and receipts.

use super::{Decision, PaymentIntent, Status, TimerChange, TimerKind};
use crate::Facts;
use crate::email::is_email;
use crate::problem::{Refusal, Violation};

/// The most addresses one receipt request may name.
pub const MAX_RECEIPT_EMAILS: usize = 20;

impl PaymentIntent {
    /// Cancels an unpaid intent.
    ///
    /// # Errors
    /// If it is not `Created`, or a payment is under way.
    pub fn cancel(&self, facts: &mut Facts<'_>) -> Result<Decision, Refusal> {
        self.settled()?;
        if self.status != Status::Created {
            return Err(self.refuse());
        }
        self.off_machines()?;
        Ok(self.void(facts))
    }

    /// Voids an intent nobody paid in time; `None` if there is nothing to void.
    pub fn expire(&self, facts: &mut Facts<'_>) -> Option<Decision> {
        let waits =
            self.status == Status::Created && self.attempt.is_none() && self.unsigned.is_none();
        let due = waits && self.expire_at <= facts.now;
        due.then(|| self.void(facts))
    }

    fn void(&self, facts: &mut Facts<'_>) -> Decision {
        let mut intent = self.changed(facts.now);
        intent.status = Status::Canceled;
        intent.challenge = None;
        intent.session.used = true;
        Decision::of(intent)
            .timer(TimerChange::Clear(TimerKind::Void))
            .told(facts)
    }

    /// Sends receipts of a paid intent.
    ///
    /// # Errors
    /// If there are not 1 to 20 valid addresses, or the intent was never paid.
    pub fn send_receipt(
        &self,
        emails: Vec<String>,
        facts: &mut Facts<'_>,
    ) -> Result<Decision, Refusal> {
        let mut broken = Vec::new();
        if emails.is_empty() || emails.len() > MAX_RECEIPT_EMAILS {
            broken.push(Violation::new(
                "Emails",
                "Emails must hold 1 to 20 addresses.",
            ));
        }
        for (i, email) in emails.iter().enumerate() {
            if !is_email(email) {
                broken.push(Violation::new(
                    format!("Emails[{i}]"),
                    "The address is not a valid e-mail address.",
                ));
            }
        }
        if !broken.is_empty() {
            return Err(Refusal::Invalid(broken));
        }
        if self.authorization.is_none() {
            return Err(self.refuse());
        }
        Ok(Decision::of(self.clone()).receipt(emails, facts))
    }
}
