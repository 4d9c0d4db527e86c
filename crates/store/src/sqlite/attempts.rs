//! Table `delivery_attempts`, and the report of deliveries for people.

use rusqlite::{Connection, OptionalExtension, Row};
use tatami_core::account::Scope;
use tatami_engine::ports::documents::DocumentKind;
use tatami_engine::ports::store::{ClaimedDelivery, DeliveryAttempt, DeliveryReport};

use super::events;
use crate::failure::Failure;
use crate::reports::{Reports, headers_of, headers_text, next_of, next_word, report};
use crate::values::{moment, rows, ticks};

/// Whether a delivery has a history.
pub fn is_known(db: &Connection, delivery: &ClaimedDelivery) -> Result<bool, Failure> {
    let found = db
        .prepare_cached(
            "SELECT 1 FROM delivery_attempts WHERE scope = ?1 AND event = ?2 AND endpoint = ?3",
        )?
        .query_row(
            (
                delivery.event.scope.to_string(),
                delivery.number,
                &delivery.endpoint.id,
            ),
            |_| Ok(()),
        )
        .optional()?;
    Ok(found.is_some())
}

/// Writes the next attempt of a delivery.
pub fn insert(
    db: &Connection,
    delivery: &ClaimedDelivery,
    attempt: &DeliveryAttempt,
) -> Result<(), Failure> {
    let (next, retry_at) = next_word(attempt.next);
    db.prepare_cached(
        "INSERT INTO delivery_attempts
             (scope, event, endpoint, n, at, status, answer, took_ms, next, retry_at,
              answer_headers)
         SELECT ?1, ?2, ?3, coalesce(max(n), 0) + 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10
         FROM delivery_attempts WHERE scope = ?1 AND event = ?2 AND endpoint = ?3",
    )?
    .execute((
        delivery.event.scope.to_string(),
        delivery.number,
        &delivery.endpoint.id,
        ticks(attempt.at),
        attempt.status,
        &attempt.answer,
        attempt.took_ms,
        next,
        retry_at.map(ticks),
        headers_text(&attempt.answer_headers)?,
    ))?;
    Ok(())
}

/// The latest deliveries of a scope with their attempts, from one snapshot.
pub fn latest(
    db: &Connection,
    scope: &Scope,
    limit: usize,
) -> Result<Vec<DeliveryReport>, Failure> {
    let snapshot = db.unchecked_transaction()?;
    let kinds = DocumentKind::ENDPOINTS.map(|kind| format!("'{}'", kind.word()));
    let (scope, kinds) = (scope.to_string(), kinds.join(", "));
    let mut reports = Reports::default();
    let sql = format!(
        "SELECT {}, l.endpoint, coalesce(s.body ->> '$.url', ''),
                a.at, a.status, a.answer, a.took_ms, a.next, a.retry_at, a.answer_headers
         FROM (SELECT DISTINCT event, endpoint FROM delivery_attempts WHERE scope = ?1
               ORDER BY event DESC LIMIT ?2) l
         CROSS JOIN delivery_attempts a
            ON a.scope = ?1 AND a.event = l.event AND a.endpoint = l.endpoint
         CROSS JOIN events e ON e.seq = l.event
         LEFT JOIN documents s ON s.kind IN ({kinds}) AND s.id = l.endpoint
         ORDER BY a.event, a.endpoint, a.n",
        events::COLUMNS
    );
    let mut select = snapshot.prepare_cached(&sql)?;
    let mut found = select.query((&scope, rows(limit)))?;
    while let Some(row) = found.next()? {
        let (number, base) = base(row)?;
        reports.attempted(number, base, attempt(row)?);
    }
    let sql = format!(
        "SELECT {}, j.endpoint, coalesce(s.body ->> '$.url', ''), j.due_at
         FROM documents s
         CROSS JOIN jobs j ON j.endpoint = s.id
            AND j.endpoint IS NOT NULL AND NOT j.failed
         CROSS JOIN events e ON e.seq = j.event
         WHERE s.scope = ?1 AND s.kind IN ({kinds})
         ORDER BY j.event DESC LIMIT ?2",
        events::COLUMNS
    );
    let mut select = snapshot.prepare_cached(&sql)?;
    let mut found = select.query((&scope, rows(limit)))?;
    while let Some(row) = found.next()? {
        let (number, base) = base(row)?;
        reports.pending(number, base, moment(row.get(10)?));
    }
    Ok(reports.latest(limit))
}

fn base(row: &Row<'_>) -> Result<(i64, DeliveryReport), Failure> {
    let (number, event) = events::read(row)?;
    let endpoint: String = row.get(8)?;
    Ok((number, report(number, &event, endpoint, row.get(9)?)))
}

fn attempt(row: &Row<'_>) -> Result<DeliveryAttempt, Failure> {
    let next: String = row.get(14)?;
    let retry_at: Option<i64> = row.get(15)?;
    let headers: Option<String> = row.get(16)?;
    Ok(DeliveryAttempt {
        at: moment(row.get(10)?),
        status: row.get(11)?,
        answer_headers: headers_of(headers.as_deref())?,
        answer: row.get(12)?,
        took_ms: row.get(13)?,
        next: next_of(&next, retry_at.map(moment))?,
    })
}
