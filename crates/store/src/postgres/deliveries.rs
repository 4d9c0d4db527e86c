//! Jobs that take events to endpoints: claiming what is due and writing what came
//! of it.
//!
//! Of the jobs of one endpoint and lane only the first is open; the others are
//! blocked until it is over. So claiming never looks at what waits behind a
//! receiver that does not answer.

use std::collections::HashMap;
use std::sync::Arc;

use tatami_core::account::Scope;
use tatami_engine::ports::documents::{Document, DocumentKind};
use tatami_engine::ports::store::{AfterAttempt, ClaimedDelivery, DeliveryAttempt, Redeliver};
use tokio_postgres::Row;

use super::events::columns;
use super::rows::{column, get, number, text};
use super::session::{Parameters, Session};
use super::{documents, events};
use crate::failure::Failure;
use crate::reports::{headers_text, next_word};
use crate::values::{rows, ticks, ticks_up};

/// Jobs of one endpoint that are claimed at a time: a slow receiver with a long
/// queue leaves room for the others.
const CLAIMED_PER_ENDPOINT: i64 = 64;

/// Endpoints that have an open job, one index step each; of each that is wanted,
/// the free ones of its first due jobs (those on lease count among the first, so
/// they hold back the later ones); of these, what no other transaction is claiming.
///
/// The plan is made once, of tables that may be empty then. So rows are named by
/// lateral selects, and jobs by kind and key together: by a list of kinds and one of
/// keys, the planner walks all jobs of the kinds. And what is open is written
/// differently where rows are named by their keys: else an index of open rows, which
/// was empty when the plan was made, looks cheaper than the primary key.
const CLAIM: &str = concat!(
    "WITH RECURSIVE waiting (id) AS (
        (SELECT endpoint FROM jobs
         WHERE endpoint IS NOT NULL AND NOT failed AND NOT blocked
         ORDER BY endpoint LIMIT 1)
        UNION ALL
        SELECT (SELECT j.endpoint FROM jobs j
                WHERE j.endpoint IS NOT NULL AND NOT j.failed AND NOT j.blocked
                  AND j.endpoint > w.id
                ORDER BY j.endpoint LIMIT 1)
        FROM waiting w WHERE w.id IS NOT NULL
    ), receivers AS (
        SELECT s.kind, s.id, coalesce(c.ahead, 0) AS ahead
        FROM waiting w
        CROSS JOIN LATERAL (
            SELECT * FROM documents d WHERE d.kind = ANY ($2::text[]) AND d.id = w.id LIMIT 1) s
        LEFT JOIN clocks c ON c.scope = s.scope
        WHERE ($1::text IS NULL OR s.scope IS NOT DISTINCT FROM $1)
          AND s.id <> ALL ($3::text[])
          AND ($8 OR s.scope NOT LIKE '%/sandbox')
    ), candidates AS MATERIALIZED (
        SELECT r.kind, j.key, j.event, j.due_at - r.ahead AS due
        FROM receivers r
        CROSS JOIN LATERAL (
            SELECT j.key, j.event, j.due_at, j.leased_until FROM jobs j
            WHERE j.endpoint = r.id AND j.due_at <= $4::bigint + r.ahead
              AND j.endpoint IS NOT NULL AND NOT j.failed AND NOT j.blocked
            ORDER BY j.due_at, j.event LIMIT $5) j
        WHERE j.leased_until <= $4::bigint
        ORDER BY due, j.event LIMIT $6
    ), free AS MATERIALIZED (
        SELECT j.kind, j.key FROM candidates c
        CROSS JOIN LATERAL (
            SELECT j.kind, j.key FROM jobs j
            WHERE j.kind = c.kind AND j.key = c.key
              AND j.failed IS NOT TRUE AND j.leased_until <= $4::bigint
            FOR UPDATE SKIP LOCKED) j
    ), claimed AS (
        UPDATE jobs j SET leased_until = $7
        FROM free f WHERE j.kind = f.kind AND j.key = f.key
        RETURNING j.kind, j.key, j.endpoint, j.event, j.tries, j.due_at
    )
    SELECT ",
    columns!(),
    ", c.key, c.tries, c.endpoint, d.kind, d.id, d.scope, d.owner, d.status, d.version,
       d.created_at, d.due_at, d.body
    FROM claimed c
    CROSS JOIN LATERAL (SELECT * FROM events WHERE seq = c.event LIMIT 1) e
    CROSS JOIN LATERAL (SELECT * FROM documents
                        WHERE kind = c.kind AND id = c.endpoint LIMIT 1) d
    ORDER BY c.due_at, c.event"
);

