//! Listings of documents, a page at a time.

use tatami_core::account::AnyScope;
use tatami_engine::ports::documents::{Document, DocumentKind, DocumentPage, DocumentQuery};
use tatami_engine::ports::store::{PAGE_BYTES, Stored};

use super::documents::{read, select};
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

/// The first documents of the wanted statuses; of all that there are, one index
/// step each, if none is named.
macro_rules! by_status {
    ($order:literal) => {
        concat!(
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
             ), hits AS MATERIALIZED (
                 SELECT h.id FROM wanted
                 CROSS JOIN LATERAL (
                     SELECT d.id FROM documents d
                     WHERE d.scope = $1 AND d.kind = $2 AND d.status = wanted.status
                       AND d.id > $4 AND d.id < $5 AND d.created_at BETWEEN $6 AND $7
                     ORDER BY d.id ",
            $order,
            "        LIMIT $8) h
                 ORDER BY h.id ",
            $order,
            "    LIMIT $8 ",
            fetch!($order)
        )
    };
}

/// The first documents of an owner, or with a value. The scope is compared in a
/// way that the index of listings does not serve.
macro_rules! filtered {
    ($filter:literal, $order:literal) => {
        concat!(
            "WITH hits AS MATERIALIZED (
                 SELECT d.id FROM documents d WHERE ",
            $filter,
            " AND d.kind = $2 AND d.scope IS NOT DISTINCT FROM $1
              AND (cardinality($3::text[]) = 0 OR d.status = ANY ($3))
              AND d.id > $4 AND d.id < $5 AND d.created_at BETWEEN $6 AND $7
              ORDER BY d.id ",
            $order,
            " LIMIT $8 ",
            fetch!($order)
        )
    };
}

macro_rules! of_owner {
    ($order:literal) => {
        filtered!("d.owner = $10", $order)
    };
}

macro_rules! with_value {
    ($order:literal) => {
        filtered!(
            "($10::text IS NULL OR d.owner = $10)
             AND d.id = ANY (ARRAY(
                 SELECT i.id FROM document_index i
                 WHERE i.kind = $2 AND i.name = $11 AND i.scope = $1
                   AND i.value BETWEEN $12 AND $13))",
            $order
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
    let listing = Listing::of(kind, scope, query);
    let scope = scope.to_string();
    let read = async |range: &Range, ascending: bool, limit: usize| {
        listed(
            db,
            kind,
            &scope,
            query,
            listing.created,
            (range, ascending, limit),
        )
        .await
    };
    let found = read(&listing.range, listing.backwards, listing.reads());
    let page = listing.page(found.await?);
    let more = match listing.behind(&page) {
        Some(range) => !read(&range, false, 1).await?.is_empty(),
        None => false,
    };
    Ok(listing.with_behind(page, more))
}

async fn listed(
    db: &Session,
    kind: DocumentKind,
    scope: &str,
    query: &DocumentQuery,
    created: (i64, i64),
    (range, ascending, limit): (&Range, bool, usize),
) -> Result<Vec<Stored<Document>>, Failure> {
    let (kind, limit) = (kind.word(), rows(limit));
    let common: Parameters<'_> = &[
        &scope,
        &kind,
        &query.statuses,
        &range.0,
        &range.1,
        &created.0,
        &created.1,
        &limit,
        &rows(PAGE_BYTES),
    ];
    let mut all = common.to_vec();
    let sql = match (&query.value, &query.owner, ascending) {
        (None, None, false) => by_status!("DESC"),
        (None, None, true) => by_status!("ASC"),
        (None, Some(owner), ascending) => {
            all.push(owner);
            if ascending {
                of_owner!("ASC")
            } else {
                of_owner!("DESC")
            }
        }
        (Some(value), owner, ascending) => {
            all.push(owner);
            all.push(&value.name);
            all.push(&value.from);
            all.push(&value.to);
            if ascending {
                with_value!("ASC")
            } else {
                with_value!("DESC")
            }
        }
    };
    db.query(sql, &all).await?.iter().map(read).collect()
}
