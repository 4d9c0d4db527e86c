//! Searching payment intents.

use rusqlite::Connection;
use tatami_core::account::Scope;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::PaymentIntent;
use tatami_engine::ports::store::{IntentPage, IntentQuery, PAGE_BYTES};

use super::payment_intents::body;
use super::scopes::{self, Place};
use crate::failure::Failure;
use crate::listing::{Listing, page_size};
use crate::values::rows;

/// A row as the search index knows it: enough to order and to fetch it.
type Hit = (String, i64);

/// A listing in a snapshot.
struct Reader<'a> {
    db: &'a Connection,
    scope: Place,
    listing: Listing,
}

/// Reads a page, all of it from one snapshot.
pub fn search(db: &Connection, scope: &Scope, query: &IntentQuery) -> Result<IntentPage, Failure> {
    let snapshot = db.unchecked_transaction()?;
    let Some(place) = scopes::find(&snapshot, scope)? else {
        return Ok(IntentPage {
            intents: Vec::new(),
            more_before: false,
            more_after: false,
        });
    };
    let listing = Reader {
        db: &snapshot,
        scope: place,
        listing: Listing::new(scope, query),
    };
    let limit = page_size(query);
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
    let intents = fetch(&snapshot, &hits, backwards)?;
    let cut = intents.len() < hits.len();
    Ok(IntentPage {
        intents,
        more_before: more_before || (cut && backwards),
        more_after: more_after || (cut && !backwards),
    })
}

/// Reads the hits, as many of those next to the cursor as a page holds.
fn fetch(db: &Connection, hits: &[Hit], backwards: bool) -> Result<Vec<PaymentIntent>, Failure> {
    let mut row = db.prepare_cached("SELECT body FROM intents WHERE key = ?1")?;
    let (mut intents, mut bytes) = (Vec::with_capacity(hits.len()), 0);
    let mut keys: Vec<i64> = hits.iter().map(|(_, key)| *key).collect();
    if backwards {
        keys.reverse();
    }
    for key in keys {
        let (intent, length) = row.query_row([key], |row| {
            let length = row.get_ref(0)?.as_str().map_or(0, str::len);
            Ok((body(row, 0), length))
        })?;
        intents.push(intent?);
        bytes += length;
        if bytes >= PAGE_BYTES {
            break;
        }
    }
    if backwards {
        intents.reverse();
    }
    Ok(intents)
}

impl Reader<'_> {
    /// The first `limit` hits between two ids, exclusive, from the oldest on if
    /// `ascending`, else from the newest.
    fn hits(
        &self,
        newer_than: Option<&str>,
        older_than: Option<&str>,
        ascending: bool,
        limit: usize,
    ) -> Result<Vec<Hit>, Failure> {
        let (low, high) = self.listing.between(newer_than, older_than);
        let mut select = self.db.prepare_cached(if ascending {
            "SELECT id, key FROM intents
             WHERE scope = ?1 AND status = ?2
               AND id > ?3 AND id < ?4 AND created_at BETWEEN ?5 AND ?6
             ORDER BY id ASC LIMIT ?7"
        } else {
            "SELECT id, key FROM intents
             WHERE scope = ?1 AND status = ?2
               AND id > ?3 AND id < ?4 AND created_at BETWEEN ?5 AND ?6
             ORDER BY id DESC LIMIT ?7"
        })?;
        let mut hits: Vec<Hit> = Vec::new();
        for status in &self.listing.statuses {
            let found = select.query_map(
                (
                    self.scope.id,
                    status.name(),
                    low,
                    high,
                    self.listing.created.0,
                    self.listing.created.1,
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
