//! Jobs that take events to endpoints: claiming what is due and writing what came
//! of it.
//!
//! Of the jobs of one endpoint and lane only the first is open; the others are
//! blocked until it is over. So claiming never looks at what waits behind a
//! receiver that does not answer.

use std::sync::Arc;

use rusqlite::Connection;
use tatami_core::account::Scope;
use tatami_engine::ports::documents::{Document, DocumentKind};
use tatami_engine::ports::store::{AfterAttempt, ClaimedDelivery, DeliveryAttempt, Redeliver};

use super::{attempts, documents, events};
use crate::failure::Failure;
use crate::values::{rows, ticks_up};

/// Jobs of one endpoint that are claimed at a time: a slow receiver with a long
/// queue leaves room for the others.
const CLAIMED_PER_ENDPOINT: i64 = 32;

/// Ends all leases.
pub fn release(db: &Connection) -> Result<(), Failure> {
    db.execute(
        "UPDATE jobs SET leased_until = 0
         WHERE endpoint IS NOT NULL AND NOT failed AND leased_until > 0",
        (),
    )?;
    Ok(())
}

/// When a scope's next delivery is due, in account time.
pub fn next_due(db: &Connection, scope: &str) -> rusqlite::Result<Option<i64>> {
    let mut next = db.prepare_cached(
        "SELECT min((SELECT min(j.due_at) FROM jobs j
                     WHERE j.endpoint = d.id
                       AND j.endpoint IS NOT NULL AND NOT j.failed AND NOT j.blocked))
         FROM documents d WHERE d.scope = ?1 AND d.kind = ?2",
    )?;
    let mut earliest = None;
    for kind in DocumentKind::ENDPOINTS {
        let due: Option<i64> = next.query_row((scope, kind.word()), |row| row.get(0))?;
        earliest = earliest.into_iter().chain(due).min();
    }
    Ok(earliest)
}

/// An endpoint with an open job.
struct Receiver {
    endpoint: Arc<Document>,
    /// How far its clock is ahead of the machine's.
    ahead: i64,
}

/// A job that could be claimed.
struct Candidate {
    /// Machine time.
    due_at: i64,
    event: i64,
    receiver: usize,
    key: String,
    tries: u32,
}

/// Claims what is due at `now` until `until`, both machine time, but nothing of
/// `busy` endpoints.
pub fn claim(
    db: &Connection,
    (now, until): (i64, i64),
    scope: Option<&Scope>,
    sandboxes: bool,
    busy: &[String],
    limit: usize,
) -> Result<Vec<ClaimedDelivery>, Failure> {
    let mut receivers = receivers(db, scope, sandboxes)?;
    receivers.retain(|r| !busy.contains(&r.endpoint.id));
    let mut found = Vec::new();
    for (n, receiver) in receivers.iter().enumerate() {
        candidates(db, receiver, n, now, &mut found)?;
    }
    found.sort_unstable_by_key(|c| (c.due_at, c.event));
    found.truncate(limit);
    found
        .into_iter()
        .map(|job| lease(db, &receivers[job.receiver].endpoint, job, until))
        .collect()
}

