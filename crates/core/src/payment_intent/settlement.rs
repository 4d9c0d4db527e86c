//! Captures, refunds and reversals.

use super::{
    AttemptKind, CaptureMode, Decision, PaymentIntent, REVERSAL_WINDOW, RequestRef, Status,
};
use crate::Facts;
use crate::id::{CaptureId, RefundId, ReversalId};
use crate::money::Money;
use crate::problem::{Refusal, Violation};
use crate::time::Timestamp;

/// A merchant's wish to capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureRequest {
    /// Minor units.
    pub amount: i64,
    /// Minor units of tips on top.
    pub tips: Option<i64>,
}

/// A merchant's wish to refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    /// Minor units.
    pub amount: i64,
    /// Why.
    pub reason: Option<String>,
    /// Whatever the merchant notes.
    pub notes: Option<String>,
}

impl PaymentIntent {
    /// Opens the attempt to capture part or all of what is held. Of an online
    /// payment several captures may follow each other until the authorized amount
    /// is used up or the hold ends.
    ///
    /// # Errors
    /// If the amount is not positive, the intent is not a manual one with money
    /// held, or the amount is more than what is left.
    pub fn begin_capture(
        &self,
        wish: CaptureRequest,
        request: Option<RequestRef>,
        facts: &mut Facts<'_>,
    ) -> Result<Decision, Refusal> {
        let mut broken = Vec::new();
        if wish.amount <= 0 {
            broken.push(Violation::new(
                "Amount",
                "The Amount must be greater than 0.",
            ));
        }
        if wish.tips.is_some_and(|t| t < 0) {
            broken.push(Violation::new(
                "TipsAmount",
                "The TipsAmount must not be negative.",
            ));
        }
        if !broken.is_empty() {
            return Err(Refusal::Invalid(broken));
        }
        self.settled()?;
        let left = self.capturable();
        if left == 0 {
            return Err(self.refuse());
        }
        if wish
            .amount
            .checked_add(wish.tips.unwrap_or(0))
            .is_none_or(|sum| sum > left)
        {
            return Err(Refusal::Amount(format!(
                "The amount is greater than the {} that can still be captured.",
                Money::new(left, self.amount.currency)
            )));
        }
        let id = CaptureId::mint(self.scope.environment, facts);
        Ok(self.attempt(
            AttemptKind::Capture {
                id,
                amount: wish.amount,
                tips: wish.tips,
            },
            request,
            facts,
        ))
    }

    /// Opens the attempt to refund part or all of what was captured.
    ///
    /// # Errors
    /// If the amount is not positive, nothing is captured, or the amount is
    /// more than what was captured and not yet refunded.
    pub fn begin_refund(
        &self,
        wish: RefundRequest,
        request: Option<RequestRef>,
        facts: &mut Facts<'_>,
    ) -> Result<Decision, Refusal> {
        if wish.amount <= 0 {
            return Err(Refusal::invalid(
                "Amount",
                "The Amount must be greater than 0.",
            ));
        }
        self.settled()?;
        if self.status != Status::Captured {
            return Err(self.refuse());
        }
        let left = self.captured() - self.refunded();
        if wish.amount > left {
            return Err(Refusal::Amount(format!(
                "The amount is greater than the {} that can still be refunded.",
                Money::new(left, self.amount.currency)
            )));
        }
        let id = RefundId::mint(self.scope.environment, facts);
        let kind = AttemptKind::Refund {
            id,
            amount: wish.amount,
            reason: wish.reason,
            notes: wish.notes,
        };
        Ok(self.attempt(kind, request, facts))
    }

    /// Opens the attempt to undo the whole payment: a manual authorization
    /// within seven days, an automatic capture on the same calendar day in the
    /// account's `zone`.
    ///
    /// # Errors
    /// If the state or the time does not allow it; the sentence says which.
    pub fn begin_reversal(
        &self,
        zone: &str,
        request: Option<RequestRef>,
        facts: &mut Facts<'_>,
    ) -> Result<Decision, Refusal> {
        self.settled()?;
        let paid_at = match (&self.authorization, self.status) {
            (Some(authorization), Status::Authorized | Status::Captured) => authorization.at,
            _ => return Err(self.refuse()),
        };
        match (self.capture_mode, self.status) {
            (CaptureMode::Manual, Status::Captured) => {
                return Err(self.refuse());
            }
            (CaptureMode::Manual, _) if facts.now > paid_at + REVERSAL_WINDOW => {
                return Err(self.refuse_because("It was authorized more than 7 days ago."));
            }
            (CaptureMode::Auto, _) if day(paid_at, zone) != day(facts.now, zone) => {
                let why = "It was not captured today and can only be refunded.";
                return Err(self.refuse_because(why));
            }
            (CaptureMode::Auto | CaptureMode::Manual, _) => {}
        }
        if !self.refunds.is_empty() {
            return Err(self.refuse_because("It was refunded in part."));
        }
        let id = ReversalId::mint(self.scope.environment, facts);
        Ok(self.attempt(AttemptKind::Reverse { id }, request, facts))
    }
}

fn day(at: Timestamp, zone: &str) -> jiff::civil::Date {
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    at.to_zoned(zone).date()
}
