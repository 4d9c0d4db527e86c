//! Table `delivery_attempts`, and the report of deliveries for people.

use rusqlite::types::Type;
use rusqlite::{Connection, Error, Row};
use tatami_core::account::Scope;
use tatami_core::id::{EventId, SubscriptionId};
use tatami_engine::ports::records::RecordKind;
use tatami_engine::ports::store::{AfterAttempt, DeliveryAttempt, DeliveryReport};

use crate::failure::Failure;
use crate::values::{moment, parsed, rows, ticks};

/// Writes the `n`th attempt of a delivery.
pub fn insert(
    db: &Connection,
    delivery: i64,
    n: u32,
    attempt: &DeliveryAttempt,
) -> Result<(), Failure> {
    let (next, retry_at) = match attempt.next {
        AfterAttempt::Delivered => ("delivered", None),
        AfterAttempt::GaveUp => ("gave-up", None),
        AfterAttempt::RetryAt(at) => ("retry", Some(ticks(at))),
    };
    db.prepare_cached(
        "INSERT INTO delivery_attempts
             (delivery, n, at, status, answer, took_ms, next, retry_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute((
        delivery,
        n,
        ticks(attempt.at),
        attempt.status,
        &attempt.answer,
        attempt.took_ms,
        next,
        retry_at,
    ))?;
    Ok(())
}

/// The latest deliveries of a scope with their attempts, from one snapshot.
pub fn report(
    db: &Connection,
    scope: &Scope,
    limit: usize,
) -> Result<Vec<DeliveryReport>, Failure> {
    let snapshot = db.unchecked_transaction()?;
    let mut select = snapshot.prepare_cached(
        "SELECT e.id, e.type, d.subscription, coalesce(s.body ->> '$.url', ''), d.state,
                e.created_at, CASE d.state WHEN 'pending' THEN d.due_at END, e.payload, d.id
         FROM deliveries d
         JOIN events e ON e.seq = d.event
         LEFT JOIN documents s ON s.kind = ?2 AND s.id = d.subscription
         WHERE d.scope = ?1
         ORDER BY d.id DESC LIMIT ?3",
    )?;
    let mut found = select.query((
        scope.to_string(),
        RecordKind::Subscription.word(),
        rows(limit),
    ))?;
    let mut reports = Vec::new();
    while let Some(row) = found.next()? {
        reports.push(DeliveryReport {
            event: parsed(row, 0, EventId::parse)?,
            event_type: row.get(1)?,
            subscription: parsed(row, 2, SubscriptionId::parse)?,
            url: row.get(3)?,
            state: row.get(4)?,
            created_at: moment(row.get(5)?),
            next_at: row.get::<_, Option<i64>>(6)?.map(moment),
            payload: row.get(7)?,
            attempts: of_delivery(&snapshot, row.get(8)?)?,
        });
    }
    Ok(reports)
}

fn of_delivery(db: &Connection, delivery: i64) -> Result<Vec<DeliveryAttempt>, Failure> {
    let attempts = db
        .prepare_cached(
            "SELECT at, status, answer, took_ms, next, retry_at FROM delivery_attempts
             WHERE delivery = ?1 ORDER BY n",
        )?
        .query_map([delivery], read)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(attempts)
}

fn read(row: &Row<'_>) -> rusqlite::Result<DeliveryAttempt> {
    let next = row.get_ref(4)?.as_str()?;
    Ok(DeliveryAttempt {
        at: moment(row.get(0)?),
        status: row.get(1)?,
        answer: row.get(2)?,
        took_ms: row.get(3)?,
        next: match (next, row.get::<_, Option<i64>>(5)?) {
            ("delivered", None) => AfterAttempt::Delivered,
            ("gave-up", None) => AfterAttempt::GaveUp,
            ("retry", Some(at)) => AfterAttempt::RetryAt(moment(at)),
            _ => {
                let what = format!("'{next}' does not follow an attempt");
                return Err(Error::FromSqlConversionFailure(4, Type::Text, what.into()));
            }
        },
    })
}
