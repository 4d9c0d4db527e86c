//! Searching payment intents: a page and whether there is more on its sides, in
//! one statement and so of one moment.

use tatami_core::account::Scope;
use tatami_core::id::PaymentIntentId;
use tatami_engine::ports::store::{IntentPage, IntentQuery, PAGE_BYTES};

use super::rows::{column, get};
use super::session::Session;
use crate::failure::Failure;
use crate::listing::{Listing, page_size};
use crate::values::rows;

/// A page that is read in `$order`. `behind` is whether there is more on the
/// other side, between the page and that end of the listing; of an empty page,
/// anywhere.
macro_rules! page {
    ($order:literal, $newer_than:literal, $older_than:literal) => {
        concat!(
            "WITH hits AS MATERIALIZED (
                 SELECT h.id FROM unnest($3::text[]) AS wanted (status)
                 CROSS JOIN LATERAL (
                     SELECT p.id FROM payment_intents p
                     WHERE p.account = $1 AND p.environment = $2 AND p.status = wanted.status
                       AND p.id > $4 AND p.id < $5 AND p.created_at BETWEEN $6 AND $7
                     ORDER BY p.id ",
            $order,
            "        LIMIT $8::bigint + 1) h
                 ORDER BY h.id ",
            $order,
            "    LIMIT $8::bigint + 1
             ), wanted AS MATERIALIZED (
                 SELECT id FROM hits ORDER BY id ",
            $order,
            "    LIMIT $8::bigint
             ), sized AS (
                 SELECT p.id, octet_length(p.body) AS size,
                        sum(octet_length(p.body)) OVER (ORDER BY p.id ",
            $order,
            "               ) AS size_so_far
                 FROM wanted w JOIN payment_intents p ON p.id = w.id
             ), page AS MATERIALIZED (
                 SELECT id FROM sized WHERE size_so_far - size < $12::bigint
             ), sides AS MATERIALIZED (
                 SELECT (SELECT count(*) FROM hits) > (SELECT count(*) FROM page) AS goes_on,
                        $9 AND EXISTS (
                            SELECT 1 FROM unnest($3::text[]) AS wanted (status)
                            CROSS JOIN LATERAL (
                                SELECT 1 FROM payment_intents p
                                WHERE p.account = $1 AND p.environment = $2
                                  AND p.status = wanted.status
                                  AND p.id > ",
            $newer_than,
            "                     AND p.id < ",
            $older_than,
            "                     AND p.created_at BETWEEN $6 AND $7
                                LIMIT 1) more) AS behind
             )
             SELECT s.goes_on, s.behind, p.body
             FROM sides s
             LEFT JOIN (page g JOIN payment_intents p ON p.id = g.id) ON true
             ORDER BY p.id DESC"
        )
    };
}

/// From the newest on; behind is what is newer.
const FORWARD: &str = page!(
    "DESC",
    "coalesce((SELECT max(id) FROM page), $10)",
    "$11::text"
);
/// From the oldest on; behind is what is older.
const BACKWARD: &str = page!(
    "ASC",
    "$10::text",
    "coalesce((SELECT min(id) FROM page), $11)"
);

/// Reads a page.
pub async fn search(
    db: &Session,
    scope: &Scope,
    query: &IntentQuery,
) -> Result<IntentPage, Failure> {
    let listing = Listing::new(scope, query);
    let newer_than = query.before.as_ref().map(PaymentIntentId::as_str);
    let older_than = query.after.as_ref().map(PaymentIntentId::as_str);
    let (low, high) = listing.between(newer_than, older_than);
    let backward = newer_than.is_some();
    let found = db
        .query(
            if backward { BACKWARD } else { FORWARD },
            &[
                &scope.account.as_str(),
                &scope.environment.word(),
                &column(&listing.statuses, |status| status.name()),
                &low,
                &high,
                &listing.created.0,
                &listing.created.1,
                &rows(page_size(query)),
                &(backward || older_than.is_some()),
                &listing.ids.0,
                &listing.ids.1,
                &rows(PAGE_BYTES),
            ],
        )
        .await?;
    let mut page = IntentPage {
        intents: Vec::with_capacity(found.len()),
        more_before: false,
        more_after: false,
    };
    for row in &found {
        let (goes_on, behind) = (get(row, 0)?, get(row, 1)?);
        (page.more_before, page.more_after) = if backward {
            (goes_on, behind)
        } else {
            (behind, goes_on)
        };
        if let Some(body) = get::<Option<&str>>(row, 2)? {
            page.intents.push(serde_json::from_str(body)?);
        }
    }
    Ok(page)
}
