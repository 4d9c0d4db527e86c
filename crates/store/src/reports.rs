//! Reports of deliveries, put together from what is still to be delivered and from
//! the history of attempts.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use tatami_core::event::Event;
use tatami_core::time::Timestamp;
use tatami_engine::ports::store::{AfterAttempt, DeliveryAttempt, DeliveryReport};

use crate::failure::Failure;

/// A delivery, by the number of its event and its endpoint; the latest first.
type Key = (Reverse<i64>, String);

/// What is known of the deliveries of a scope.
#[derive(Default)]
pub struct Reports(BTreeMap<Key, DeliveryReport>);

impl Reports {
    /// Adds an attempt. They come in their order.
    pub fn attempted(&mut self, number: i64, report: DeliveryReport, attempt: DeliveryAttempt) {
        let key = (Reverse(number), report.endpoint.clone());
        let report = self.0.entry(key).or_insert(report);
        match attempt.next {
            AfterAttempt::Delivered => "delivered".clone_into(&mut report.state),
            // What is over stays so, whatever a late worker has to say.
            AfterAttempt::GaveUp if report.state == "pending" => {
                "gave-up".clone_into(&mut report.state);
            }
            AfterAttempt::GaveUp | AfterAttempt::RetryAt(_) => {}
        }
        report.attempts.push(attempt);
    }

    /// Adds a delivery that is still to be made, at that moment of account time.
    pub fn pending(&mut self, number: i64, report: DeliveryReport, due_at: Timestamp) {
        let key = (Reverse(number), report.endpoint.clone());
        let report = self.0.entry(key).or_insert(report);
        "pending".clone_into(&mut report.state);
        report.next_at = Some(due_at);
    }

    /// The latest, newest first.
    pub fn latest(self, limit: usize) -> Vec<DeliveryReport> {
        self.0.into_values().take(limit).collect()
    }
}

/// A report without any attempt.
pub fn report(number: i64, event: &Event, endpoint: String, url: String) -> DeliveryReport {
    DeliveryReport {
        number,
        event: event.id.clone(),
        event_type: event.kind.name().to_owned(),
        endpoint,
        url,
        state: "pending".to_owned(),
        created_at: event.at,
        next_at: None,
        payload: event.payload(),
        attempts: Vec::new(),
    }
}

/// The word for what follows an attempt, and when it is made again.
pub fn next_word(next: AfterAttempt) -> (&'static str, Option<Timestamp>) {
    match next {
        AfterAttempt::Delivered => ("delivered", None),
        AfterAttempt::GaveUp => ("gave-up", None),
        AfterAttempt::RetryAt(at) => ("retry", Some(at)),
    }
}

/// The headers of an answer as they are kept.
pub fn headers_text(headers: &[(String, String)]) -> Result<Option<String>, Failure> {
    match headers {
        [] => Ok(None),
        _ => Ok(Some(serde_json::to_string(headers)?)),
    }
}

/// Reads [`headers_text`].
pub fn headers_of(text: Option<&str>) -> Result<Vec<(String, String)>, Failure> {
    match text {
        None => Ok(Vec::new()),
        Some(text) => Ok(serde_json::from_str(text)?),
    }
}

/// Reads [`next_word`].
pub fn next_of(word: &str, retry_at: Option<Timestamp>) -> Result<AfterAttempt, Failure> {
    match (word, retry_at) {
        ("delivered", None) => Ok(AfterAttempt::Delivered),
        ("gave-up", None) => Ok(AfterAttempt::GaveUp),
        ("retry", Some(at)) => Ok(AfterAttempt::RetryAt(at)),
        _ => Err(Failure::Store(format!(
            "'{word}' does not follow an attempt"
        ))),
    }
}
