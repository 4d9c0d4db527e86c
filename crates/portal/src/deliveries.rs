//! How deliveries of events are put into words.

use tatami_engine::ports::store::{AfterAttempt, DeliveryAttempt, DeliveryReport};

/// What a delivery is, with its event: webhooks, and events that a POS asked for.
pub(crate) fn title(delivery: &DeliveryReport) -> String {
    let way = match delivery.is_webhook() {
        true => "Webhook",
        false => "Event to the POS",
    };
    format!("{way} {}", delivery.event_type)
}

/// Where it goes.
pub(crate) fn receiver(delivery: &DeliveryReport) -> String {
    // The registrations of a POS are named by account, environment and software house.
    match delivery.endpoint.rsplit_once('/') {
        Some((_, house)) => format!("the POS of {house}"),
        None if delivery.url.is_empty() => "an endpoint that was deleted".to_owned(),
        None => delivery.url.clone(),
    }
}

/// The result of an attempt.
pub(crate) fn outcome(attempt: &DeliveryAttempt) -> String {
    match (attempt.status, attempt.next) {
        (Some(status), _) => format!("answered {status}"),
        (None, AfterAttempt::Delivered) => "accepted".to_owned(),
        (None, AfterAttempt::RetryAt(_) | AfterAttempt::GaveUp) => "no answer".to_owned(),
    }
}
