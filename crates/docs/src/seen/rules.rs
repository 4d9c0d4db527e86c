//! What each row of the checklists is seen by.

use std::collections::HashMap;

use tatami_core::pay_at_table::{PartStage, TablePayment};
use tatami_core::payment_intent::{
    CaptureMode, PaymentEventKind, PaymentIntent, Status as IntentStatus,
};
use tatami_core::terminal_session::{
    CONTACTLESS_LIMIT, EntryMode, NotificationKind, Purpose, SIGNATURE_WITHIN, Session, Status,
    Verification,
};
use tatami_core::time::Timestamp;
use tatami_epos::capability::Capability;

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
        Seen(rules.chain(capabilities).collect())
    }

    fn intent(&self, is: impl Fn(&PaymentIntent) -> bool) -> Option<Timestamp> {
        let found = self.intents.iter().filter(|intent| is(intent));
        found.map(|intent| intent.updated_at).max()
    }

    fn session(&self, is: impl Fn(&Session) -> bool) -> Option<Timestamp> {
        let found = self.sessions.iter().filter(|session| is(session));
        found.map(|session| session.story.updated_at).max()
    }

    /// A sale that a till asked for.
    fn sale(&self, is: impl Fn(&Session) -> bool) -> Option<Timestamp> {
        self.session(|s| is_sale(s) && !s.manual && !self.is_at_table(s) && is(s))
    }

    fn hold(&self, is: impl Fn(&Session) -> bool) -> Option<Timestamp> {
        self.session(|s| is_sale(s) && s.manual && is(s))
    }

    fn unlinked(&self, is: impl Fn(&Session) -> bool) -> Option<Timestamp> {
        self.session(|s| matches!(s.story.purpose, Purpose::UnlinkedRefund { .. }) && is(s))
    }

    fn matched(&self, is: impl Fn(&Session) -> bool) -> Option<Timestamp> {
        self.session(|s| matches!(s.story.purpose, Purpose::MatchedRefund { .. }) && is(s))
    }

    fn part(&self, is: impl Fn(&TablePayment) -> bool) -> Option<Timestamp> {
        let found = self.parts.iter().filter(|part| is(part));
        found.map(|part| part.updated_at).max()
    }

    fn recorded(&self, is: impl Fn(&TablePayment) -> bool) -> Option<Timestamp> {
        self.part(|part| part.stage == PartStage::Recorded && is(part))
    }

    /// Whether others paid of the same order.
    fn is_shared(&self, part: &TablePayment) -> bool {
        let of_order = |it: &&TablePayment| it.order == part.order;
        let parts = self.parts.iter().filter(of_order);
        parts.filter(|it| it.stage == PartStage::Recorded).count() > 1
    }

    fn is_at_table(&self, session: &Session) -> bool {
        let paid = session.story.purpose.payment_intent();
        self.parts.iter().any(|part| Some(&part.intent) == paid)
    }

    /// When a test of the POS of that name succeeded last.
    fn flow(&self, name: &str) -> Option<Timestamp> {
        let found = self.flows.iter();
        let found = found.filter(|flow| flow.name == name && flow.succeeded());
        found.map(|flow| flow.started_at).max()
    }

    /// Since when the POS has a capability.
    fn capability(&self, capability: Capability) -> Option<Timestamp> {
        let found = self.integrations.iter();
        let found = found.filter_map(|integration| integration.serves(capability));
        found.map(|(_, since)| since).max()
    }
}

fn has(intent: &PaymentIntent, kind: PaymentEventKind) -> bool {
    intent.payment_events.iter().any(|event| event.kind == kind)
}

/// Whether no card machine was concerned.
fn online(intent: &PaymentIntent) -> bool {
    intent.terminal_sessions.is_empty()
}

fn is_paid_online(intent: &PaymentIntent) -> bool {
    online(intent) && intent.authorization.is_some()
}

fn by_wallet(intent: &PaymentIntent) -> bool {
    let paid = intent.authorization.as_ref();
    paid.is_some_and(|paid| paid.card.wallet.is_some())
}

