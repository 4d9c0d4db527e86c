//! Listings of documents, a page at a time.

use tatami_core::account::AnyScope;
use tatami_engine::ports::documents::{Document, DocumentKind, DocumentPage, DocumentQuery};
use tatami_engine::ports::store::{PAGE_BYTES, Stored};

use tokio_postgres::types::ToSql;

use super::documents::{read, select};
use super::rows::get;
use super::session::{Parameters, Session};
use crate::failure::Failure;
use crate::listing::{Listing, Range};
use crate::values::rows;

/// The documents of as many hits as a page holds, and of the next one. Rows are
/// fetched by lateral selects, which leave the planner no order of joins in which
/// it would read more of them.
macro_rules! fetch {
    ($order:literal) => {
        concat!(
            "), sized AS (
                 SELECT hits.id, octet_length(p.body) AS size,
                        sum(octet_length(p.body)) OVER (ORDER BY hits.id ",
            $order,
            "           ) AS size_so_far
                 FROM hits CROSS JOIN LATERAL (
                     SELECT body FROM documents
                     WHERE kind = $2 AND id = hits.id LIMIT 1) p
             ), before AS (
                 SELECT id, lag(size_so_far - size, 1, 0::bigint) OVER (ORDER BY id ",
            $order,
            "           ) AS size
                 FROM sized
             ), page AS MATERIALIZED (
                 SELECT id FROM before WHERE size < $9
             ) ",
            select!(
                "page CROSS JOIN LATERAL (
                     SELECT * FROM documents p WHERE p.kind = $2 AND p.id = page.id LIMIT 1) d
                 ORDER BY d.id "
            ),
            $order
        )
    };
}

/// The wanted statuses; all that there are, one index step each, if none is named.
macro_rules! wanted {
    () => {
        "WITH RECURSIVE found (status) AS (
             (SELECT d.status FROM documents d
              WHERE d.scope = $1 AND d.kind = $2 AND cardinality($3::text[]) = 0
              ORDER BY d.status LIMIT 1)
             UNION ALL
             SELECT (SELECT d.status FROM documents d
                     WHERE d.scope = $1 AND d.kind = $2 AND d.status > f.status
                     ORDER BY d.status LIMIT 1)
             FROM found f WHERE f.status IS NOT NULL
         ), wanted (status) AS (
             SELECT status FROM found WHERE status IS NOT NULL
             UNION ALL
             SELECT unnest($3::text[])
         )"
    };
}

