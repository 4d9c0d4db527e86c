//! What POS systems were asked last, for people to look at: some requests of each scope,
//! kept in memory by the program that sent them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tatami_core::account::Scope;
use tatami_core::time::Timestamp;

use crate::integration::Transport;
use crate::pos::PosError;
use crate::request::Request;

/// Requests of a scope that are kept.
const KEPT: usize = 20;
/// Scopes that any are kept of. Above so many, all are forgotten.
const MOST_SCOPES: usize = 100;
/// What is kept of a body, in characters.
const MOST_CHARS: usize = 8 * 1024;

/// A request to a POS, and what came back.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// When it was answered, or was given up (account time).
    pub at: Timestamp,
    /// What the POS was to do.
    pub name: &'static str,
    /// The software house whose POS it is.
    pub house: String,
    pub by: Transport,
    /// What was sent, as JSON.
    pub request: String,
    /// What came back as JSON, or why nothing did.
    pub answer: Result<String, String>,
    pub took: Duration,
}

/// The last requests of each scope. Cheap to clone.
#[derive(Clone)]
pub struct RecentCalls {
    /// The time of an account.
    now: Arc<dyn Fn(&Scope) -> Timestamp + Send + Sync>,
    kept: Arc<Mutex<HashMap<Scope, VecDeque<Exchange>>>>,
}

impl RecentCalls {
    /// None yet; `now` returns the time of an account.
    pub fn new(now: Arc<dyn Fn(&Scope) -> Timestamp + Send + Sync>) -> Self {
        let kept = Arc::default();
        Self { now, kept }
    }

    /// The last requests of a scope, newest first.
    pub fn of(&self, scope: &Scope) -> Vec<Exchange> {
        let all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get(scope);
        kept.map(|kept| kept.iter().rev().cloned().collect())
            .unwrap_or_default()
    }

    fn keep(&self, scope: &Scope, exchange: Exchange) {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_SCOPES && !all.contains_key(scope) {
            all.clear();
        }
        let kept = all.entry(scope.clone()).or_default();
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back(exchange);
    }

    /// Keeps a request with its answer.
    pub(crate) fn note(
        &self,
        scope: &Scope,
        house: &str,
        (request, by): (&Request, Transport),
        called: &Result<Value, PosError>,
        took: Duration,
    ) {
        let answer = match called {
            Ok(answer) => Ok(written(answer)),
            Err(error) => Err(error.to_string()),
        };
        let exchange = Exchange {
            at: (self.now)(scope),
            name: request.capability.name(),
            house: house.to_owned(),
            by,
            request: written(&request.params()),
            answer,
            took,
        };
        self.keep(scope, exchange);
    }
}

/// A body for people.
fn written(body: &Value) -> String {
    let text = format!("{body:#}");
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use tatami_core::id::{AccountId, Environment};

    use super::*;

    #[test]
    fn the_last_requests_of_a_scope_are_kept() {
        let scope = |n: usize| Scope {
            account: AccountId::parse(&format!("acc_{n:022}")).expect("an id"),
            environment: Environment::Sandbox,
        };
        let exchange = |n: usize| Exchange {
            at: Timestamp::UNIX_EPOCH,
            name: "SearchOrders",
            house: n.to_string(),
            by: Transport::Rest,
            request: String::new(),
            answer: Ok(String::new()),
            took: Duration::ZERO,
        };
        let recent = RecentCalls::new(Arc::new(|_| Timestamp::UNIX_EPOCH));
        for n in 0..KEPT + 5 {
            recent.keep(&scope(0), exchange(n));
        }
        let kept = recent.of(&scope(0));
        assert_eq!((kept.len(), kept[0].house.as_str()), (KEPT, "24"));
        for n in 1..=MOST_SCOPES {
            recent.keep(&scope(n), exchange(n));
        }
        assert!(recent.of(&scope(0)).is_empty());
        assert_eq!(recent.of(&scope(MOST_SCOPES)).len(), 1);
        let long = Value::from("ü".repeat(MOST_CHARS * 2));
        assert_eq!(written(&long).chars().count(), MOST_CHARS + 1);
    }
}
