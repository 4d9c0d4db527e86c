//! Table `delivery_attempts`: the report of deliveries for people.

use tatami_core::account::Scope;
use tatami_engine::ports::store::{DeliveryAttempt, DeliveryReport};
use tokio_postgres::Row;

use super::events;
use super::events::columns;
use super::rows::{get, number};
use super::session::Session;
use crate::failure::Failure;
use crate::reports::{Reports, headers_of, next_of, report};
use crate::values::{moment, rows};

/// A row for each attempt, and one for a delivery that is still to be made.
const LATEST: &str = concat!(
    "WITH history AS (
         SELECT DISTINCT event, endpoint FROM delivery_attempts
         WHERE scope = $1 ORDER BY event DESC LIMIT $3
     ), open AS (
         SELECT j.event, j.endpoint, j.due_at
         FROM documents s
         JOIN jobs j ON j.endpoint = s.id AND j.endpoint IS NOT NULL AND NOT j.failed
         WHERE s.scope = $1 AND s.kind = ANY ($2::text[])
         ORDER BY j.event DESC LIMIT $3
     ), lines AS (
         SELECT a.event, a.endpoint, a.n, a.at, coalesce(a.status, -1) AS status, a.answer,
                a.took_ms, a.next, a.retry_at, a.answer_headers, NULL::bigint AS due_at
         FROM history h
         JOIN delivery_attempts a
           ON a.scope = $1 AND a.event = h.event AND a.endpoint = h.endpoint
         UNION ALL
         SELECT event, endpoint, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, due_at
         FROM open
     )
     SELECT ",
    columns!(),
    ", r.endpoint, coalesce(s.body::json ->> 'url', ''),
       r.at, r.status, r.answer, r.took_ms, r.next, r.retry_at,
       r.answer_headers, r.due_at
     FROM lines r
     JOIN events e ON e.seq = r.event
     LEFT JOIN documents s ON s.kind = ANY ($2::text[]) AND s.id = r.endpoint
     ORDER BY r.event, r.endpoint, r.n NULLS LAST"
);

/// The latest deliveries of a scope with their attempts.
pub async fn latest(
    db: &Session,
    scope: &Scope,
    limit: usize,
) -> Result<Vec<DeliveryReport>, Failure> {
    let found = db
        .query(
            LATEST,
            &[&scope.to_string(), &events::endpoint_kinds(), &rows(limit)],
        )
        .await?;
    let mut reports = Reports::default();
    for row in &found {
        let (event_number, event) = events::read(row)?;
        let base = report(event_number, &event, get(row, 8)?, get(row, 9)?);
        match get::<Option<i64>>(row, 17)? {
            Some(due_at) => reports.pending(event_number, base, moment(due_at)),
            None => reports.attempted(event_number, base, attempt(row)?),
        }
    }
    Ok(reports.latest(limit))
}

fn attempt(row: &Row) -> Result<DeliveryAttempt, Failure> {
    let retry_at: Option<i64> = get(row, 15)?;
    Ok(DeliveryAttempt {
        at: moment(get(row, 10)?),
        status: number::<i64>(row, 11)?.try_into().ok(),
        answer_headers: headers_of(get(row, 16)?)?,
        answer: get(row, 12)?,
        took_ms: number(row, 13)?,
        next: next_of(get(row, 14)?, retry_at.map(moment))?,
    })
}
