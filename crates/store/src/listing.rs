//! Which part of the listing a search looks at, on either database. Ids are by
//! time, so the listing is by id, a page is a range of ids, and dates narrow
//! that range before they are compared.

use tatami_core::account::Scope;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::Status;
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::store::IntentQuery;

use crate::values::{ticks, ticks_up};

/// The most intents of one page.
const MAX_PAGE: usize = 100;
/// Comes after every id.
const AFTER_ALL_IDS: &str = "~";
const MILLISECOND: SignedDuration = SignedDuration::from_millis(1);
/// Ids tell times before this apart, in milliseconds since 1970.
const ID_TIMES_END_MS: i64 = 1 << 42;

/// What all pages of a listing have in common.
pub struct Listing {
    /// The wanted statuses, each once.
    pub statuses: Vec<Status>,
    /// Ticks of creation, inclusive.
    pub created: (i64, i64),
    /// Ids are between these, exclusive.
    pub ids: (String, String),
}

/// How many intents the page of a query has at most.
pub fn page_size(query: &IntentQuery) -> usize {
    query.limit.clamp(1, MAX_PAGE)
}

impl Listing {
    /// The listing that a query asks for.
    pub fn new(scope: &Scope, query: &IntentQuery) -> Self {
        let mut statuses = query.statuses.clone();
        if statuses.is_empty() {
            statuses.extend(Status::ALL);
        }
        statuses.sort();
        statuses.dedup();
        let floor = |at: Timestamp| {
            (0..ID_TIMES_END_MS)
                .contains(&at.as_millisecond())
                .then(|| PaymentIntentId::floor(scope.environment, at).to_string())
        };
        // An id knows the millisecond only: a little wider, and then compared.
        let low = query
            .from
            .and_then(|at| floor(at.checked_sub(MILLISECOND).ok()?));
        let high = query
            .to
            .and_then(|at| floor(at.checked_add(MILLISECOND).ok()?));
        Self {
            statuses,
            created: (
                query.from.map_or(i64::MIN, ticks_up),
                query.to.map_or(i64::MAX, ticks),
            ),
            ids: (
                low.unwrap_or_default(),
                high.unwrap_or_else(|| AFTER_ALL_IDS.to_owned()),
            ),
        }
    }

    /// The part between two ids of the listing, exclusive; without one, to the
    /// listing's end.
    pub fn between<'a>(
        &'a self,
        newer_than: Option<&'a str>,
        older_than: Option<&'a str>,
    ) -> (&'a str, &'a str) {
        (
            newer_than.map_or(self.ids.0.as_str(), |id| id.max(&self.ids.0)),
            older_than.map_or(self.ids.1.as_str(), |id| id.min(&self.ids.1)),
        )
    }
}
