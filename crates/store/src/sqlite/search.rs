//! Searching payment intents. Ids are by time, so the listing is by id, a page
//! is a range of ids, and dates narrow that range before they are compared.

use rusqlite::Connection;
use tatami_core::account::Scope;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::{PaymentIntent, Status};
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::store::{IntentPage, IntentQuery};

use super::payment_intents::body;
use crate::failure::Failure;
use crate::values::{rows, ticks, ticks_up};

/// The most intents of one page.
const MAX_PAGE: usize = 100;
/// Comes after every id.
const AFTER_ALL_IDS: &str = "~";
const MILLISECOND: SignedDuration = SignedDuration::from_millis(1);
/// Ids tell times before this apart, in milliseconds since 1970.
const ID_TIMES_END_MS: i64 = 1 << 42;

/// A row as the search index knows it: enough to order and to fetch it.
type Hit = (String, i64);

/// What all pages of a listing have in common.
struct Listing<'a> {
    db: &'a Connection,
    scope: &'a Scope,
    statuses: Vec<Status>,
    created: (i64, i64),
    /// Ids are between these, exclusive.
    ids: (String, String),
}

/// Reads a page, all of it from one snapshot.
pub fn search(db: &Connection, scope: &Scope, query: &IntentQuery) -> Result<IntentPage, Failure> {
    let snapshot = db.unchecked_transaction()?;
    let listing = Listing::new(&snapshot, scope, query);
    let limit = query.limit.clamp(1, MAX_PAGE);
    let newer_than = query.before.as_ref().map(PaymentIntentId::as_str);
    let older_than = query.after.as_ref().map(PaymentIntentId::as_str);
    let backwards = newer_than.is_some();
    let mut hits = listing.hits(newer_than, older_than, backwards, limit + 1)?;
    let goes_on = hits.len() > limit;
    hits.truncate(limit);
    if backwards {
        hits.reverse();
    }
    // Whether there is more on the side of the cursor. Of an empty page, all
    // that the query matches is there.
    let first = hits.first().map(|(id, _)| id.as_str());
    let last = hits.last().map(|(id, _)| id.as_str());
    let (more_before, more_after) = if backwards {
        (goes_on, listing.any(None, last)?)
    } else {
        (older_than.is_some() && listing.any(first, None)?, goes_on)
    };
    Ok(IntentPage {
        intents: fetch(&snapshot, &hits)?,
        more_before,
        more_after,
    })
}

fn fetch(db: &Connection, hits: &[Hit]) -> Result<Vec<PaymentIntent>, Failure> {
    let mut row = db.prepare_cached("SELECT body FROM payment_intents WHERE key = ?1")?;
    hits.iter()
        .map(|(_, key)| row.query_row([key], |row| Ok(body(row, 0)))?)
        .collect()
}

impl<'a> Listing<'a> {
    fn new(db: &'a Connection, scope: &'a Scope, query: &IntentQuery) -> Self {
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
            db,
            scope,
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

    /// The first `limit` hits between two ids, exclusive, from the oldest on if
    /// `ascending`, else from the newest.
    fn hits(
        &self,
        newer_than: Option<&str>,
        older_than: Option<&str>,
        ascending: bool,
        limit: usize,
    ) -> Result<Vec<Hit>, Failure> {
        let low = newer_than.map_or(self.ids.0.as_str(), |id| id.max(&self.ids.0));
        let high = older_than.map_or(self.ids.1.as_str(), |id| id.min(&self.ids.1));
        let mut select = self.db.prepare_cached(if ascending {
            "SELECT id, key FROM payment_intents
             WHERE account = ?1 AND environment = ?2 AND status = ?3
               AND id > ?4 AND id < ?5 AND created_at BETWEEN ?6 AND ?7
             ORDER BY id ASC LIMIT ?8"
        } else {
            "SELECT id, key FROM payment_intents
             WHERE account = ?1 AND environment = ?2 AND status = ?3
               AND id > ?4 AND id < ?5 AND created_at BETWEEN ?6 AND ?7
             ORDER BY id DESC LIMIT ?8"
        })?;
        let mut hits: Vec<Hit> = Vec::new();
        for status in &self.statuses {
            let found = select.query_map(
                (
                    self.scope.account.as_str(),
                    self.scope.environment.word(),
                    status.name(),
                    low,
                    high,
                    self.created.0,
                    self.created.1,
                    rows(limit),
                ),
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            for hit in found {
                hits.push(hit?);
            }
        }
        hits.sort_unstable();
        if !ascending {
            hits.reverse();
        }
        hits.truncate(limit);
        Ok(hits)
    }

    fn any(&self, newer_than: Option<&str>, older_than: Option<&str>) -> Result<bool, Failure> {
        let hits = self.hits(newer_than, older_than, false, 1)?;
        Ok(!hits.is_empty())
    }
}
