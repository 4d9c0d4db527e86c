//! Canceling, expiry and receipts.

use serde::{Deserialize, Serialize};

use super::{Decision, PaymentIntent, Status};
use crate::Facts;
use crate::email::is_email;
use crate::problem::{Refusal, Violation};
use crate::time::{SignedDuration, Timestamp};

/// The most addresses one receipt request may name.
pub const MAX_RECEIPT_EMAILS: usize = 20;
/// How many receipts of an intent go out in a day.
pub const MAX_RECEIPTS_A_DAY: usize = 50;
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How many receipts went out in a day that began with the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptsSent {
    /// When the day began.
    pub since: Timestamp,
    /// How many there were.
    pub count: usize,
}

impl ReceiptsSent {
    /// With so many more.
    pub(super) fn and(self, more: usize) -> Self {
        Self {
            count: self.count.saturating_add(more),
            ..self
        }
    }
}

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
        Decision::of(intent).with_status_event(facts)
    }

    /// Sends receipts of a paid intent.
    ///
    /// # Errors
    /// If there are not 1 to 20 valid addresses, the intent was never paid, or too many
    /// went out today.
    pub fn send_receipt(
        &self,
        emails: Vec<String>,
        facts: &mut Facts<'_>,
    ) -> Result<Decision, Refusal> {
        let mut broken = Vec::new();
        if emails.is_empty() || emails.len() > MAX_RECEIPT_EMAILS {
            broken.push(Violation::new(
                "Emails",
                "Emails must contain 1 to 20 addresses.",
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
        let sent = self.receipts_sent_today(facts.now).count;
        if sent + emails.len() > MAX_RECEIPTS_A_DAY {
            let rule = format!(
                "At most {MAX_RECEIPTS_A_DAY} receipts can be sent for a payment in a day. {sent} were sent already."
            );
            return Err(Refusal::invalid("Emails", &rule));
        }
        Ok(Decision::of(self.clone()).receipt(emails, facts))
    }

    /// The receipts that went out today.
    pub(super) fn receipts_sent_today(&self, now: Timestamp) -> ReceiptsSent {
        let today = self.receipts_sent;
        let today = today.filter(|sent| now.duration_since(sent.since) < DAY);
        today.unwrap_or(ReceiptsSent {
            since: now,
            count: 0,
        })
    }
}
