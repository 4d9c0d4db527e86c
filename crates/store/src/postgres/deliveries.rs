//! Table `deliveries`: claiming what is due and writing what came of it.
//!
//! Of the pending deliveries of one subscription and subject only the first is
//! open; the others are blocked until it is over. So claiming never looks at
//! what waits behind a receiver that does not answer.

use std::collections::HashMap;

use tatami_core::account::Scope;
use tatami_core::id::{EventId, SubscriptionId};
use tatami_core::time::Timestamp;
use tatami_core::webhook::Subscription;
use tatami_engine::ports::records::RecordKind;
use tatami_engine::ports::store::{AfterAttempt, ClaimedDelivery, DeliveryAttempt};
use tokio_postgres::Row;

use super::rows::{column, get, number, parsed, text};
use super::session::Session;
use crate::failure::Failure;
use crate::values::{rows, ticks, ticks_up};

/// Deliveries of one subscription that are claimed at a time: a slow receiver
/// with a long queue leaves room for the others.
const CLAIMED_PER_SUBSCRIPTION: i64 = 64;

/// Subscriptions that have an open delivery, one index step each; of each that
/// is wanted, the free ones of its first due deliveries (those on lease count
/// among the first, so they hold back the later ones); of these, what nobody
/// else is just claiming.
///
/// The plan is made once, of tables that may be empty then. So rows are named by
/// lists of ids and by lateral selects, which leave the planner no order of
/// joins in which it would go through all deliveries for each one that is due.
/// And what is pending is told in other words where rows are named by their ids:
/// else an index of pending rows, which was empty when the plan was made, looks
/// cheaper than the primary key.
const CLAIM: &str = "
    WITH RECURSIVE waiting (id) AS (
        (SELECT subscription FROM deliveries
         WHERE state = 'pending' AND NOT blocked ORDER BY subscription LIMIT 1)
        UNION ALL
        SELECT (SELECT d.subscription FROM deliveries d
                WHERE d.state = 'pending' AND NOT d.blocked AND d.subscription > w.id
                ORDER BY d.subscription LIMIT 1)
        FROM waiting w WHERE w.id IS NOT NULL
    ), receivers AS (
        SELECT s.id, coalesce(c.ahead, 0) AS ahead
        FROM waiting w
        JOIN documents s ON s.kind = $2 AND s.id = w.id
        LEFT JOIN clocks c ON c.scope = s.scope
        WHERE ($1::text IS NULL OR s.scope IS NOT DISTINCT FROM $1)
          AND s.id <> ALL ($3::text[])
          AND ($8 OR s.scope NOT LIKE '%/sandbox')
    ), candidates AS MATERIALIZED (
        SELECT d.id, d.due_at - r.ahead AS due
        FROM receivers r
        CROSS JOIN LATERAL (
            SELECT d.id, d.due_at, d.leased_until FROM deliveries d
            WHERE d.subscription = r.id AND d.state = 'pending' AND NOT d.blocked
              AND d.due_at <= $4::bigint + r.ahead
            ORDER BY d.due_at, d.id LIMIT $5) d
        WHERE d.leased_until <= $4::bigint
        ORDER BY due, d.id LIMIT $6
    ), free AS MATERIALIZED (
        SELECT d.id FROM deliveries d
        WHERE d.id = ANY (ARRAY(SELECT id FROM candidates))
          AND d.state NOT IN ('delivered', 'gave-up') AND d.leased_until <= $4::bigint
        FOR UPDATE OF d SKIP LOCKED
    ), claimed AS (
        UPDATE deliveries d SET leased_until = $7
        WHERE d.id = ANY (ARRAY(SELECT id FROM free))
        RETURNING d.id, d.subscription, d.event, d.attempts, d.due_at
    )
    SELECT c.id, c.subscription, e.id, e.payload, c.attempts, s.body
    FROM claimed c
    CROSS JOIN LATERAL (SELECT id, payload FROM events WHERE seq = c.event LIMIT 1) e
    CROSS JOIN LATERAL (SELECT body FROM documents
                        WHERE kind = $2 AND id = c.subscription LIMIT 1) s
    ORDER BY c.due_at, c.id";

/// Claims what is due at `now` until `until`, both machine time, but nothing of
/// `busy` subscriptions.
pub async fn claim(
    db: &Session,
    (now, until): (i64, i64),
    scope: Option<&Scope>,
    sandboxes: bool,
    busy: &[SubscriptionId],
    limit: usize,
) -> Result<Vec<ClaimedDelivery>, Failure> {
    let found = db
        .query(
            CLAIM,
            &[
                &scope.map(ToString::to_string),
                &RecordKind::Subscription.word(),
                &column(busy, SubscriptionId::as_str),
                &now,
                &CLAIMED_PER_SUBSCRIPTION,
                &rows(limit),
                &until,
                &sandboxes,
            ],
        )
        .await?;
    let mut bodies = HashMap::new();
    found.iter().map(|row| read(row, &mut bodies)).collect()
}

