//! Table `deliveries`: claiming what is due and writing what came of it.
//!
//! Of the pending deliveries of one subscription and subject only the first is
//! open; the others are blocked until it is over. So claiming never looks at
//! what waits behind a receiver that does not answer.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row};
use tatami_core::account::Scope;
use tatami_core::id::{EventId, SubscriptionId};
use tatami_core::webhook::Subscription;
use tatami_engine::ports::records::RecordKind;
use tatami_engine::ports::store::{AfterAttempt, ClaimedDelivery, DeliveryAttempt};

use super::attempts;
use crate::failure::Failure;
use crate::values::{parsed, ticks_up};

/// Deliveries of one subscription that are claimed at a time: a slow receiver
/// with a long queue leaves room for the others.
const CLAIMED_PER_SUBSCRIPTION: i64 = 32;

/// Ends all leases.
pub fn release(db: &Connection) -> Result<(), Failure> {
    db.execute(
        "UPDATE deliveries SET leased_until = 0 WHERE state = 'pending' AND leased_until > 0",
        (),
    )?;
    Ok(())
}

/// When a scope's next delivery is due, in account time.
pub fn next_due(db: &Connection, scope: &str) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached(
        "SELECT min((SELECT min(d.due_at) FROM deliveries d
                     WHERE d.subscription = s.id AND d.state = 'pending' AND d.blocked = 0))
         FROM documents s WHERE s.scope = ?1 AND s.kind = ?2",
    )?
    .query_row((scope, RecordKind::Subscription.word()), |row| row.get(0))
}

/// A subscription with an open delivery.
struct Receiver {
    id: String,
    /// How far its clock is ahead of the machine's.
    ahead: i64,
    body: String,
}

/// A delivery that could be claimed.
struct Candidate {
    /// Machine time.
    due_at: i64,
    id: i64,
    receiver: usize,
}

/// Claims what is due at `now` until `until`, both machine time, but nothing of
/// `busy` subscriptions.
pub fn claim(
    db: &Connection,
    (now, until): (i64, i64),
    scope: Option<&Scope>,
    sandboxes: bool,
    busy: &[SubscriptionId],
    limit: usize,
) -> Result<Vec<ClaimedDelivery>, Failure> {
    let mut receivers = receivers(db, scope, sandboxes)?;
    receivers.retain(|r| !busy.iter().any(|b| b.as_str() == r.id));
    let mut found = Vec::new();
    for (n, receiver) in receivers.iter().enumerate() {
        candidates(db, receiver, n, now, &mut found)?;
    }
    found.sort_unstable_by_key(|c| (c.due_at, c.id));
    found.truncate(limit);
    let mut read: HashMap<usize, Subscription> = HashMap::new();
    let mut claimed = Vec::with_capacity(found.len());
    for Candidate { receiver, id, .. } in found {
        let subscription = match read.get(&receiver) {
            Some(known) => known.clone(),
            None => {
                let parsed: Subscription = serde_json::from_str(&receivers[receiver].body)?;
                read.insert(receiver, parsed.clone());
                parsed
            }
        };
        claimed.push(lease(db, id, until, subscription)?);
    }
    Ok(claimed)
}

