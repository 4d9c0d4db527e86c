//! How much is let in: requests at a time, and requests a second for each key.
//!
//! What is too much is told at once, before a body is read: whoever is let in
//! keeps its speed, and memory does not grow with the number of callers.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use http::{HeaderValue, StatusCode, header};
use tatami_core::id::KeyId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::Problem;

/// How much is let in.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests under way at the same time; more are answered 503.
    pub requests: usize,
    /// Requests a second with one key; more are answered 429. `None` is any
    /// number.
    pub per_key: Option<NonZeroU32>,
}

/// Lets requests in. Cheap to clone.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    places: Arc<Semaphore>,
    rates: Option<RateLimiter<KeyId, HashMapStateStore<KeyId>, DefaultClock>>,
    clock: DefaultClock,
    draining: AtomicBool,
}

impl Gate {
    /// A gate of those limits.
    pub fn new(limits: Limits) -> Self {
        let clock = DefaultClock::default();
        let rate = |each| {
            RateLimiter::new(
                Quota::per_second(each),
                HashMapStateStore::default(),
                clock.clone(),
            )
        };
        Self(Arc::new(Inner {
            places: Arc::new(Semaphore::new(limits.requests.min(Semaphore::MAX_PERMITS))),
            rates: limits.per_key.map(rate),
            clock,
            draining: AtomicBool::new(false),
        }))
    }

    /// From now on the program is not ready for new work, which it still does.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    /// Whether it is about to stop.
    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }

    /// A place for a request, if one is free.
    pub(crate) fn enter(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.0.places).try_acquire_owned().map_err(|_| {
            metrics::counter!("tatami_http_turned_away_total", "why" => "busy").increment(1);
            let detail = "There is more to do than can be done at once. Try again in a moment.";
            later(StatusCode::SERVICE_UNAVAILABLE, detail, 1)
        })
    }

    /// Counts a request with a key.
    ///
    /// # Errors
    /// 429 if there were too many of them.
    pub(crate) fn count(&self, key: &KeyId) -> Result<(), Problem> {
        let Some(rates) = &self.0.rates else {
            return Ok(());
        };
        rates.check_key(key).map_err(|not_until| {
            metrics::counter!("tatami_http_turned_away_total", "why" => "rate").increment(1);
            let wait = not_until.wait_time_from(self.0.clock.now());
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let detail = "There were too many requests with this key. Send them more slowly.";
            later(StatusCode::TOO_MANY_REQUESTS, detail, seconds.max(1))
        })
    }
}

fn later(status: StatusCode, detail: &str, seconds: u64) -> Problem {
    Problem::new(status, detail).with(header::RETRY_AFTER, HeaderValue::from(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_request_is_over() {
        let gate = Gate::new(Limits {
            requests: 1,
            per_key: None,
        });
        let first = gate.enter().expect("a place");
        let refused = gate.enter().expect_err("no place");
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        drop(first);
        assert!(gate.enter().is_ok(), "the place is free again");
    }

    #[test]
    fn keys_are_counted_each_by_itself() {
        let gate = Gate::new(Limits {
            requests: 1,
            per_key: NonZeroU32::new(2),
        });
        let key = |text: &str| KeyId::parse(text).expect("an id");
        let (one, two) = (
            key("key_0123456789012345678901"),
            key("key_1123456789012345678901"),
        );
        gate.count(&one).expect("the first");
        gate.count(&one).expect("the second");
        let refused = gate.count(&one).expect_err("one too many");
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        gate.count(&two).expect("of another key");
    }
}
