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
use tatami_engine::ports::store::{AfterAttempt, ClaimedDelivery, DeliveryAttempt};

use super::{attempts, scopes, subscriptions};
use crate::failure::Failure;
use crate::values::{parsed, ticks_up};

/// Deliveries of one subscription that are claimed at a time: a slow receiver
/// with a long queue leaves room for the others.
const CLAIMED_PER_SUBSCRIPTION: i64 = 32;

/// Makes a scope's pending deliveries due that much earlier.
pub fn hasten(db: &Connection, scope: &Scope, by: i64) -> Result<(), Failure> {
    db.prepare_cached(
        "UPDATE deliveries SET due_at = due_at - ?3
         WHERE state = 'pending'
           AND subscription IN (SELECT id FROM subscriptions
                                WHERE account = ?1 AND environment = ?2)",
    )?
    .execute((scope.account.as_str(), scope.environment.word(), by))?;
    Ok(())
}

/// Ends all leases.
pub fn release(db: &Connection) -> Result<(), Failure> {
    db.execute(
        "UPDATE deliveries SET leased_until = 0 WHERE state = 'pending' AND leased_until > 0",
        (),
    )?;
    Ok(())
}

/// When a scope's next delivery is due, in machine time.
pub fn next_due(db: &Connection, scope: &Scope) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached(
        "SELECT min((SELECT min(d.due_at) FROM deliveries d
                     WHERE d.subscription = s.id AND d.state = 'pending' AND d.blocked = 0))
         FROM subscriptions s WHERE s.account = ?1 AND s.environment = ?2",
    )?
    .query_row((scope.account.as_str(), scope.environment.word()), |row| {
        row.get(0)
    })
}

/// A delivery that could be claimed.
struct Candidate {
    due_at: i64,
    id: i64,
    subscription: usize,
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
    let mut receivers = waiting_subscriptions(db, scope, sandboxes)?;
    receivers.retain(|id| !busy.iter().any(|b| b.as_str() == id));
    let mut found = Vec::new();
    for (subscription, id) in receivers.iter().enumerate() {
        candidates(db, id, subscription, now, &mut found)?;
    }
    found.sort_unstable_by_key(|c| (c.due_at, c.id));
    found.truncate(limit);
    let mut bodies: HashMap<usize, Subscription> = HashMap::new();
    let mut claimed = Vec::with_capacity(found.len());
    for candidate in found {
        let subscription = match bodies.get(&candidate.subscription) {
            Some(known) => known.clone(),
            None => {
                let read = subscriptions::by_id(db, &receivers[candidate.subscription])?;
                bodies.insert(candidate.subscription, read.clone());
                read
            }
        };
        claimed.push(lease(db, candidate.id, until, subscription)?);
    }
    Ok(claimed)
}

/// Subscriptions that have an open delivery, due or not: one index step each.
fn waiting_subscriptions(
    db: &Connection,
    scope: Option<&Scope>,
    sandboxes: bool,
) -> Result<Vec<String>, Failure> {
    let mut rows = db.prepare_cached(
        "WITH RECURSIVE waiting (id) AS (
             SELECT min(subscription) FROM deliveries WHERE state = 'pending' AND blocked = 0
             UNION ALL
             SELECT (SELECT min(d.subscription) FROM deliveries d
                     WHERE d.state = 'pending' AND d.blocked = 0 AND d.subscription > waiting.id)
             FROM waiting WHERE waiting.id IS NOT NULL
         )
         SELECT s.id FROM waiting CROSS JOIN subscriptions s ON s.id = waiting.id
         WHERE (?1 IS NULL OR (s.account = ?1 AND s.environment = ?2))
           AND (?3 OR s.environment <> 'sandbox')",
    )?;
    let ids = rows
        .query_map(
            (
                scope.map(|s| s.account.as_str()),
                scope.map(|s| s.environment.word()),
                sandboxes,
            ),
            |row| row.get(0),
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(ids)
}

/// The free ones of a subscription's first due deliveries. Those on lease count
/// among the first, so they hold back the later ones.
fn candidates(
    db: &Connection,
    id: &str,
    subscription: usize,
    now: i64,
    found: &mut Vec<Candidate>,
) -> Result<(), Failure> {
    let mut rows = db.prepare_cached(
        "SELECT due_at, id, leased_until FROM deliveries
         WHERE subscription = ?1 AND state = 'pending' AND blocked = 0 AND due_at <= ?2
         ORDER BY due_at, id LIMIT ?3",
    )?;
    let mut rows = rows.query((id, now, CLAIMED_PER_SUBSCRIPTION))?;
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(2)? <= now {
            found.push(Candidate {
                due_at: row.get(0)?,
                id: row.get(1)?,
                subscription,
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
    let scope = db
        .prepare_cached("SELECT account, environment FROM deliveries WHERE id = ?1")?
        .query_row([id], |row| crate::values::scope(row, 0))?;
    db.prepare_cached(
        "UPDATE deliveries SET due_at = ?2, leased_until = 0 WHERE id = ?1 AND state = 'pending'",
    )?
    .execute((id, at - scopes::ahead(db, &scope)?))?;
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
pub fn drop_pending(db: &Connection, id: &SubscriptionId) -> Result<(), Failure> {
    db.prepare_cached("DELETE FROM deliveries WHERE state = 'pending' AND subscription = ?1")?
        .execute([id.as_str()])?;
    Ok(())
}