/// Whether a decline followed the bank's question to the card holder.
fn failed_a_challenge(intent: &PaymentIntent) -> bool {
    let mut events = intent.payment_events.iter().map(|event| event.kind);
    events.any(|kind| kind == PaymentEventKind::AuthChallenged)
        && events.next().is_some_and(|kind| {
            matches!(kind, PaymentEventKind::Declined | PaymentEventKind::Failed)
        })
}

fn on_machine(intent: &PaymentIntent) -> bool {
    let paid = intent.authorization.as_ref();
    paid.is_some_and(|paid| paid.in_person.is_some())
}

fn was_tried_again(intent: &PaymentIntent) -> bool {
    let declined = |story: &tatami_core::terminal_session::Story| story.status == Status::Declined;
    on_machine(intent) && intent.terminal_sessions.iter().any(declined)
}

fn was_raised(intent: &PaymentIntent) -> bool {
    let first = intent.requested_amount;
    on_machine(intent) && first.is_some_and(|first| intent.amount.minor > first.minor)
}

fn is_sale(session: &Session) -> bool {
    matches!(session.story.purpose, Purpose::Sale { .. })
}

fn ended(session: &Session, status: Status) -> bool {
    session.story.status == status
}

fn captured(session: &Session) -> bool {
    ended(session, Status::Captured)
}

fn authorized(session: &Session) -> bool {
    ended(session, Status::Authorized)
}

fn came_to(session: &Session, status: Status) -> bool {
    session
        .story
        .statuses
        .iter()
        .any(|event| event.status == status)
}

fn entered(session: &Session, mode: EntryMode) -> bool {
    session.card.as_ref().is_some_and(|card| card.entry == mode)
}

fn by_pin(session: &Session) -> bool {
    let card = session.card.as_ref();
    card.is_some_and(|card| card.verification == Verification::Pin)
}

fn was_signed(session: &Session) -> bool {
    came_to(session, Status::SignatureVerificationRequired)
}

/// Whether nobody decided on the signature, so that it was accepted.
fn signature_timed_out(session: &Session) -> bool {
    session.story.statuses.windows(2).any(|pair| {
        pair[0].status == Status::SignatureVerificationRequired
            && pair[1].at.duration_since(pair[0].at) >= SIGNATURE_WITHIN
    })
}

fn pin_timed_out(session: &Session) -> bool {
    let shown = &session.story.notifications;
    let asked = shown.iter().any(|it| it.kind == NotificationKind::EnterPin);
    let is_given_up = ended(session, Status::Canceled) || ended(session, Status::Expired);
    asked && is_given_up && !came_to(session, Status::CancelRequested)
}

fn no_card_came(session: &Session) -> bool {
    let is_given_up = ended(session, Status::Canceled) || ended(session, Status::Expired);
    session.card.is_none() && is_given_up && !came_to(session, Status::CancelRequested)
}

fn is_small(session: &Session) -> bool {
    session.bill.total().minor <= CONTACTLESS_LIMIT
}

fn two_schemes_were_held(traffic: &Traffic) -> Option<Timestamp> {
    let held = |s: &&Session| is_sale(s) && s.manual && authorized(s);
    let first = traffic.sessions.iter().find(held)?.card.as_ref()?;
    traffic.hold(|s| {
        let card = s.card.as_ref();
        authorized(s) && card.is_some_and(|card| card.card.scheme != first.card.scheme)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::tests::site;
    use std::collections::BTreeSet;

    /// Whether there is a rule of that name.
    fn is_known(name: &str) -> bool {
        match name.strip_prefix(CAPABILITY) {
            Some(name) => Capability::from_name(name).is_some(),
            None => RULES.iter().any(|(rule, _)| *rule == name),
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
        for (name, _) in RULES {
            assert!(named.contains(name), "no row is seen by {name}");
        }
    }

    #[test]
    fn nothing_is_seen_of_an_account_that_did_nothing() {
        let seen = Traffic::default().seen();
        assert!(seen.0.is_empty());
    }
}
