//! How deliveries of events are put into words.

use tatami_engine::ports::store::{AfterAttempt, DeliveryAttempt, DeliveryReport};

/// How far a delivery is.
pub fn state(delivery: &DeliveryReport) -> &'static str {
    match (delivery.state.as_str(), delivery.attempts.is_empty()) {
        ("delivered", _) => "Delivered",
        ("gave-up", _) => "Failed",
        (_, true) => "Pending",
        (_, false) => "Will be retried",
    }
}

/// Where it goes.
pub(crate) fn receiver(delivery: &DeliveryReport) -> String {
    // The registrations of a POS are named by account, environment and software house.
    match delivery.endpoint.rsplit_once('/') {
        Some((_, house)) => format!("POS of {house}"),
        None if delivery.url.is_empty() => "A deleted endpoint".to_owned(),
        None => delivery.url.clone(),
    }
}

/// The result of an attempt.
pub(crate) fn outcome(attempt: &DeliveryAttempt) -> String {
    match (attempt.status, attempt.next) {
        (Some(status), _) => format!("Answered {status}"),
        (None, AfterAttempt::Delivered) => "Accepted".to_owned(),
        (None, AfterAttempt::RetryAt(_) | AfterAttempt::GaveUp) => "No answer".to_owned(),
    }
}