/// Subscriptions that have an open delivery, due or not: one index step each.
fn receivers(
    db: &Connection,
    scope: Option<&Scope>,
    sandboxes: bool,
) -> Result<Vec<Receiver>, Failure> {
    let mut rows = db.prepare_cached(
        "WITH RECURSIVE waiting (id) AS (
             SELECT min(subscription) FROM deliveries WHERE state = 'pending' AND blocked = 0
             UNION ALL
             SELECT (SELECT min(d.subscription) FROM deliveries d
                     WHERE d.state = 'pending' AND d.blocked = 0 AND d.subscription > waiting.id)
             FROM waiting WHERE waiting.id IS NOT NULL
         )
         SELECT s.id, coalesce(c.ahead, 0), s.body
         FROM waiting CROSS JOIN documents s ON s.kind = ?2 AND s.id = waiting.id
         LEFT JOIN clocks c ON c.scope = s.scope
         WHERE (?1 IS NULL OR s.scope = ?1) AND (?3 OR s.scope NOT LIKE '%/sandbox')",
    )?;
    let scope = scope.map(ToString::to_string);
    let found = rows
        .query_map((scope, RecordKind::Subscription.word(), sandboxes), |row| {
            Ok(Receiver {
                id: row.get(0)?,
                ahead: row.get(1)?,
                body: row.get(2)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(found)
}

/// The free ones of a subscription's first due deliveries. Those on lease count
/// among the first, so they hold back the later ones.
fn candidates(
    db: &Connection,
    receiver: &Receiver,
    n: usize,
    now: i64,
    found: &mut Vec<Candidate>,
) -> Result<(), Failure> {
    let mut rows = db.prepare_cached(
        "SELECT due_at, id, leased_until FROM deliveries
         WHERE subscription = ?1 AND state = 'pending' AND blocked = 0 AND due_at <= ?2
         ORDER BY due_at, id LIMIT ?3",
    )?;
    let due = now + receiver.ahead;
    let mut rows = rows.query((&receiver.id, due, CLAIMED_PER_SUBSCRIPTION))?;
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(2)? <= now {
            found.push(Candidate {
                due_at: row.get::<_, i64>(0)? - receiver.ahead,
                id: row.get(1)?,
                receiver: n,
            });
        }
    }
    Ok(())
}

fn lease(
    db: &Connection,
    id: i64,
    until: i64,
    subscription: Subscription,
) -> Result<ClaimedDelivery, Failure> {
    db.prepare_cached("UPDATE deliveries SET leased_until = ?2 WHERE id = ?1")?
        .execute((id, until))?;
    let claimed = db
        .prepare_cached(
            "SELECT e.id, e.payload, d.attempts
             FROM deliveries d JOIN events e ON e.seq = d.event WHERE d.id = ?1",
        )?
        .query_row([id], |row| {
            Ok(ClaimedDelivery {
                id,
                scope: subscription.scope.clone(),
                event: parsed(row, 0, EventId::parse)?,
                payload: row.get(1)?,
                attempts: row.get(2)?,
                subscription,
            })
        })?;
    Ok(claimed)
}

/// Writes an attempt and what follows from it. A delivery that went with its
/// subscription has no more history.
pub fn record(db: &Connection, id: i64, attempt: &DeliveryAttempt) -> Result<(), Failure> {
    let n = db
        .prepare_cached(
            "UPDATE deliveries SET attempts = attempts + 1 WHERE id = ?1 RETURNING attempts",
        )?
        .query_row([id], |row| row.get::<_, u32>(0))
        .optional()?;
    let Some(n) = n else {
        return Ok(());
    };
    attempts::insert(db, id, n, attempt)?;
    match attempt.next {
        AfterAttempt::RetryAt(at) => retry(db, id, ticks_up(at)),
        AfterAttempt::Delivered => finish(db, id, "delivered"),
        AfterAttempt::GaveUp => finish(db, id, "gave-up"),
    }
}

/// Puts a delivery off to a moment of account time.
fn retry(db: &Connection, id: i64, at: i64) -> Result<(), Failure> {
    db.prepare_cached(
        "UPDATE deliveries SET due_at = ?2, leased_until = 0 WHERE id = ?1 AND state = 'pending'",
    )?
    .execute((id, at))?;
    Ok(())
}

/// Ends a delivery and opens the one that waited for it. What is over stays as
/// it is, whatever a second worker whose lease ran out has to tell.
fn finish(db: &Connection, id: i64, state: &str) -> Result<(), Failure> {
    let over = db
        .prepare_cached(
            "UPDATE deliveries SET state = ?2 WHERE id = ?1 AND state = 'pending'
             RETURNING subscription, subject",
        )?
        .query_row((id, state), read_line)
        .optional()?;
    let Some((subscription, subject)) = over else {
        return Ok(());
    };
    db.prepare_cached(
        "UPDATE deliveries SET blocked = 0
         WHERE id = (SELECT min(id) FROM deliveries
                     WHERE state = 'pending' AND subscription = ?1 AND subject = ?2)",
    )?
    .execute((subscription, subject))?;
    Ok(())
}

fn read_line(row: &Row<'_>) -> rusqlite::Result<(String, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

/// Drops what a subscription has not been told.
pub fn drop_pending(db: &Connection, id: &str) -> Result<(), Failure> {
    db.prepare_cached("DELETE FROM deliveries WHERE state = 'pending' AND subscription = ?1")?
        .execute([id])?;
    Ok(())
}