/// Claims what is due at `now` until `until`, both machine time, but nothing of
/// `busy` endpoints.
pub async fn claim(
    db: &Session,
    (now, until): (i64, i64),
    scope: Option<&Scope>,
    sandboxes: bool,
    busy: &[String],
    limit: usize,
) -> Result<Vec<ClaimedDelivery>, Failure> {
    let found = db
        .query(
            CLAIM,
            &[
                &scope.map(ToString::to_string),
                &events::endpoint_kinds(),
                &busy,
                &now,
                &CLAIMED_PER_ENDPOINT,
                &rows(limit),
                &until,
                &sandboxes,
            ],
        )
        .await?;
    let mut endpoints = HashMap::new();
    found.iter().map(|row| read(row, &mut endpoints)).collect()
}

fn read<'a>(
    row: &'a Row,
    endpoints: &mut HashMap<&'a str, Arc<Document>>,
) -> Result<ClaimedDelivery, Failure> {
    let (event_number, event) = events::read(row)?;
    let id: &str = get(row, 10)?;
    let endpoint = match endpoints.get(id) {
        Some(known) => Arc::clone(known),
        None => {
            let read = Arc::new(documents::read_from(row, 11)?.value);
            endpoints.insert(id, Arc::clone(&read));
            read
        }
    };
    Ok(ClaimedDelivery {
        key: get(row, 8)?,
        endpoint,
        number: event_number,
        event,
        tries: number(row, 9)?,
    })
}

/// Writes attempts and what follows from them. A delivery that went with its
/// endpoint has no more history. What is over stays as it is, whatever a second
/// worker whose lease ran out has to say.
const RECORD: &str = "
    WITH tried AS (
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[],
                             $6::bigint[], $7::bigint[], $8::text[], $9::bigint[], $10::text[],
                             $11::bigint[], $12::bigint[], $13::text[])
             AS t (kind, key, scope, event, endpoint, at, status, answer, took_ms, next,
                   retry_at, due_at, answer_headers)
    ), delivered AS (
        DELETE FROM jobs j USING tried t
        WHERE j.kind = t.kind AND j.key = t.key AND j.failed IS NOT TRUE
          AND t.next = 'delivered'
        RETURNING j.kind, j.key
    ), kept AS (
        UPDATE jobs j SET
            tries = j.tries + 1,
            last_error = t.answer,
            failed = t.next = 'gave-up',
            due_at = coalesce(t.due_at, j.due_at),
            leased_until = 0
        FROM tried t
        WHERE j.kind = t.kind AND j.key = t.key AND j.failed IS NOT TRUE
          AND t.next <> 'delivered'
        RETURNING j.kind, j.key
    )
    INSERT INTO delivery_attempts
        (scope, event, endpoint, n, at, status, answer, took_ms, next, retry_at,
         answer_headers)
    SELECT t.scope, t.event, t.endpoint, coalesce(h.n, 0) + 1, t.at, t.status, t.answer,
           t.took_ms, t.next, t.retry_at, t.answer_headers
    FROM tried t
    LEFT JOIN LATERAL (
        SELECT n FROM delivery_attempts
        WHERE scope = t.scope AND event = t.event AND endpoint = t.endpoint
        ORDER BY n DESC LIMIT 1) h ON true
    WHERE h.n IS NOT NULL
       OR (t.kind, t.key) IN (SELECT kind, key FROM delivered)
       OR (t.kind, t.key) IN (SELECT kind, key FROM kept)";

