//! What a receipt says became of the money, by the payment's status.

use tatami_core::money::Money;
use tatami_core::payment_intent::{PaymentIntent, Status};
use tatami_locale::Language;

/// The keys of subject and heading, the heading's amount, and what else is to be said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Story {
    pub(crate) subject: &'static str,
    pub(crate) heading: &'static str,
    pub(crate) amount: Money,
    pub(crate) notes: Vec<String>,
}

/// The story of an intent as it stands.
pub(crate) fn story(intent: &PaymentIntent, t: &'static Language) -> Story {
    let note = |key| t.get(key).to_owned();
    let money = |minor| Money::new(minor, intent.amount.currency);
    let authorized = intent
        .authorization
        .as_ref()
        .map_or_else(|| intent.total(), |a| a.amount);
    let (subject, heading, amount) = match intent.status {
        Status::Authorized => ("receipt-subject-payment", "receipt-authorised", authorized),
        Status::Captured => (
            "receipt-subject-paid",
            "receipt-paid",
            money(intent.captured()),
        ),
        Status::Refunded => (
            "receipt-subject-refund",
            "receipt-refunded",
            money(intent.refunded()),
        ),
        Status::Reversed => ("receipt-subject-reversed", "receipt-reversed", authorized),
        Status::Created | Status::Canceled => (
            "receipt-subject-payment",
            "receipt-not-paid",
            intent.total(),
        ),
    };
    let mut notes = Vec::new();
    match intent.status {
        Status::Authorized => notes.push(note("receipt-held")),
        Status::Captured => notes.extend(captured(intent, authorized, t)),
        Status::Refunded => notes.push(note("receipt-all-refunded")),
        Status::Reversed => notes.push(note("receipt-undone")),
        Status::Created | Status::Canceled => {
            notes.push(note("receipt-nothing-taken"));
        }
    }
    Story {
        subject,
        heading,
        amount,
        notes,
    }
}

fn captured(intent: &PaymentIntent, authorized: Money, t: &'static Language) -> Vec<String> {
    let money = |minor| t.money(Money::new(minor, authorized.currency));
    let (taken, back) = (intent.captured(), intent.refunded());
    let mut notes = Vec::new();
    if taken < authorized.minor {
        let rest = match intent.capturable() {
            0 => t.get("receipt-rest-not-taken").to_owned(),
            open => t.with("receipt-rest-held", &[("rest", &money(open))]),
        };
        let parts = [
            ("taken", &*money(taken)),
            ("authorised", &*t.money(authorized)),
        ];
        let part = t.with("receipt-part-taken", &parts);
        notes.push(format!("{part} {rest}"));
    }
    if back > 0 {
        notes.push(t.with("receipt-part-refunded", &[("refunded", &money(back))]));
    }
    notes
}
