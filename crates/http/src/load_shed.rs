//! Load shedding: how many requests are served at a time, and how many a second for
//! each key.
//!
//! A request too many is refused at once, before its body is read: those that are
//! served keep their speed, and memory does not grow with the number of callers.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use http::{HeaderValue, StatusCode, header};
use tatami_core::id::KeyId;
use tatami_engine::{Admission, Permit};

use crate::problem::Problem;

/// How often the log sums up requests that found no permit.
const LOGGED_EVERY: Duration = Duration::from_secs(1);

/// The most that is served.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests at a time that compete for this machine; more are answered 503.
    pub requests: usize,
    /// Calls to acquirers at a time; requests that would begin more are answered 503.
    pub calls: usize,
    /// Requests a second with one key; more are answered 429. `None` is any
    /// number.
    pub per_key: Option<NonZeroU32>,
}

/// Admits requests or refuses them. Cheap to clone.
#[derive(Clone)]
pub struct LoadShed(Arc<Inner>);

struct Inner {
    admission: Admission,
    limits: Limits,
    rates: Option<RateLimiter<KeyId, HashMapStateStore<KeyId>, DefaultClock>>,
    clock: DefaultClock,
    draining: AtomicBool,
    turned_away: Mutex<TurnedAway>,
}

/// Requests that found no permit, since the log last said so.
#[derive(Default)]
struct TurnedAway {
    requests: u64,
    logged_at: Option<Instant>,
}

impl TurnedAway {
    /// Counts one more. How many to log, if it is time.
    fn count(&mut self, now: Instant) -> Option<u64> {
        self.requests += 1;
        let lately = |at| now.saturating_duration_since(at) < LOGGED_EVERY;
        if self.logged_at.is_some_and(lately) {
            return None;
        }
        self.logged_at = Some(now);
        Some(std::mem::take(&mut self.requests))
    }
}

impl LoadShed {
    /// Of those limits to an engine with those permits.
    pub fn new(limits: Limits, admission: Admission) -> Self {
        admission.bound_calls(limits.calls);
        let clock = DefaultClock::default();
        let rate = |each| {
            RateLimiter::new(
                Quota::per_second(each),
                HashMapStateStore::default(),
                clock.clone(),
            )
        };
        Self(Arc::new(Inner {
            admission,
            limits,
            rates: limits.per_key.map(rate),
            clock,
            draining: AtomicBool::new(false),
            turned_away: Mutex::default(),
        }))
    }

    /// The most that is served.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// From now on the program is not ready for new work, which it still does.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    /// Whether it is about to stop.
    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }

    /// A permit for a request, if there is one.
    pub(crate) fn enter(&self) -> Result<Permit, Problem> {
        self.0
            .admission
            .admit(self.0.limits.requests)
            .ok_or_else(|| self.turn_away())
    }

    /// Whether there are permits: asked before a body is read, so that a request too
    /// many is refused at once.
    pub(crate) fn has_permits(&self) -> Result<(), Problem> {
        match self.0.admission.is_full(self.0.limits.requests) {
            true => Err(self.turn_away()),
            false => Ok(()),
        }
    }

    fn turn_away(&self) -> Problem {
        metrics::counter!("tatami_http_turned_away_total", "why" => "busy").increment(1);
        self.log();
        busy()
    }

    /// Logs requests that found no permit, all of a second in one line.
    fn log(&self) {
        let turned_away = self.0.turned_away.lock();
        let mut turned_away = turned_away.unwrap_or_else(PoisonError::into_inner);
        let requests = turned_away.count(Instant::now());
        drop(turned_away);
        if let Some(requests) = requests {
            tracing::warn!(requests, "too many requests: answered 503");
        }
    }

    /// A permit for a request that does not come over HTTP, and is counted with its key.
    ///
    /// # Errors
    /// If there are too many requests with the key, or no permits.
    pub fn admit(&self, key: &KeyId) -> Result<Permit, Problem> {
        self.count(key)?;
        self.enter()
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
            let detail = "Too many requests with this key. Send them more slowly.";
            later(StatusCode::TOO_MANY_REQUESTS, detail, seconds.max(1))
        })
    }
}

/// The answer when there are too many requests.
pub(crate) fn busy() -> Problem {
    let detail = "Too many requests. Try again in a moment.";
    later(StatusCode::SERVICE_UNAVAILABLE, detail, 1)
}

fn later(status: StatusCode, detail: &str, seconds: u64) -> Problem {
    Problem::new(status, detail).with(header::RETRY_AFTER, HeaderValue::from(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permit_is_free_again_when_its_request_is_over() {
        let limits = Limits {
            requests: 1,
            calls: 1,
            per_key: None,
        };
        let load_shed = LoadShed::new(limits, Admission::default());
        let first = load_shed.enter().expect("a permit");
        let refused = load_shed.enter().expect_err("no permit");
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        drop(first);
        assert!(load_shed.enter().is_ok(), "the permit is free again");
    }

    #[test]
    fn those_turned_away_are_told_of_together() {
        let (mut away, start) = (TurnedAway::default(), Instant::now());
        let mut after = |millis| away.count(start + Duration::from_millis(millis));
        assert_eq!(after(0), Some(1), "the first at once");
        assert_eq!([after(1), after(999)], [None, None]);
        assert_eq!(after(1000), Some(3));
        assert_eq!(after(1500), None);
        assert_eq!(after(9000), Some(2));
    }

    #[test]
    fn keys_are_counted_each_by_itself() {
        let limits = Limits {
            requests: 1,
            calls: 1,
            per_key: NonZeroU32::new(2),
        };
        let load_shed = LoadShed::new(limits, Admission::default());
        let key = |text: &str| KeyId::parse(text).expect("an id");
        let (one, two) = (
            key("key_0123456789012345678901"),
            key("key_1123456789012345678901"),
        );
        load_shed.count(&one).expect("the first");
        load_shed.count(&one).expect("the second");
        let refused = load_shed.count(&one).expect_err("one too many");
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        load_shed.count(&two).expect("of another key");
    }
}
