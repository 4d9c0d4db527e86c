//! Which part of the listing a search looks at, on either database. Ids are by
//! time, so the listing is by id, a page is a range of ids, and dates narrow
//! that range before they are compared.

use tatami_core::account::Scope;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::Status;
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::records::{Record, RecordPage, RecordQuery};
use tatami_engine::ports::store::{IntentQuery, PAGE_BYTES, Stored};

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
        // An id knows the time less exactly: a little wider, and then compared.
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

/// The most records of one page.
const MAX_RECORDS: usize = 1000;

/// Where the page of a listing of records lies: between two ids, exclusive, from
/// the newest on, or backwards from the oldest on.
pub struct RecordRange<'a> {
    /// Comes before the page.
    pub low: &'a str,
    /// Comes after the page.
    pub high: &'a str,
    /// Whether to read from the oldest on.
    pub backwards: bool,
    limit: usize,
    cursor: bool,
}

impl<'a> RecordRange<'a> {
    /// Where the page of a query lies.
    pub fn of(query: &'a RecordQuery) -> Self {
        Self {
            low: query.before.as_deref().unwrap_or_default(),
            high: query.after.as_deref().unwrap_or(AFTER_ALL_IDS),
            backwards: query.before.is_some(),
            limit: query.limit.clamp(1, MAX_RECORDS),
            cursor: query.before.is_some() || query.after.is_some(),
        }
    }

    /// How many records to read: one more than the page holds tells whether the
    /// listing goes on.
    pub fn reads(&self) -> usize {
        self.limit + 1
    }

    /// The page of what was read. Whether there is more behind it is to be
    /// looked up in [`RecordRange::behind`].
    pub fn page(&self, mut records: Vec<Stored<Record>>) -> RecordPage {
        let mut bytes = 0;
        let fits = records.iter().take_while(|record| {
            let fits = bytes < PAGE_BYTES;
            bytes += record.value.body.len();
            fits
        });
        let fits = fits.count().min(self.limit);
        let goes_on = records.len() > fits;
        records.truncate(fits);
        if self.backwards {
            records.reverse();
        }
        RecordPage {
            records,
            more_before: self.backwards && goes_on,
            more_after: !self.backwards && goes_on,
        }
    }

    /// The part of the listing behind a page, on the side of the cursor.
    pub fn behind(&self, page: &RecordPage) -> Option<(String, String)> {
        let id = |record: Option<&Stored<Record>>, or: &str| {
            record.map_or(or, |r| r.value.id.as_str()).to_owned()
        };
        let range = if self.backwards {
            (String::new(), id(page.records.last(), self.low))
        } else {
            let newest = id(page.records.first(), self.high);
            (newest, AFTER_ALL_IDS.to_owned())
        };
        self.cursor.then_some(range)
    }

    /// The page, knowing whether there is more behind it.
    pub fn with_behind(&self, mut page: RecordPage, more: bool) -> RecordPage {
        if self.backwards {
            page.more_after = more;
        } else {
            page.more_before = more;
        }
        page
    }
}