/// Endpoints that have an open job, due or not: one index step each.
fn receivers(
    db: &Connection,
    scope: Option<&Scope>,
    sandboxes: bool,
) -> Result<Vec<Receiver>, Failure> {
    let mut rows = db.prepare_cached(&format!(
        "WITH RECURSIVE waiting (id) AS (
             SELECT min(endpoint) FROM jobs
             WHERE endpoint IS NOT NULL AND NOT failed AND NOT blocked
             UNION ALL
             SELECT (SELECT min(j.endpoint) FROM jobs j
                     WHERE j.endpoint IS NOT NULL AND NOT j.failed AND NOT j.blocked
                       AND j.endpoint > waiting.id)
             FROM waiting WHERE waiting.id IS NOT NULL
         )
         SELECT {}, coalesce(c.ahead, 0)
         FROM waiting
         CROSS JOIN documents d ON d.id = waiting.id
           AND d.kind = (SELECT j.kind FROM jobs j
                         WHERE j.endpoint = waiting.id
                           AND j.endpoint IS NOT NULL AND NOT j.failed AND NOT j.blocked LIMIT 1)
         LEFT JOIN clocks c ON c.scope = d.scope
         WHERE (?1 IS NULL OR d.scope = ?1) AND (?2 OR d.scope NOT LIKE '%/sandbox')",
        documents::COLUMNS
    ))?;
    let found = rows
        .query_map((scope.map(ToString::to_string), sandboxes), |row| {
            Ok(Receiver {
                endpoint: Arc::new(documents::read(row)?.value),
                ahead: row.get(9)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(found)
}

/// The free ones of an endpoint's first due jobs. Those on lease count among the
/// first, so they hold back the later ones.
fn candidates(
    db: &Connection,
    receiver: &Receiver,
    n: usize,
    now: i64,
    found: &mut Vec<Candidate>,
) -> Result<(), Failure> {
    let mut select = db.prepare_cached(
        "SELECT due_at, event, leased_until, key, tries FROM jobs
         WHERE endpoint = ?1 AND due_at <= ?2
           AND endpoint IS NOT NULL AND NOT failed AND NOT blocked
         ORDER BY due_at, event LIMIT ?3",
    )?;
    let due = now + receiver.ahead;
    let mut found_rows = select.query((&receiver.endpoint.id, due, CLAIMED_PER_ENDPOINT))?;
    while let Some(row) = found_rows.next()? {
        if row.get::<_, i64>(2)? <= now {
            found.push(Candidate {
                due_at: row.get::<_, i64>(0)? - receiver.ahead,
                event: row.get(1)?,
                receiver: n,
                key: row.get(3)?,
                tries: row.get(4)?,
            });
        }
    }
    Ok(())
}

fn lease(
    db: &Connection,
    endpoint: &Arc<Document>,
    job: Candidate,
    until: i64,
) -> Result<ClaimedDelivery, Failure> {
    db.prepare_cached("UPDATE jobs SET leased_until = ?3 WHERE kind = ?1 AND key = ?2")?
        .execute((endpoint.kind.word(), &job.key, until))?;
    let sql = format!("SELECT {} FROM events e WHERE e.seq = ?1", events::COLUMNS);
    let (number, event) = db
        .prepare_cached(&sql)?
        .query_row([job.event], events::read)?;
    Ok(ClaimedDelivery {
        key: job.key,
        endpoint: Arc::clone(endpoint),
        number,
        event,
        tries: job.tries,
    })
}

/// Writes an attempt and what follows from it. A delivery that went with its
/// endpoint has no more history. What is over stays as it is, whatever a second
/// worker whose lease ran out has to say.
pub fn record(
    db: &Connection,
    delivery: &ClaimedDelivery,
    attempt: &DeliveryAttempt,
) -> Result<(), Failure> {
    let job = (delivery.endpoint.kind.word(), &delivery.key);
    let ended = match attempt.next {
        AfterAttempt::Delivered => db
            .prepare_cached("DELETE FROM jobs WHERE kind = ?1 AND key = ?2 AND NOT failed")?
            .execute(job)?,
        AfterAttempt::GaveUp => db
            .prepare_cached(
                "UPDATE jobs SET failed = 1, tries = tries + 1, last_error = ?3
                 WHERE kind = ?1 AND key = ?2 AND NOT failed",
            )?
            .execute((job.0, job.1, &attempt.answer))?,
        AfterAttempt::RetryAt(at) => db
            .prepare_cached(
                "UPDATE jobs SET due_at = ?3, leased_until = 0, tries = tries + 1,
                        last_error = ?4
                 WHERE kind = ?1 AND key = ?2 AND NOT failed",
            )?
            .execute((job.0, job.1, ticks_up(at), &attempt.answer))?,
    };
    let was_open = ended > 0;
    if was_open || attempts::is_known(db, delivery)? {
        attempts::insert(db, delivery, attempt)?;
    }
    if was_open && !matches!(attempt.next, AfterAttempt::RetryAt(_)) {
        open_next(db, &delivery.endpoint.id, &delivery.event.subject.id)?;
    }
    Ok(())
}

fn open_next(db: &Connection, endpoint: &str, lane: &str) -> Result<(), Failure> {
    db.prepare_cached(
        "UPDATE jobs SET blocked = 0
         WHERE rowid = (SELECT rowid FROM jobs
                        WHERE endpoint = ?1 AND lane = ?2
                          AND endpoint IS NOT NULL AND NOT failed
                        ORDER BY event LIMIT 1)
           AND blocked",
    )?
    .execute((endpoint, lane))?;
    Ok(())
}

/// Lets a failed delivery be tried anew: now, and beside the later ones of its lane.
pub fn restart(db: &Connection, kind: &str, key: &str) -> Result<bool, Failure> {
    let restarted = db.execute(
        "UPDATE jobs SET failed = 0, blocked = 0, tries = 0, last_error = NULL, leased_until = 0
         WHERE kind = ?1 AND key = ?2 AND failed AND endpoint IS NOT NULL",
        (kind, key),
    )?;
    Ok(restarted > 0)
}

/// Makes webhook deliveries that are over again; how many.
pub fn redeliver(db: &Connection, scope: &str, wanted: &Redeliver) -> Result<u64, Failure> {
    let kind = DocumentKind::Subscription.word();
    let made = match wanted {
        Redeliver::One { endpoint, number } => {
            let failed = db.execute(
                "UPDATE jobs SET failed = 0, blocked = 0, tries = 0, last_error = NULL,
                        leased_until = 0
                 WHERE kind = ?1 AND scope = ?2 AND endpoint = ?3 AND event = ?4 AND failed
                   AND key = (SELECT id FROM events WHERE seq = ?4) || '/' || ?3",
                (kind, scope, endpoint.as_str(), number),
            )?;
            // What was delivered has a history and no job.
            failed
                + db.execute(
                    "INSERT INTO jobs (kind, key, scope, endpoint, lane, event, due_at)
                     SELECT ?1, e.id || '/' || ?3, ?2, ?3, e.subject, e.seq, e.at
                     FROM events e
                     WHERE e.seq = ?4 AND e.scope = ?2
                       AND EXISTS (SELECT 1 FROM delivery_attempts a
                                   WHERE a.scope = ?2 AND a.event = ?4 AND a.endpoint = ?3)
                     ON CONFLICT DO NOTHING",
                    (kind, scope, endpoint.as_str(), number),
                )?
        }
        Redeliver::FailedSince { since, limit } => db.execute(
            "UPDATE jobs SET failed = 0, blocked = 0, tries = 0, last_error = NULL,
                    leased_until = 0
             WHERE rowid IN (SELECT j.rowid FROM jobs j JOIN events e ON e.seq = j.event
                             WHERE j.kind = ?1 AND j.scope = ?2 AND j.failed
                               AND j.endpoint IS NOT NULL AND e.at >= ?3
                             ORDER BY j.event LIMIT ?4)",
            (kind, scope, ticks_up(*since), rows(*limit)),
        )?,
    };
    Ok(made as u64)
}

/// Makes the open deliveries to an endpoint due at that moment, if they are due later.
pub fn hasten(db: &Connection, endpoint: &str, at: i64) -> Result<(), Failure> {
    db.execute(
        "UPDATE jobs SET due_at = ?2
         WHERE endpoint = ?1 AND due_at > ?2
           AND endpoint IS NOT NULL AND NOT failed AND NOT blocked",
        (endpoint, at),
    )?;
    Ok(())
}

/// Drops the jobs of an endpoint that goes, and the history of those that were open.
pub fn drop_all(db: &Connection, scope: &str, endpoint: &str) -> Result<(), Failure> {
    db.prepare_cached(
        "DELETE FROM delivery_attempts
         WHERE scope = ?1 AND endpoint = ?2
           AND event IN (SELECT event FROM jobs
                         WHERE endpoint = ?2 AND endpoint IS NOT NULL AND NOT failed)",
    )?
    .execute((scope, endpoint))?;
    db.prepare_cached("DELETE FROM jobs WHERE endpoint = ?1")?
        .execute([endpoint])?;
    Ok(())
}
