//! Listings of documents, a page at a time.

use rusqlite::{Connection, Row};
use tatami_core::account::AnyScope;
use tatami_engine::ports::documents::{Document, DocumentKind, DocumentPage, DocumentQuery};
use tatami_engine::ports::store::{PAGE_BYTES, Stored};

use super::documents::{read, select};
use crate::failure::Failure;
use crate::listing::{Listing, Range};
use crate::values::rows;

/// A row as an index knows it: enough to order and to fetch it.
type Hit = (String, i64);

/// A listing in a snapshot.
struct Reader<'a> {
    db: &'a Connection,
    kind: DocumentKind,
    scope: String,
    query: &'a DocumentQuery,
    listing: Listing,
}

/// A page of a listing, all of it from one snapshot.
pub fn page(
    db: &Connection,
    kind: DocumentKind,
    scope: &AnyScope,
    query: &DocumentQuery,
) -> Result<DocumentPage, Failure> {
    let snapshot = db.unchecked_transaction()?;
    let reader = Reader {
        db: &snapshot,
        kind,
        scope: scope.to_string(),
        query,
        listing: Listing::of(kind, scope, query),
    };
    let listing = &reader.listing;
    let hits = reader.hits(&listing.range, listing.backwards, listing.reads())?;
    let page = listing.page(reader.fetch(&hits)?);
    let more = match listing.behind(&page) {
        Some(range) => !reader.hits(&range, false, 1)?.is_empty(),
        None => false,
    };
    Ok(listing.with_behind(page, more))
}

impl Reader<'_> {
    /// The first `limit` hits of a range, from the oldest on if `ascending`,
    /// else from the newest.
    fn hits(&self, range: &Range, ascending: bool, limit: usize) -> Result<Vec<Hit>, Failure> {
        if self.query.owner.is_some() || self.query.value.is_some() {
            return self.filtered(range, ascending, limit);
        }
        let sql = format!(
            "SELECT id, rowid FROM documents
             WHERE scope = ?1 AND kind = ?2 AND status = ?3
               AND id > ?4 AND id < ?5 AND created_at BETWEEN ?6 AND ?7
             ORDER BY id {} LIMIT ?8",
            order(ascending)
        );
        let mut of_status = self.db.prepare_cached(&sql)?;
        let mut hits: Vec<Hit> = Vec::new();
        for status in self.statuses()? {
            let found = of_status.query_map(
                (
                    &self.scope,
                    self.kind.word(),
                    status,
                    &range.0,
                    &range.1,
                    self.listing.created.0,
                    self.listing.created.1,
                    rows(limit),
                ),
                hit,
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

    /// The wanted statuses; all that there are, one index step each, if none is
    /// named.
    fn statuses(&self) -> Result<Vec<String>, Failure> {
        if !self.query.statuses.is_empty() {
            return Ok(self.query.statuses.clone());
        }
        let found = self
            .db
            .prepare_cached(
                "WITH RECURSIVE found (status) AS (
                     SELECT min(status) FROM documents WHERE scope = ?1 AND kind = ?2
                     UNION ALL
                     SELECT (SELECT min(d.status) FROM documents d
                             WHERE d.scope = ?1 AND d.kind = ?2 AND d.status > found.status)
                     FROM found WHERE found.status IS NOT NULL
                 )
                 SELECT status FROM found WHERE status IS NOT NULL",
            )?
            .query_map((&self.scope, self.kind.word()), |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(found)
    }

    /// The hits among those of an owner or with a value. Scope and kind are
    /// compared in a way that the index of listings does not serve.
    fn filtered(&self, range: &Range, ascending: bool, limit: usize) -> Result<Vec<Hit>, Failure> {
        let owned = self
            .query
            .owner
            .as_ref()
            .map_or("?9 IS NULL AND ", |_| "owner = ?9 AND ");
        let valued = self.query.value.as_ref().map_or("?12 IS NULL AND ", |_| {
            "id IN (SELECT id FROM document_index
                    WHERE kind = ?2 AND name = ?10 AND scope = ?1
                      AND value BETWEEN ?11 AND ?12) AND "
        });
        let sql = format!(
            "SELECT id, rowid FROM documents
             WHERE {owned}{valued} +scope = ?1 AND kind = ?2
               AND (?3 = '[]' OR +status IN (SELECT value FROM json_each(?3)))
               AND id > ?4 AND id < ?5 AND created_at BETWEEN ?6 AND ?7
             ORDER BY id {} LIMIT ?8",
            order(ascending)
        );
        let value = self.query.value.as_ref();
        let hits = self
            .db
            .prepare_cached(&sql)?
            .query_map(
                (
                    &self.scope,
                    self.kind.word(),
                    serde_json::to_string(&self.query.statuses)?,
                    &range.0,
                    &range.1,
                    self.listing.created.0,
                    self.listing.created.1,
                    rows(limit),
                    &self.query.owner,
                    value.map(|v| v.name),
                    value.map(|v| v.from.as_str()),
                    value.map(|v| v.to.as_str()),
                ),
                hit,
            )?
            .collect::<rusqlite::Result<_>>()?;
        Ok(hits)
    }

    /// The documents of as many hits as a page holds, and of the next one.
    fn fetch(&self, hits: &[Hit]) -> Result<Vec<Stored<Document>>, Failure> {
        let mut row = self.db.prepare_cached(&select("WHERE d.rowid = ?1"))?;
        let (mut found, mut bytes) = (Vec::new(), 0);
        for (_, key) in hits {
            let record: Stored<Document> = row.query_row([key], read)?;
            let is_full = bytes >= PAGE_BYTES;
            bytes += record.value.body.len();
            found.push(record);
            if is_full {
                break;
            }
        }
        Ok(found)
    }
}

fn hit(row: &Row<'_>) -> rusqlite::Result<Hit> {
    Ok((row.get(0)?, row.get(1)?))
}

fn order(ascending: bool) -> &'static str {
    if ascending { "ASC" } else { "DESC" }
}
