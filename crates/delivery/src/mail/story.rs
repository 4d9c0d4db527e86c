//! What a receipt says became of the money, by the payment's status.

use tatami_core::money::Money;
use tatami_core::payment_intent::{PaymentIntent, Status};

/// The heading, its amount and what else is to be said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Story {
    pub(crate) subject: &'static str,
    pub(crate) heading: &'static str,
    pub(crate) amount: Money,
    pub(crate) notes: Vec<String>,
}

/// The story of an intent as it stands.
pub(crate) fn story(intent: &PaymentIntent) -> Story {
    let money = |minor| Money::new(minor, intent.amount.currency);
    let authorized = intent
        .authorization
        .as_ref()
        .map_or_else(|| intent.total(), |a| a.amount);
    let (subject, heading, amount) = match intent.status {
        Status::Authorized => ("Your payment to", "Authorised", authorized),
        Status::Captured => ("Your receipt from", "Paid", money(intent.captured())),
        Status::Refunded => ("Your refund from", "Refunded", money(intent.refunded())),
        Status::Reversed => ("Your reversed payment to", "Reversed", authorized),
        Status::Created | Status::Canceled => ("Your payment to", "Not paid", intent.total()),
    };
    let mut notes = Vec::new();
    match intent.status {
        Status::Authorized => {
            notes.push("This amount is held on your card. It has not been taken yet.".to_owned())
        }
        Status::Captured => notes.extend(captured(intent, authorized)),
        Status::Refunded => notes.push("All of this payment has been refunded.".to_owned()),
        Status::Reversed => notes.push(
            "This payment was reversed. What was held or taken goes back to your card.".to_owned(),
        ),
        Status::Created | Status::Canceled => {
            notes.push("No money has been taken.".to_owned());
        }
    }
    Story {
        subject,
        heading,
        amount,
        notes,
    }
}

fn captured(intent: &PaymentIntent, authorized: Money) -> Vec<String> {
    let money = |minor| Money::new(minor, authorized.currency);
    let (taken, back) = (intent.captured(), intent.refunded());
    let mut notes = Vec::new();
    if taken < authorized.minor {
        let rest = match intent.capturable() {
            0 => "The rest will not be taken.".to_owned(),
            open => format!("{} is still held on your card.", money(open)),
        };
        notes.push(format!(
            "{} of the {authorized} authorised was taken. {rest}",
            money(taken)
        ));
    }
    if back > 0 {
        notes.push(format!(
            "{} of this payment has been refunded.",
            money(back)
        ));
    }
    notes
}
