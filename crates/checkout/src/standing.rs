//! The state of a payment as its payer sees it.

use tatami_core::payment_intent::{CaptureMode, PaymentIntent, Status};
use tatami_core::time::Timestamp;

/// What its payer can know or do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It waits for a card.
    Payable,
    /// A payment is under way and its outcome not known.
    Processing,
    /// It is paid.
    Paid,
    /// It was paid, and all of it went back.
    Refunded,
    /// It was paid, and undone.
    Reversed,
    /// The shop canceled it.
    Canceled,
    /// It was not paid in time.
    Expired,
}

impl Standing {
    /// How an intent stands at `now`, its account's time.
    pub(crate) fn of(intent: &PaymentIntent, now: Timestamp) -> Self {
        match intent.status {
            Status::Created if intent.attempt.is_some() => Self::Processing,
            Status::Created if now >= intent.expire_at => Self::Expired,
            Status::Created => Self::Payable,
            Status::Authorized | Status::Captured => Self::Paid,
            Status::Refunded => Self::Refunded,
            Status::Reversed => Self::Reversed,
            // Expiry voids an intent; only the time tells it from a cancellation.
            Status::Canceled if intent.updated_at >= intent.expire_at => Self::Expired,
            Status::Canceled => Self::Canceled,
        }
    }

    /// The word for it in pages and scripts.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Payable => "payable",
            Self::Processing => "processing",
            Self::Paid => "paid",
            Self::Refunded => "refunded",
            Self::Reversed => "reversed",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
        }
    }
}

/// The texts of a page that only shows a state, by their keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StateTexts {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
    /// `good`, `wait` or `plain`.
    pub(crate) tone: &'static str,
    /// The script that the page runs.
    pub(crate) script: Option<&'static str>,
}

impl StateTexts {
    pub(crate) const fn plain(name: &'static str, title: &'static str, text: &'static str) -> Self {
        Self {
            name,
            title,
            text,
            tone: "plain",
            script: None,
        }
    }

    pub(crate) const fn waiting(self) -> Self {
        Self {
            tone: "wait",
            script: Some("waiting.js"),
            ..self
        }
    }

    /// `fresh` is what was just done, not a page that the payer comes back to.
    pub(crate) const fn good(self, fresh: bool) -> Self {
        Self {
            tone: "good",
            script: if fresh { Some("result.js") } else { None },
            ..self
        }
    }

    /// A standing that needs no form. `fresh` is a payment that was just made.
    pub(crate) fn of(standing: Standing, intent: &PaymentIntent, fresh: bool) -> Option<Self> {
        let name = standing.word();
        let clerk = intent.details.card_holder_not_present;
        let plain = |title, text| Self::plain(name, title, text);
        Some(match standing {
            Standing::Payable => return None,
            Standing::Processing => plain("state-processing", "state-processing-text").waiting(),
            Standing::Paid => {
                let text = match (fresh, clerk, intent.capture_mode) {
                    (false, _, _) => "state-paid-before",
                    (true, false, CaptureMode::Auto) => "state-paid-auto",
                    (true, false, CaptureMode::Manual) => "state-paid-manual",
                    (true, true, CaptureMode::Auto) => "terminal-done",
                    (true, true, CaptureMode::Manual) => "terminal-reserved",
                };
                plain("payment-successful", text).good(fresh)
            }
            Standing::Refunded => plain("state-refunded", "state-refunded-text"),
            Standing::Reversed => plain("state-reversed", "state-reversed-text"),
            Standing::Canceled => plain("state-canceled", "state-canceled-text"),
            Standing::Expired => plain("state-expired", "state-expired-text"),
        })
    }

    /// It could be paid, but not in a way that this page has.
    pub(crate) const NO_WAY: Self = Self::plain("no-way", "state-no-way", "state-no-way-text");

    /// There is no such payment.
    pub(crate) const UNKNOWN: Self = Self::plain("unknown", "state-unknown", "state-unknown-text");

    /// The installation cannot answer.
    pub(crate) const UNAVAILABLE: Self =
        Self::plain("unavailable", "state-unavailable", "state-unavailable-text");
}
