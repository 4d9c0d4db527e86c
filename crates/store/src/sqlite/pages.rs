//! Listings of documents, a page at a time.

use rusqlite::{Connection, OptionalExtension as _, Row, ToSql};
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
    /// The least id that is looked at, of a filtered listing.
    floor: String,
}

/// A row that is looked up takes as long as so many entries of the index of listings.
const LOOKED_UP: i64 = 20;

/// The last document of a status that a filter looks at.
const LAST_OF_STATUS: &str = "SELECT id FROM documents
     WHERE scope = ?1 AND kind = ?2 AND status = ?3 AND id > ?4 AND id < ?5
     ORDER BY id DESC LIMIT 1 OFFSET ?6";

/// The last document with a value that a filter looks at.
const LAST_WITH_VALUE: &str = "SELECT id FROM document_index
     WHERE scope = ?1 AND kind = ?2 AND name = ?3 AND id > ?4 AND id < ?5 AND value = ?6
     ORDER BY id DESC LIMIT 1 OFFSET ?7";

/// A page of a listing, all of it from one snapshot.
pub fn page(
    db: &Connection,
    kind: DocumentKind,
    scope: &AnyScope,
    query: &DocumentQuery,
) -> Result<DocumentPage, Failure> {
    let snapshot = db.unchecked_transaction()?;
    let mut reader = Reader {
        db: &snapshot,
        kind,
        scope: scope.to_string(),
        query,
        listing: Listing::of(kind, scope, query),
        floor: String::new(),
    };
    reader.floor = reader.floor()?;
    let listing = &reader.listing;
    let hits = reader.hits(&listing.range, listing.backwards, listing.reads())?;
    let page = listing.page(reader.fetch(&hits)?);
    let more = match listing.behind(&page) {
        Some(range) => !reader.hits(&range, false, 1)?.is_empty(),
        None => false,
    };
    let page = listing.looked_to(page, reader.floor.clone());
    Ok(listing.with_behind(page, more))
}

