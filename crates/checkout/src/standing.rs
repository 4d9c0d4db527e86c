//! How a payment stands, in its payer's eyes.

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
    /// The shop gave it up.
    Canceled,
    /// Nobody paid it in time.
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

/// How a standing is told on a page of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
    /// `good`, `wait` or `plain`.
    pub(crate) tone: &'static str,
    /// The script that the page runs.
    pub(crate) script: Option<&'static str>,
}

impl Told {
    pub(crate) const fn plain(name: &'static str, title: &'static str, text: &'static str) -> Self {
        Self {
            name,
            title,
            text,
            tone: "plain",
            script: None,
        }
    }

    /// A standing that needs no form. `fresh` is a payment that was just made,
    /// not one that somebody comes back to.
    pub(crate) const fn of(standing: Standing, mode: CaptureMode, fresh: bool) -> Option<Self> {
        let name = standing.word();
        Some(match (standing, fresh) {
            (Standing::Payable, _) => return None,
            (Standing::Processing, _) => Self {
                tone: "wait",
                script: Some("waiting.js"),
                ..Self::plain(
                    name,
                    "Your payment is being processed",
                    "The bank has not answered yet. Please do not pay again: this page tells you as soon as the outcome is known.",
                )
            },
            (Standing::Paid, true) => Self {
                tone: "good",
                script: Some("result.js"),
                ..Self::plain(
                    name,
                    "Payment successful",
                    match mode {
                        CaptureMode::Auto => "Thank you. Your payment went through.",
                        CaptureMode::Manual => "Thank you. The amount is reserved on your card.",
                    },
                )
            },
            (Standing::Paid, false) => Self {
                tone: "good",
                ..Self::plain(
                    name,
                    "Payment successful",
                    "It was paid before. You do not need to do anything.",
                )
            },
            (Standing::Refunded, _) => Self::plain(
                name,
                "This payment was refunded",
                "The money went back to the card that paid. It can take a few days to show.",
            ),
            (Standing::Reversed, _) => Self::plain(
                name,
                "This payment was reversed",
                "The payment was undone and the money released. It can take a few days to show.",
            ),
            (Standing::Canceled, _) => Self::plain(
                name,
                "This payment was cancelled",
                "The shop cancelled it, so it can no longer be paid. Nothing was taken from your card.",
            ),
            (Standing::Expired, _) => Self::plain(
                name,
                "This payment link has expired",
                "It can no longer be paid. Ask the shop for a new link. Nothing was taken from your card.",
            ),
        })
    }

    /// It could be paid, but not in a way that this page has.
    pub(crate) const NO_WAY: Self = Self::plain(
        "no-way",
        "This payment cannot be made on this page",
        "The shop accepts other ways to pay for it, which this page does not have. Nothing was taken. Please ask the shop how to pay.",
    );

    /// There is no such payment.
    pub(crate) const UNKNOWN: Self = Self::plain(
        "unknown",
        "We cannot find this payment",
        "The link may be incomplete. Open it again from the shop or the message it came in.",
    );

    /// The installation cannot answer.
    pub(crate) const UNAVAILABLE: Self = Self::plain(
        "unavailable",
        "This page cannot be shown right now",
        "Something went wrong on our side. Please try again in a moment.",
    );
}