/// The first documents of the wanted statuses.
macro_rules! by_status {
    ($facets:literal, $order:literal) => {
        concat!(
            wanted!(),
            ", hits AS MATERIALIZED (
                 SELECT h.id FROM wanted
                 CROSS JOIN LATERAL (
                     SELECT d.id FROM documents d
                     WHERE d.scope = $1 AND d.kind = $2 AND d.status = wanted.status
                       AND d.id > $4 AND d.id < $5 AND d.created_at BETWEEN $6 AND $7",
            $facets,
            "        ORDER BY d.id ",
            $order,
            "        LIMIT $8) h
                 ORDER BY h.id ",
            $order,
            "    LIMIT $8 ",
            fetch!($order)
        )
    };
}

const OF_FACETS: &str = by_status!(
    " AND d.facets BETWEEN $10 AND $11 AND d.facets LIKE $12 AND d.id >= $13 ",
    "DESC"
);

/// The least id that a filter of the wanted statuses looks at.
const LAST_OF_STATUSES: &str = concat!(
    wanted!(),
    " SELECT max(h.id) FROM wanted
      CROSS JOIN LATERAL (
          SELECT d.id FROM documents d
          WHERE d.scope = $1 AND d.kind = $2 AND d.status = wanted.status
            AND d.id > $4 AND d.id < $5
          ORDER BY d.id DESC OFFSET $6 LIMIT 1) h"
);

/// The first documents with just one value, which the index of values has in the order of
/// their ids.
macro_rules! with_value {
    ($facets:literal, $order:literal) => {
        concat!(
            "WITH hits AS MATERIALIZED (
                 SELECT i.id FROM document_index i
                 CROSS JOIN LATERAL (
                     SELECT FROM documents d
                     WHERE d.kind = $2 AND d.id = i.id AND d.scope IS NOT DISTINCT FROM $1
                       AND ($10::text IS NULL OR d.owner = $10)
                       AND (cardinality($3::text[]) = 0 OR d.status = ANY ($3))
                       AND d.created_at BETWEEN $6 AND $7",
            $facets,
            "        LIMIT 1) d
                 WHERE i.kind = $2 AND i.name = $11 AND i.scope = $1 AND i.value = $12
                   AND i.id > $4 AND i.id < $5
                 ORDER BY i.id ",
            $order,
            " LIMIT $8 ",
            fetch!($order)
        )
    };
}

const WITH_VALUE_AND_FACETS: &str = with_value!(
    " AND d.facets BETWEEN $13 AND $14 AND d.facets LIKE $15 AND i.id >= $16 ",
    "DESC"
);

/// The least id that a filter of the documents with a value looks at.
const LAST_WITH_VALUE: &str = "
    SELECT id FROM document_index
    WHERE scope = $1 AND kind = $2 AND name = $3 AND id > $4 AND id < $5 AND value = $6
    ORDER BY id DESC OFFSET $7 LIMIT 1";

/// A row that is looked up takes as long as so many entries of the index of listings.
const LOOKED_UP: i64 = 20;

/// The first documents of an owner. The scope is compared in a way that the index of
/// listings does not serve.
macro_rules! of_owner {
    ($order:literal) => {
        concat!(
            "WITH hits AS MATERIALIZED (
                 SELECT d.id FROM documents d
                 WHERE d.owner = $10 AND d.kind = $2 AND d.scope IS NOT DISTINCT FROM $1
                   AND (cardinality($3::text[]) = 0 OR d.status = ANY ($3))
                   AND d.id > $4 AND d.id < $5 AND d.created_at BETWEEN $6 AND $7
                 ORDER BY d.id ",
            $order,
            " LIMIT $8 ",
            fetch!($order)
        )
    };
}

/// The first documents with values of a range. Their ids are read from the index of values
/// alone, and no document behind the page is looked up.
macro_rules! with_values {
    ($order:literal) => {
        concat!(
            "WITH hits AS MATERIALIZED (
                 SELECT i.id FROM (
                     SELECT DISTINCT id FROM document_index
                     WHERE kind = $2 AND name = $11 AND scope = $1
                       AND value BETWEEN $12 AND $13 AND id > $4 AND id < $5
                     ORDER BY id ",
            $order,
            "    ) i
                 CROSS JOIN LATERAL (
                     SELECT FROM documents d
                     WHERE d.kind = $2 AND d.id = i.id AND d.scope IS NOT DISTINCT FROM $1
                       AND ($10::text IS NULL OR d.owner = $10)
                       AND (cardinality($3::text[]) = 0 OR d.status = ANY ($3))
                       AND d.created_at BETWEEN $6 AND $7
                     LIMIT 1) d
                 ORDER BY i.id ",
            $order,
            " LIMIT $8 ",
            fetch!($order)
        )
    };
}

/// A page of a listing.
pub async fn page(
    db: &Session,
    kind: DocumentKind,
    scope: &AnyScope,
    query: &DocumentQuery,
) -> Result<DocumentPage, Failure> {
    let mut reader = Reader {
        db,
        kind: kind.word(),
        scope: scope.to_string(),
        query,
        listing: Listing::of(kind, scope, query),
        floor: String::new(),
    };
    reader.floor = reader.floor().await?;
    let listing = &reader.listing;
    let found = reader.listed(&listing.range, listing.backwards, listing.reads());
    let page = listing.page(found.await?);
    let more = match listing.behind(&page) {
        Some(range) => !reader.listed(&range, false, 1).await?.is_empty(),
        None => false,
    };
    let page = listing.looked_to(page, reader.floor.clone());
    Ok(listing.with_behind(page, more))
}

/// Reads a listing.
struct Reader<'a> {
    db: &'a Session,
    kind: &'static str,
    scope: String,
    query: &'a DocumentQuery,
    listing: Listing,
    /// The least id that is looked at, of a filtered listing.
    floor: String,
}

impl Reader<'_> {
    /// The least id that a filter looks at; empty where it looks at all.
    async fn floor(&self) -> Result<String, Failure> {
        let Some(facets) = &self.listing.facets else {
            return Ok(String::new());
        };
        let last = rows(facets.looked_at.saturating_sub(1));
        let (low, high) = &self.listing.range;
        let row = match &self.query.value {
            Some(value) => {
                let last = last / LOOKED_UP;
                let parameters: Parameters<'_> = &[
                    &self.scope,
                    &self.kind,
                    &value.name,
                    low,
                    high,
                    &value.from,
                    &last,
                ];
                self.db.one(LAST_WITH_VALUE, parameters).await?
            }
            None => {
                let parameters: Parameters<'_> = &[
                    &self.scope,
                    &self.kind,
                    &self.query.statuses,
                    low,
                    high,
                    &last,
                ];
                self.db.one(LAST_OF_STATUSES, parameters).await?
            }
        };
        let id = row.map_or(Ok(None), |row| get::<Option<String>>(&row, 0))?;
        Ok(id.unwrap_or_default())
    }

    async fn listed(
        &self,
        range: &Range,
        ascending: bool,
        limit: usize,
    ) -> Result<Vec<Stored<Document>>, Failure> {
        let (query, created, limit) = (self.query, self.listing.created, rows(limit));
        let bytes = rows(PAGE_BYTES);
        let mut all: Vec<&(dyn ToSql + Sync)> = vec![
            &self.scope,
            &self.kind,
            &query.statuses,
            &range.0,
            &range.1,
            &created.0,
            &created.1,
            &limit,
            &bytes,
        ];
        let facets = self.listing.facets.as_ref();
        let facets = facets.map(|facets| (&facets.from, &facets.to, facets.like()));
        let exact = query.value.as_ref().is_some_and(|it| it.from == it.to);
        let sql = match (&query.value, &query.owner) {
            (None, None) => by_status(facets.is_some(), ascending),
            (None, Some(owner)) => {
                all.push(owner);
                match ascending {
                    true => of_owner!("ASC"),
                    false => of_owner!("DESC"),
                }
            }
            (Some(value), owner) => {
                all.extend([owner as &(dyn ToSql + Sync), &value.name, &value.from]);
                if !exact {
                    all.push(&value.to);
                }
                with_value(exact, facets.is_some(), ascending)
            }
        };
        if let Some((from, to, holds)) = &facets {
            all.extend([*from as &(dyn ToSql + Sync), *to, holds, &self.floor]);
        }
        self.db.query(sql, &all).await?.iter().map(read).collect()
    }
}

const fn by_status(filtered: bool, ascending: bool) -> &'static str {
    match (filtered, ascending) {
        (true, _) => OF_FACETS,
        (false, true) => by_status!(" ", "ASC"),
        (false, false) => by_status!(" ", "DESC"),
    }
}

const fn with_value(exact: bool, filtered: bool, ascending: bool) -> &'static str {
    match (exact, filtered, ascending) {
        (true, true, _) => WITH_VALUE_AND_FACETS,
        (true, false, true) => with_value!(" ", "ASC"),
        (true, false, false) => with_value!(" ", "DESC"),
        (false, _, true) => with_values!("ASC"),
        (false, _, false) => with_values!("DESC"),
    }
}
