//! Endpoints and deliveries as the page shows them.

use tatami_core::time::ticks;
use tatami_core::webhook::Subscription;
use tatami_engine::TestDelivery;
use tatami_engine::ports::store::{DeliveryAttempt, DeliveryReport};

use crate::deliveries;
use crate::times::local;

pub(super) struct SecretRow {
    pub(super) id: String,
    pub(super) value: String,
    pub(super) is_active: bool,
}

/// An event that an endpoint may have.
pub(super) struct EventChoice {
    pub(super) name: String,
    pub(super) is_chosen: bool,
}

pub(super) struct EndpointRow {
    pub(super) id: String,
    pub(super) url: String,
    pub(super) events: Vec<EventChoice>,
    pub(super) secrets: Vec<SecretRow>,
}

pub(super) struct AttemptRow {
    pub(super) at: String,
    pub(super) iso: String,
    pub(super) outcome: String,
    pub(super) took_ms: u32,
    pub(super) headers: Vec<(String, String)>,
    pub(super) answer: String,
}

pub(super) struct DeliveryRow {
    pub(super) number: i64,
    pub(super) event: String,
    pub(super) kind: String,
    pub(super) receiver: String,
    pub(super) state: &'static str,
    pub(super) is_bad: bool,
    /// Whether it is still tried.
    pub(super) is_open: bool,
    pub(super) at: String,
    pub(super) iso: String,
    pub(super) payload: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) attempts: Vec<AttemptRow>,
    pub(super) next: Option<String>,
    /// Its endpoint, if it is over and can be sent again.
    pub(super) again_to: Option<String>,
}

/// What came of an event to try an endpoint with.
pub(super) struct TestRow {
    pub(super) url: String,
    pub(super) is_delivered: bool,
    pub(super) payload: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) attempt: AttemptRow,
}

pub(super) fn endpoint(
    subscription: &Subscription,
    values: &[String],
    free: &[String],
) -> EndpointRow {
    let secrets = subscription.secrets.iter().zip(values);
    let secrets = secrets.map(|(secret, value)| SecretRow {
        id: secret.id.to_string(),
        value: value.clone(),
        is_active: secret.active,
    });
    let choice = |is_chosen: bool| {
        move |name: &String| EventChoice {
            name: name.clone(),
            is_chosen,
        }
    };
    let own = subscription.events.iter().map(choice(true));
    EndpointRow {
        id: subscription.id.to_string(),
        url: subscription.url.clone(),
        events: own.chain(free.iter().map(choice(false))).collect(),
        secrets: secrets.collect(),
    }
}

fn attempt(attempt: &DeliveryAttempt, zone: &str) -> AttemptRow {
    AttemptRow {
        at: local(attempt.at, zone),
        iso: ticks(attempt.at),
        outcome: deliveries::outcome(attempt),
        took_ms: attempt.took_ms,
        headers: attempt.answer_headers.clone(),
        answer: attempt.answer.clone(),
    }
}

pub(super) fn test(url: String, sent: TestDelivery, zone: &str) -> TestRow {
    let status = sent.attempt.status;
    TestRow {
        url,
        is_delivered: status.is_some_and(|status| (200..300).contains(&status)),
        payload: sent.payload,
        headers: sent.headers,
        attempt: attempt(&sent.attempt, zone),
    }
}

pub(super) fn delivery(
    report: DeliveryReport,
    headers: Option<Vec<(String, String)>>,
    zone: &str,
) -> DeliveryRow {
    let is_over = report.state != "pending";
    let state = deliveries::state(&report);
    DeliveryRow {
        number: report.number,
        attempts: report.attempts.iter().map(|it| attempt(it, zone)).collect(),
        event: report.event.to_string(),
        receiver: deliveries::receiver(&report),
        kind: report.event_type,
        is_bad: report.state == "gave-up",
        is_open: !is_over,
        at: local(report.created_at, zone),
        iso: ticks(report.created_at),
        next: report.next_at.map(|at| local(at, zone)),
        again_to: (is_over && headers.is_some()).then_some(report.endpoint),
        headers: headers.unwrap_or_default(),
        state,
        payload: report.payload,
    }
}