/// Opens what waited for deliveries that are over.
const OPEN_NEXT: &str = "
    UPDATE jobs n SET blocked = false
    FROM (SELECT DISTINCT endpoint, lane
          FROM unnest($1::text[], $2::text[]) AS ended (endpoint, lane)) line
    CROSS JOIN LATERAL (
        SELECT j.kind, j.key FROM jobs j
        WHERE j.endpoint = line.endpoint AND j.lane = line.lane
          AND j.endpoint IS NOT NULL AND NOT j.failed
        ORDER BY j.event LIMIT 1) first
    WHERE n.kind = first.kind AND n.key = first.key AND n.blocked";

/// What [`record`] needs to have prepared.
pub const STATEMENTS: &[&str] = &[RECORD, OPEN_NEXT];

/// An attempt and the delivery that it was made for.
pub type Attempt = (ClaimedDelivery, DeliveryAttempt);

/// Writes attempts, each of another delivery, in a transaction of their own.
pub async fn record(db: &Session, attempts: &[&Attempt]) -> Result<(), Failure> {
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

async fn insert(db: &Session, attempts: &[&Attempt]) -> Result<(), Failure> {
    let retry_at = |attempt: &DeliveryAttempt| next_word(attempt.next).1;
    let headers = attempts.iter();
    let headers = headers.map(|(_, a)| headers_text(&a.answer_headers));
    let headers = headers.collect::<Result<Vec<_>, _>>()?;
    let parameters = (
        column(attempts, |(d, _)| d.endpoint.kind.word()),
        column(attempts, |(d, _)| d.key.as_str()),
        column(attempts, |(d, _)| d.event.scope.to_string()),
        column(attempts, |(d, _)| d.number),
        column(attempts, |(d, _)| d.endpoint.id.as_str()),
        column(attempts, |(_, a)| ticks(a.at)),
        column(attempts, |(_, a)| a.status.map(i64::from)),
        column(attempts, |(_, a)| text(&a.answer)),
        column(attempts, |(_, a)| i64::from(a.took_ms)),
        column(attempts, |(_, a)| next_word(a.next).0),
        column(attempts, |(_, a)| retry_at(a).map(ticks)),
        column(attempts, |(_, a)| retry_at(a).map(ticks_up)),
    );
    let (a, b, c, d, e, f, g, h, i, j, k, l) = &parameters;
    db.execute(RECORD, &[a, b, c, d, e, f, g, h, i, j, k, l, &headers])
        .await?;
    Ok(())
}

async fn open_next(db: &Session, attempts: &[&Attempt]) -> Result<(), Failure> {
    let is_over = |a: &DeliveryAttempt| !matches!(a.next, AfterAttempt::RetryAt(_));
    let over: Vec<_> = attempts.iter().filter(|(_, a)| is_over(a)).collect();
    let endpoints = column(&over, |(d, _)| d.endpoint.id.as_str());
    let lanes = column(&over, |(d, _)| d.event.subject.id.as_str());
    db.execute(OPEN_NEXT, &[&endpoints, &lanes]).await?;
    Ok(())
}

/// Lets a failed delivery be tried anew: now, and beside the later ones of its lane.
pub async fn restart(db: &Session, kind: &str, key: &str) -> Result<bool, Failure> {
    let sql = "UPDATE jobs SET failed = false, blocked = false, tries = 0, last_error = NULL,
                      leased_until = 0
               WHERE kind = $1 AND key = $2 AND failed AND endpoint IS NOT NULL";
    Ok(db.execute(sql, &[&kind, &key]).await? > 0)
}

/// Makes a delivery that is over again: what was given up has a job, what was delivered
/// has a history alone.
const REDELIVER_ONE: &str = "
    WITH event AS (SELECT * FROM events WHERE seq = $4::bigint AND scope = $2),
    failed AS (
        UPDATE jobs j SET failed = false, blocked = false, tries = 0, last_error = NULL,
               leased_until = 0
        FROM event e
        WHERE j.kind = $1 AND j.key = e.id || '/' || $3::text AND j.scope = $2 AND j.failed
        RETURNING 1
    ), delivered AS (
        INSERT INTO jobs (kind, key, scope, endpoint, lane, event, due_at)
        SELECT $1, e.id || '/' || $3::text, $2, $3::text, e.subject, e.seq, e.at
        FROM event e
        WHERE EXISTS (SELECT 1 FROM delivery_attempts a
                      WHERE a.scope = $2 AND a.event = $4::bigint AND a.endpoint = $3::text)
        ON CONFLICT DO NOTHING
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM failed) + (SELECT count(*) FROM delivered)";

const REDELIVER_FAILED: &str = "
    UPDATE jobs j SET failed = false, blocked = false, tries = 0, last_error = NULL,
           leased_until = 0
    FROM (SELECT f.kind, f.key FROM jobs f JOIN events e ON e.seq = f.event
          WHERE f.kind = $1 AND f.scope = $2 AND f.failed AND f.endpoint IS NOT NULL
            AND e.at >= $3
          ORDER BY f.event LIMIT $4) wanted
    WHERE j.kind = wanted.kind AND j.key = wanted.key AND j.failed";

/// Makes webhook deliveries that are over again; how many.
pub async fn redeliver(db: &Session, scope: &str, wanted: &Redeliver) -> Result<u64, Failure> {
    let kind = DocumentKind::Subscription.word();
    match wanted {
        Redeliver::One {
            endpoint,
            number: event,
        } => {
            let parameters: Parameters<'_> = &[&kind, &scope, &endpoint.as_str(), event];
            let made = db.query(REDELIVER_ONE, parameters).await?;
            let made = made.first().map(|row| number::<u64>(row, 0));
            made.unwrap_or(Ok(0))
        }
        Redeliver::FailedSince { since, limit } => {
            let parameters: Parameters<'_> = &[&kind, &scope, &ticks(*since), &rows(*limit)];
            db.execute(REDELIVER_FAILED, parameters).await
        }
    }
}

/// Makes the open deliveries to an endpoint due at that moment, if they are due later.
pub async fn hasten(db: &Session, endpoint: &str, at: i64) -> Result<(), Failure> {
    let sql = "UPDATE jobs SET due_at = $2
               WHERE endpoint = $1 AND due_at > $2
                 AND endpoint IS NOT NULL AND NOT failed AND NOT blocked";
    db.execute(sql, &[&endpoint, &at]).await?;
    Ok(())
}

/// Drops the history of the open jobs of endpoints that go.
pub const DROP_HISTORY: &str = "
    DELETE FROM delivery_attempts a USING jobs j
    WHERE j.endpoint = ANY ($1::text[]) AND j.endpoint IS NOT NULL AND NOT j.failed
      AND a.scope = j.scope AND a.event = j.event AND a.endpoint = j.endpoint";

/// Drops the jobs of endpoints that go.
pub const DROP: &str = "DELETE FROM jobs WHERE endpoint = ANY ($1::text[])";

/// Drops the jobs of endpoints that are gone, and the history of those that were open.
pub async fn drop_all(db: &Session, gone: &[&str]) -> Result<(), Failure> {
    if gone.is_empty() {
        return Ok(());
    }
    let parameters: Parameters<'_> = &[&gone];
    let (history, jobs) = tokio::join!(
        biased;
        db.execute(DROP_HISTORY, parameters),
        db.execute(DROP, parameters),
    );
    history.and(jobs).map(drop)
}