impl Reader<'_> {
    /// The first `limit` hits of a range, from the oldest on if `ascending`,
    /// else from the newest.
    fn hits(&self, range: &Range, ascending: bool, limit: usize) -> Result<Vec<Hit>, Failure> {
        match &self.query.value {
            Some(value) if value.from == value.to => self.with_value(range, ascending, limit),
            Some(_) => self.filtered(range, ascending, limit),
            None if self.query.owner.is_some() => self.filtered(range, ascending, limit),
            None => self.by_status(range, ascending, limit),
        }
    }

    /// The least id that a filter looks at; empty where it looks at all.
    fn floor(&self) -> Result<String, Failure> {
        let Some(facets) = &self.listing.facets else {
            return Ok(String::new());
        };
        let last = rows(facets.looked_at.saturating_sub(1));
        let (low, high) = &self.listing.range;
        if let Some(value) = &self.query.value {
            let parameters = (
                &self.scope,
                self.kind.word(),
                value.name,
                low,
                high,
                &value.from,
                last / LOOKED_UP,
            );
            let mut row = self.db.prepare_cached(LAST_WITH_VALUE)?;
            let id = row.query_row(parameters, |row| row.get(0)).optional()?;
            return Ok(id.unwrap_or_default());
        }
        let mut of_status = self.db.prepare_cached(LAST_OF_STATUS)?;
        let mut floor = String::new();
        for status in self.statuses()? {
            let parameters = (&self.scope, self.kind.word(), status, low, high, last);
            let id = of_status
                .query_row(parameters, |row| row.get(0))
                .optional()?;
            floor = floor.max(id.unwrap_or_default());
        }
        Ok(floor)
    }

    fn by_status(&self, range: &Range, ascending: bool, limit: usize) -> Result<Vec<Hit>, Failure> {
        let sql = by_status(self.listing.facets.is_some(), ascending);
        let mut hits: Vec<Hit> = Vec::new();
        for status in self.statuses()? {
            hits.extend(self.listed(&sql, range, limit, &[(":status", &status)])?);
        }
        hits.sort_unstable();
        if !ascending {
            hits.reverse();
        }
        hits.truncate(limit);
        Ok(hits)
    }

    /// The hits with just one value. The index of values has them in the order of their
    /// ids.
    fn with_value(
        &self,
        range: &Range,
        ascending: bool,
        limit: usize,
    ) -> Result<Vec<Hit>, Failure> {
        let sql = with_value(self.listing.facets.is_some(), ascending);
        let statuses = serde_json::to_string(&self.query.statuses)?;
        let value = self.query.value.as_ref();
        let (name, value) = (value.map(|it| it.name), value.map(|it| it.from.as_str()));
        let own: &[(&str, &dyn ToSql)] = &[
            (":name", &name),
            (":value", &value),
            (":owner", &self.query.owner),
            (":statuses", &statuses),
        ];
        self.listed(&sql, range, limit, own)
    }

    /// The hits of a query, with the parameters that all have and its own.
    fn listed(
        &self,
        sql: &str,
        range: &Range,
        limit: usize,
        own: &[(&str, &dyn ToSql)],
    ) -> Result<Vec<Hit>, Failure> {
        let (from, to) = self.listing.created;
        let (kind, limit) = (self.kind.word(), rows(limit));
        let above = (&range.0).max(&self.floor);
        let mut parameters: Vec<(&str, &dyn ToSql)> = vec![
            (":scope", &self.scope),
            (":kind", &kind),
            (":above", above),
            (":below", &range.1),
            (":from", &from),
            (":to", &to),
            (":limit", &limit),
        ];
        let facets = self.listing.facets.as_ref();
        let facets = facets.map(|facets| (&facets.from, &facets.to, facets.glob()));
        if let Some((least, most, holds)) = &facets {
            parameters.push((":least", *least));
            parameters.push((":most", *most));
            parameters.push((":holds", holds));
        }
        parameters.extend_from_slice(own);
        let found = self
            .db
            .prepare_cached(sql)?
            .query_map(parameters.as_slice(), hit)?
            .collect::<rusqlite::Result<_>>()?;
        Ok(found)
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

/// How the least id is compared, and what facets have to be. From the least id that a filter
/// looks at on; one of more terms would have SQLite sort.
const fn conditions(filtered: bool) -> (&'static str, &'static str) {
    match filtered {
        true => (
            ">=",
            "AND d.facets BETWEEN :least AND :most AND d.facets GLOB :holds",
        ),
        false => (">", ""),
    }
}

/// The first documents of a status, which is read from the index of listings alone.
fn by_status(filtered: bool, ascending: bool) -> String {
    let (above, facets) = conditions(filtered);
    format!(
        "SELECT id, rowid FROM documents d
         WHERE scope = :scope AND kind = :kind AND status = :status
           AND id {above} :above AND id < :below AND created_at BETWEEN :from AND :to {facets}
         ORDER BY id {} LIMIT :limit",
        order(ascending)
    )
}

/// The first documents with a value. Scope and status are compared in a way that the index
/// of listings does not serve.
fn with_value(filtered: bool, ascending: bool) -> String {
    let (above, facets) = conditions(filtered);
    format!(
        "SELECT d.id, d.rowid FROM document_index i
         CROSS JOIN documents d ON d.kind = i.kind AND d.id = i.id
         WHERE i.kind = :kind AND i.name = :name AND i.scope = :scope AND i.value = :value
           AND i.id {above} :above AND i.id < :below
           AND (:owner IS NULL OR d.owner = :owner) AND +d.scope = :scope
           AND (:statuses = '[]' OR +d.status IN (SELECT value FROM json_each(:statuses)))
           AND d.created_at BETWEEN :from AND :to {facets}
         ORDER BY i.id {} LIMIT :limit",
        order(ascending)
    )
}

fn hit(row: &Row<'_>) -> rusqlite::Result<Hit> {
    Ok((row.get(0)?, row.get(1)?))
}

fn order(ascending: bool) -> &'static str {
    if ascending { "ASC" } else { "DESC" }
}

#[cfg(test)]
mod tests {
    use super::super::plan;
    use super::*;

    #[test]
    fn a_filter_reads_the_index_of_listings_alone() {
        for ascending in [true, false] {
            let plan = plan(&by_status(true, ascending));
            let index = "USING COVERING INDEX documents_listing (scope=? AND kind=? AND status=? \
                         AND id>? AND id<?)";
            assert!(
                plan.contains(index) && !plan.contains("TEMP B-TREE"),
                "{plan}"
            );
        }
        assert!(plan(LAST_OF_STATUS).contains("USING COVERING INDEX documents_listing"));
    }

    #[test]
    fn documents_with_a_value_are_looked_up_in_the_order_of_their_ids() {
        let plan_of = plan(&with_value(true, false));
        for step in [
            "SEARCH i USING PRIMARY KEY (kind=? AND name=? AND scope=? AND value=? AND id>? AND id<?)",
            "SEARCH d USING INDEX sqlite_autoindex_documents_1 (kind=? AND id=?)",
        ] {
            assert!(plan_of.contains(step), "{plan_of}");
        }
        assert!(!plan_of.contains("TEMP B-TREE"), "{plan_of}");
        assert!(plan(LAST_WITH_VALUE).contains("USING PRIMARY KEY"));
    }
}
