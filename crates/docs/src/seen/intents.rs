//! What is asked of a payment intent.

use tatami_core::payment_intent::{PaymentEventKind, PaymentIntent};
use tatami_core::terminal_session::{Status, Story};

pub(super) fn has(intent: &PaymentIntent, kind: PaymentEventKind) -> bool {
    intent.payment_events.iter().any(|event| event.kind == kind)
}

/// Whether no card machine was concerned.
pub(super) fn online(intent: &PaymentIntent) -> bool {
    intent.terminal_sessions.is_empty()
}

pub(super) fn is_paid_online(intent: &PaymentIntent) -> bool {
    online(intent) && intent.authorization.is_some()
}

pub(super) fn by_wallet(intent: &PaymentIntent) -> bool {
    let paid = intent.authorization.as_ref();
    paid.is_some_and(|paid| paid.card.wallet.is_some())
}

/// Whether a decline followed the bank's question to the card holder.
pub(super) fn failed_a_challenge(intent: &PaymentIntent) -> bool {
    let mut events = intent.payment_events.iter().map(|event| event.kind);
    events.any(|kind| kind == PaymentEventKind::AuthChallenged)
        && events.next().is_some_and(|kind| {
            matches!(kind, PaymentEventKind::Declined | PaymentEventKind::Failed)
        })
}

pub(super) fn on_machine(intent: &PaymentIntent) -> bool {
    let paid = intent.authorization.as_ref();
    paid.is_some_and(|paid| paid.in_person.is_some())
}

pub(super) fn was_tried_again(intent: &PaymentIntent) -> bool {
    let declined = |story: &Story| story.status == Status::Declined;
    on_machine(intent) && intent.terminal_sessions.iter().any(declined)
}

pub(super) fn was_raised(intent: &PaymentIntent) -> bool {
    let first = intent.requested_amount;
    on_machine(intent) && first.is_some_and(|first| intent.amount.minor > first.minor)
}
