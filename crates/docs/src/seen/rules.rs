//! What each row of the checklists is seen by.

use std::collections::HashMap;

use tatami_core::payment_intent::{CaptureMode, PaymentEventKind, Status as IntentStatus};
use tatami_core::terminal_session::{EntryMode, Status};
use tatami_core::time::Timestamp;
use tatami_epos::capability::Capability;

use super::intents::{
    by_wallet, failed_a_challenge, has, is_paid_online, on_machine, online, was_raised,
    was_tried_again,
};
use super::sessions::{
    authorized, by_pin, came_to, captured, ended, entered, is_sale, is_small, no_card_came,
    pin_timed_out, signature_timed_out, two_schemes_were_held, was_signed,
};
use super::traffic::Traffic;

/// When an account did something last.
type Rule = fn(&Traffic) -> Option<Timestamp>;

/// What the names of marks begin with that are about a capability of a POS.
pub(crate) const CAPABILITY: &str = "capability ";

/// The names that pages use, and what they are seen by.
const RULES: &[(&str, Rule)] = &[
    // Online.
    ("paid", |t| t.intent(is_paid_online)),
    ("declined", |t| {
        t.intent(|i| online(i) && has(i, PaymentEventKind::Declined))
    }),
    ("paid-after-decline", |t| {
        t.intent(|i| is_paid_online(i) && has(i, PaymentEventKind::Declined))
    }),
    ("challenge-passed", |t| {
        t.intent(|i| is_paid_online(i) && has(i, PaymentEventKind::AuthChallenged))
    }),
    ("challenge-failed", |t| t.intent(failed_a_challenge)),
    ("wallet-paid", |t| {
        t.intent(|i| is_paid_online(i) && by_wallet(i))
    }),
    ("phone-paid", |t| {
        t.intent(|i| is_paid_online(i) && i.details.card_holder_not_present)
    }),
    ("phone-declined", |t| {
        t.intent(|i| {
            online(i) && i.details.card_holder_not_present && has(i, PaymentEventKind::Declined)
        })
    }),
    ("expired", |t| {
        t.intent(|i| i.status == IntentStatus::Canceled && i.updated_at >= i.expire_at)
    }),
    ("webhook", |t| t.subscribed),
    ("webhook-delivered", |t| t.delivered),
    ("live", |t| t.live),
    // Payment intents of a till.
    ("captured-at-once", |t| {
        t.intent(|i| on_machine(i) && i.capture_mode == CaptureMode::Auto)
    }),
    ("held", |t| {
        t.intent(|i| on_machine(i) && i.capture_mode == CaptureMode::Manual)
    }),
    ("amount-changed", |t| {
        t.intent(|i| i.requested_amount.is_some())
    }),
    ("canceled", |t| {
        t.intent(|i| i.status == IntentStatus::Canceled)
    }),
    ("keyed", |t| t.session(|s| s.keyed && is_sale(s))),
    ("item-lines", |t| {
        t.intent(|i| !i.details.item_lines.is_empty())
    }),
    ("refunded", |t| {
        t.intent(|i| i.status == IntentStatus::Refunded)
    }),
    ("refunded-in-part", |t| {
        t.intent(|i| i.status == IntentStatus::Captured && !i.refunds.is_empty())
    }),
    // Sales on a card machine.
    ("sale-chip", |t| {
        t.sale(|s| captured(s) && entered(s, EntryMode::ContactChip))
    }),
    ("sale-cashback", |t| {
        t.sale(|s| captured(s) && s.bill.cashback.is_some())
    }),
    ("sale-tip", |t| {
        t.sale(|s| captured(s) && s.bill.tips.is_some())
    }),
    ("sale-contactless", |t| {
        t.sale(|s| captured(s) && entered(s, EntryMode::Contactless))
    }),
    ("sale-signed", |t| {
        t.sale(|s| captured(s) && was_signed(s) && !signature_timed_out(s))
    }),
    ("sale-signature-timed-out", |t| {
        t.sale(|s| captured(s) && signature_timed_out(s))
    }),
    ("sale-declined", |t| t.sale(|s| ended(s, Status::Declined))),
    ("sale-tried-again", |t| t.intent(was_tried_again)),
    ("sale-signature-rejected", |t| {
        t.sale(|s| ended(s, Status::SignatureVerificationRejected))
    }),
    ("sale-canceled-on-machine", |t| {
        t.sale(|s| ended(s, Status::Canceled) && !came_to(s, Status::CancelRequested))
    }),
    ("sale-canceled-by-till", |t| {
        t.sale(|s| ended(s, Status::Canceled) && came_to(s, Status::CancelRequested))
    }),
    ("sale-expired", |t| t.sale(|s| ended(s, Status::Expired))),
    // Pre-authorizations.
    ("held-chip", |t| {
        t.hold(|s| authorized(s) && entered(s, EntryMode::ContactChip))
    }),
    ("held-contactless", |t| {
        t.hold(|s| authorized(s) && entered(s, EntryMode::Contactless))
    }),
    ("held-other-card", two_schemes_were_held),
    ("held-declined", |t| t.hold(|s| ended(s, Status::Declined))),
    ("held-raised", |t| t.intent(was_raised)),
    // Refunds on a card machine.
    ("unlinked-done", |t| t.unlinked(captured)),
    ("unlinked-declined", |t| {
        t.unlinked(|s| ended(s, Status::Declined))
    }),
    ("unlinked-expired", |t| {
        t.unlinked(|s| ended(s, Status::Expired))
    }),
    ("unlinked-canceled", |t| {
        t.unlinked(|s| ended(s, Status::Canceled))
    }),
    ("unlinked-signed", |t| {
        t.unlinked(|s| captured(s) && was_signed(s))
    }),
    ("unlinked-signature-rejected", |t| {
        t.unlinked(|s| ended(s, Status::SignatureVerificationRejected))
    }),
    ("matched-done", |t| t.matched(captured)),
    ("matched-declined", |t| {
        t.matched(|s| ended(s, Status::Declined))
    }),
    ("matched-expired", |t| {
        t.matched(|s| ended(s, Status::Expired))
    }),
    ("matched-canceled", |t| {
        t.matched(|s| ended(s, Status::Canceled))
    }),
    ("matched-signed", |t| {
        t.matched(|s| captured(s) && was_signed(s))
    }),
    ("matched-signature-rejected", |t| {
        t.matched(|s| ended(s, Status::SignatureVerificationRejected))
    }),
    // What a phone or a pocket machine does, tried on a card machine.
    ("tap-small", |t| {
        t.sale(|s| captured(s) && entered(s, EntryMode::Contactless) && is_small(s))
    }),
    ("tap-large", |t| {
        t.sale(|s| captured(s) && by_pin(s) && !is_small(s))
    }),
    ("pin-timed-out", |t| t.sale(pin_timed_out)),
    ("no-card", |t| t.sale(no_card_came)),
    ("refund-small", |t| {
        t.unlinked(|s| captured(s) && is_small(s))
    }),
    ("refund-large", |t| {
        t.unlinked(|s| captured(s) && by_pin(s) && !is_small(s))
    }),
    ("refund-pin-timed-out", |t| t.unlinked(pin_timed_out)),
    ("refund-no-card", |t| t.unlinked(no_card_came)),
    // Pay at Table.
    ("pos-registered", |t| {
        let needed = [
            Capability::SearchOrders,
            Capability::GetOrderById,
            Capability::RecordOrderPaymentById,
        ];
        let since = needed.map(|capability| t.capability(capability));
        since
            .into_iter()
            .collect::<Option<Vec<_>>>()?
            .into_iter()
            .max()
    }),
    ("orders-listed", |t| {
        let visited = t.visits.iter().map(|visit| visit.used_at);
        visited.chain(t.flow("Search Orders")).max()
    }),
    ("order-chosen", |t| {
        let chosen = t.orders.iter().map(|order| order.updated_at);
        chosen.chain(t.flow("Get Order")).max()
    }),
    ("waiter", |t| {
        let typed = t.visits.iter().filter(|visit| visit.waiter_id.is_some());
        let paid = t.part(|part| part.waiter_id.is_some());
        typed.map(|visit| visit.used_at).chain(paid).max()
    }),
    ("bill-printed", |t| t.flow("Print Bill")),
    ("order-locked", |t| {
        let locked = t.part(|part| part.lock_id.is_some());
        locked.into_iter().chain(t.flow("Lock And Extend")).max()
    }),
    ("table-full", |t| {
        let whole = t.recorded(|part| part.split.is_none() && !t.is_shared(part));
        whole.into_iter().chain(t.flow("Pay In Full")).max()
    }),
    ("table-split", |t| {
        let parts = t.recorded(|part| t.is_shared(part));
        parts.into_iter().chain(t.flow("Pay In Parts")).max()
    }),
    ("table-split-tip", |t| {
        t.recorded(|part| part.tip.is_some() && t.is_shared(part))
    }),
    ("table-part-tip", |t| {
        t.recorded(|part| part.tip.is_some() && part.split.is_some())
    }),
    ("table-refunded", |t| {
        let matched = t.matched(|s| captured(s) && t.is_at_table(s));
        let by_api = t.intent(|i| i.at_table && !i.refunds.is_empty());
        matched.into_iter().chain(by_api).max()
    }),
    ("table-refund-declined", |t| {
        t.matched(|s| ended(s, Status::Declined) && t.is_at_table(s))
    }),
    ("line-lost", |t| t.flow("Line Lost")),
    ("unknown-order", |t| t.flow("Unknown Order")),
];

