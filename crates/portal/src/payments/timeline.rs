//! What happened to a payment, in its order, from all that is known of it: API calls,
//! attempts at the acquirer, events, webhooks, mails and card machines.

use tatami_core::money::Money;
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::time::{Timestamp, ticks};
use tatami_engine::ports::mail::Mail;
use tatami_engine::ports::request_log::Entry;
use tatami_engine::ports::store::{AfterAttempt, DeliveryReport};

use crate::times::local;
use crate::{deliveries, logs};

/// Something that happened.
pub(super) struct Step {
    at: Timestamp,
    pub(super) local: String,
    pub(super) iso: String,
    /// Where it comes from.
    pub(super) kind: &'static str,
    pub(super) what: String,
    pub(super) detail: String,
    pub(super) is_bad: bool,
    pub(super) trace: Option<String>,
    /// A page with more about it.
    pub(super) href: Option<String>,
    /// What was sent, if something was.
    pub(super) body: String,
}

/// What is known of a payment besides its document.
pub(super) struct Known {
    pub(super) deliveries: Vec<DeliveryReport>,
    pub(super) requests: Vec<Entry>,
    pub(super) mails: Vec<Mail>,
}

/// Puts steps together.
struct Timeline<'a> {
    zone: &'a str,
    steps: Vec<Step>,
}

/// All that happened, the earliest first. `logs` is where the requests are shown, if the
/// visitor may see them.
pub(super) fn steps(
    intent: &PaymentIntent,
    known: Known,
    zone: &str,
    logs: Option<&str>,
) -> Vec<Step> {
    let mut timeline = Timeline {
        zone,
        steps: Vec::new(),
    };
    timeline.payment(intent);
    timeline.sessions(intent);
    for entry in &known.requests {
        timeline.request(entry, logs);
    }
    let id = format!("\"{}\"", intent.id);
    let own = known.deliveries.into_iter();
    for delivery in own.filter(|delivery| delivery.payload.contains(&id)) {
        timeline.delivery(delivery);
    }
    for mail in known.mails {
        timeline.mail(mail);
    }
    timeline.steps.sort_by_key(|step| step.at);
    timeline.steps
}

impl Timeline<'_> {
    fn add(&mut self, kind: &'static str, at: Timestamp, what: &str, detail: String) -> &mut Step {
        self.steps.push(Step {
            at,
            local: local(at, self.zone),
            iso: ticks(at),
            kind,
            what: what.to_owned(),
            detail,
            is_bad: false,
            trace: None,
            href: None,
            body: String::new(),
        });
        let last = self.steps.len() - 1;
        &mut self.steps[last]
    }

    fn payment(&mut self, intent: &PaymentIntent) {
        let total = format!("{}.", intent.total());
        self.add("Payment", intent.created_at, "Created", total);
        for event in &intent.payment_events {
            let card = event.card.as_ref();
            let card = card.map(|card| format!("{} {}", card.scheme.title(), card.masked));
            let code = match event.auth_code.is_empty() {
                true => String::new(),
                false => format!(" Approval code {}.", event.auth_code),
            };
            let detail = format!(
                "Transaction {}. {}{code}",
                event.transaction_id,
                card.unwrap_or_default()
            );
            let name = event.kind.name();
            self.add("Acquirer", event.at, name, detail).is_bad =
                matches!(name, "Declined" | "Failed");
        }
        for refund in &intent.refunds {
            let reason = refund.reason.clone().unwrap_or_default();
            let amount = Money::new(refund.amount, intent.amount.currency);
            let detail = format!("{amount} as {}. {reason}", refund.id);
            self.add("Acquirer", refund.at, "Refund", detail);
        }
        if let Some(attempt) = &intent.attempt {
            let detail = format!(
                "The acquirer was called as {}; its answer is not known yet.",
                attempt.id
            );
            let waits = "Waits for the acquirer";
            self.add("Acquirer", attempt.started_at, waits, detail)
                .is_bad = true;
        }
    }

    fn sessions(&mut self, intent: &PaymentIntent) {
        for story in &intent.terminal_sessions {
            for status in &story.statuses {
                let detail = format!("Session {} on {}.", story.id, story.terminal);
                self.add("Card machine", status.at, status.status.name(), detail);
            }
        }
    }

    fn request(&mut self, entry: &Entry, logs: Option<&str>) {
        let request = &entry.request;
        let what = format!("{} {}", request.method, request.path);
        let detail = format!("Answered {} in {}.", request.status, logs::took(request));
        let step = self.add("API", request.account_at, &what, detail);
        step.is_bad = request.status >= 400;
        step.trace = Some(request.trace_id.clone());
        step.href = logs.map(|logs| format!("{logs}/{}", entry.number));
    }

    fn delivery(&mut self, delivery: DeliveryReport) {
        let kind = match delivery.is_webhook() {
            true => "Webhook",
            false => "POS",
        };
        let event = &delivery.event_type;
        let receiver = deliveries::receiver(&delivery);
        let state = deliveries::state(&delivery);
        let written = format!("{state} · {receiver}");
        let step = self.add(kind, delivery.created_at, event, written);
        step.is_bad = delivery.state == "gave-up";
        step.body = delivery.payload.clone();
        for (n, attempt) in delivery.attempts.iter().enumerate() {
            let what = format!("{event}, try {}", n + 1);
            let outcome = deliveries::outcome(attempt);
            let detail = format!("{outcome} after {} ms · {receiver}", attempt.took_ms);
            let is_bad = attempt.next != AfterAttempt::Delivered;
            self.add(kind, attempt.at, &what, detail).is_bad = is_bad;
        }
    }

    fn mail(&mut self, mail: Mail) {
        let detail = match (mail.sent_at, mail.due_at) {
            (Some(_), _) => format!("To {}. Sent.", mail.to),
            (None, Some(_)) => format!("To {}. Waits for the mail server.", mail.to),
            (None, None) => format!("To {}. In the local mailbox.", mail.to),
        };
        self.add("Mail", mail.created_at, &mail.subject, detail);
    }
}