fn read<'a>(
    row: &'a Row,
    bodies: &mut HashMap<&'a str, Subscription>,
) -> Result<ClaimedDelivery, Failure> {
    let id: &str = get(row, 1)?;
    let subscription = match bodies.get(id) {
        Some(known) => known.clone(),
        None => {
            let read: Subscription = serde_json::from_str(get(row, 5)?)?;
            bodies.insert(id, read.clone());
            read
        }
    };
    Ok(ClaimedDelivery {
        id: get(row, 0)?,
        scope: subscription.scope.clone(),
        subscription,
        event: parsed(row, 2, EventId::parse)?,
        payload: get(row, 3)?,
        attempts: number(row, 4)?,
    })
}

/// Writes attempts and what follows from them. A delivery that went with its
/// subscription has no more history. What is over stays as it is, whatever a
/// second worker whose lease ran out has to tell.
const RECORD: &str = "
    WITH tried AS (
        UPDATE deliveries d SET
            attempts = d.attempts + 1,
            state = CASE WHEN d.state = 'pending' AND t.next <> 'retry'
                         THEN t.next ELSE d.state END,
            due_at = CASE WHEN d.state = 'pending' AND t.next = 'retry'
                          THEN t.due_at ELSE d.due_at END,
            leased_until = CASE WHEN d.state = 'pending' AND t.next = 'retry'
                                THEN 0 ELSE d.leased_until END
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[],
                    $6::text[], $7::bigint[], $8::bigint[])
             AS t (id, at, status, answer, took_ms, next, retry_at, due_at)
        WHERE d.id = t.id
        RETURNING d.id, d.attempts, t.at, t.status, t.answer, t.took_ms, t.next, t.retry_at
    )
    INSERT INTO delivery_attempts (delivery, n, at, status, answer, took_ms, next, retry_at)
    SELECT id, attempts, at, status, answer, took_ms, next, retry_at FROM tried";

/// Opens what waited for deliveries that are over.
const OPEN_NEXT: &str = "
    UPDATE deliveries n SET blocked = false
    FROM (SELECT DISTINCT subscription, subject FROM deliveries
          WHERE id = ANY ($1::bigint[])) line
    CROSS JOIN LATERAL (
        SELECT d.id FROM deliveries d
        WHERE d.state = 'pending'
          AND d.subscription = line.subscription AND d.subject = line.subject
        ORDER BY d.id LIMIT 1) first
    WHERE n.id = first.id AND n.blocked";

/// What [`record`] needs to have prepared.
pub const STATEMENTS: &[&str] = &[RECORD, OPEN_NEXT];

/// Writes attempts, each of another delivery, in a transaction of their own.
pub async fn record(db: &Session, attempts: &[&(i64, DeliveryAttempt)]) -> Result<(), Failure> {
    let (begun, recorded, opened) = tokio::join!(
        biased;
        db.run("BEGIN"),
        insert(db, attempts),
        // A statement of its own, so that it sees what was committed while the
        // one before waited.
        open_next(db, attempts),
    );
    if let Err(failure) = begun.and(recorded).and(opened) {
        db.run("ROLLBACK").await?;
        return Err(failure);
    }
    db.run("COMMIT").await
}

async fn insert(db: &Session, attempts: &[&(i64, DeliveryAttempt)]) -> Result<(), Failure> {
    let parameters = (
        column(attempts, |(id, _)| *id),
        column(attempts, |(_, a)| ticks(a.at)),
        column(attempts, |(_, a)| a.status.map(i64::from)),
        column(attempts, |(_, a)| text(&a.answer)),
        column(attempts, |(_, a)| i64::from(a.took_ms)),
        column(attempts, |(_, a)| next_word(a.next)),
        column(attempts, |(_, a)| retry_at(a).map(ticks)),
        column(attempts, |(_, a)| retry_at(a).map(ticks_up)),
    );
    let (a, b, c, d, e, f, g, h) = &parameters;
    db.execute(RECORD, &[a, b, c, d, e, f, g, h]).await?;
    Ok(())
}

async fn open_next(db: &Session, attempts: &[&(i64, DeliveryAttempt)]) -> Result<(), Failure> {
    let over = attempts.iter().filter(|(_, a)| retry_at(a).is_none());
    let over: Vec<i64> = over.map(|(id, _)| *id).collect();
    db.execute(OPEN_NEXT, &[&over]).await?;
    Ok(())
}

fn retry_at(attempt: &DeliveryAttempt) -> Option<Timestamp> {
    match attempt.next {
        AfterAttempt::RetryAt(at) => Some(at),
        AfterAttempt::Delivered | AfterAttempt::GaveUp => None,
    }
}

fn next_word(next: AfterAttempt) -> &'static str {
    match next {
        AfterAttempt::Delivered => "delivered",
        AfterAttempt::GaveUp => "gave-up",
        AfterAttempt::RetryAt(_) => "retry",
    }
}

/// Drops what subscriptions have not been told.
pub const DROP_PENDING: &str =
    "DELETE FROM deliveries WHERE state = 'pending' AND subscription = ANY ($1::text[])";

/// Drops what subscriptions that are gone have not been told.
pub async fn drop_pending(db: &Session, gone: &[&str]) -> Result<(), Failure> {
    if !gone.is_empty() {
        db.execute(DROP_PENDING, &[&gone]).await?;
    }
    Ok(())
}