/// What was seen, by the names of its rules.
pub(crate) struct Seen(HashMap<String, Timestamp>);

impl Seen {
    /// When it was seen last.
    pub(crate) fn when(&self, name: &str) -> Option<Timestamp> {
        self.0.get(name).copied()
    }
}

impl Traffic {
    /// What was seen.
    pub(crate) fn seen(&self) -> Seen {
        let rules = RULES
            .iter()
            .filter_map(|(name, rule)| Some(((*name).to_owned(), rule(self)?)));
        let capabilities = Capability::ALL.into_iter().filter_map(|capability| {
            let name = format!("{CAPABILITY}{}", capability.name());
            Some((name, self.capability(capability)?))
        });
        let requests = self.requests.iter();
        let requests = requests.map(|(name, at)| ((*name).to_owned(), *at));
        Seen(rules.chain(capabilities).chain(requests).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seen::requests::REQUESTS;
    use crate::site::tests::site;
    use std::collections::BTreeSet;

    fn names() -> impl Iterator<Item = &'static str> {
        let rules = RULES.iter().map(|(name, _)| *name);
        rules.chain(REQUESTS.iter().map(|(name, _)| *name))
    }

    /// Whether there is a rule of that name.
    fn is_known(name: &str) -> bool {
        match name.strip_prefix(CAPABILITY) {
            Some(name) => Capability::from_name(name).is_some(),
            None => names().any(|rule| rule == name),
        }
    }

    #[test]
    fn pages_name_every_rule_and_no_other() {
        let site = site();
        let named: BTreeSet<&str> = site
            .pages
            .iter()
            .flat_map(|page| page.rendered.marks.iter().map(String::as_str))
            .collect();
        for name in &named {
            assert!(is_known(name), "{name}");
        }
        for name in names() {
            assert!(named.contains(name), "no row is seen by {name}");
        }
    }

    #[test]
    fn nothing_is_seen_of_an_account_that_did_nothing() {
        let seen = Traffic::default().seen();
        assert!(seen.0.is_empty());
    }
}
