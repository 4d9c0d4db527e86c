//! Table `jobs`: claims on documents that are due, and what failed of all jobs.

use tatami_engine::ports::documents::DocumentKind;
use tatami_engine::ports::jobs::{DueClaim, DueJob, FailedJob, Job, JobEnd};

use super::deliveries;
use super::documents::read;
use super::rows::{any_scope, column, get, number, text};
use super::session::Session;
use crate::failure::Failure;
use crate::values::{DUE_WINDOW, moment, rows, span_ticks, ticks};

/// A due document that is not claimed.
macro_rules! is_free {
    () => {
        "NOT EXISTS (SELECT 1 FROM jobs j WHERE j.kind = d.kind AND j.key = d.id
                     AND (j.failed OR j.leased_until > $1))"
    };
}

/// Of the scopes with something due, whose clock was never moved, and of those
/// whose clock was: the first that are due of each by its own clock. What another
/// program claims at the same moment is left to it. The kind is compared as a value of
/// its own, and so in the rows that are due: the plan may be made of an empty table, of
/// which the planner would walk all documents of the kinds.
const CLAIM: &str = concat!(
    "WITH scopes (scope, ahead) AS (
         SELECT DISTINCT first.scope, 0::bigint FROM (
             SELECT d.scope FROM documents d
             WHERE d.due_at <= $1 AND d.kind || '' = ANY ($9::text[])
               AND NOT EXISTS (SELECT 1 FROM clocks c WHERE c.scope = d.scope)
               AND ($3::text IS NULL OR d.scope IS NOT DISTINCT FROM $3)
               AND d.scope <> ALL ($4::text[])
               AND ($8 OR d.scope NOT LIKE '%/sandbox') AND ",
    is_free!(),
    "        ORDER BY d.due_at LIMIT $7) first
         UNION ALL
         SELECT c.scope, c.ahead FROM clocks c
         WHERE ($3::text IS NULL OR c.scope = $3) AND c.scope <> ALL ($4::text[])
           AND ($8 OR c.scope NOT LIKE '%/sandbox')
     ), due AS MATERIALIZED (
         SELECT t.kind, t.id, s.scope, t.n, t.due_at - s.ahead AS due
         FROM scopes s
         CROSS JOIN LATERAL (
             SELECT d.kind, d.id, d.due_at, row_number() OVER (ORDER BY d.due_at) AS n
             FROM documents d
             WHERE d.scope = s.scope AND d.due_at <= $1 + s.ahead
               AND d.kind || '' = ANY ($9::text[]) AND ",
    is_free!(),
    "        ORDER BY d.due_at LIMIT $5) t
         ORDER BY t.n, due LIMIT $6
     ), claimed AS (
         INSERT INTO jobs (kind, key, scope, tries, leased_until)
         SELECT kind, id, scope, 1, $2 FROM due ORDER BY kind, id
         ON CONFLICT (kind, key) DO UPDATE
         SET leased_until = excluded.leased_until, tries = jobs.tries + 1
         WHERE jobs.leased_until <= $1 AND NOT jobs.failed
         RETURNING kind, key, tries
     ) ",
    "SELECT d.kind, d.id, d.scope, d.owner, d.status, d.version, d.created_at, d.due_at,
            d.body, claimed.tries
     FROM claimed JOIN due ON due.kind = claimed.kind AND due.id = claimed.key
     CROSS JOIN LATERAL (
         SELECT * FROM documents p
         WHERE p.kind = claimed.kind AND p.id = claimed.key LIMIT 1) d
     ORDER BY due.n, due.due"
);

/// Claims due documents.
pub async fn claim(
    db: &Session,
    claim: &DueClaim,
    sandboxes: bool,
) -> Result<Vec<DueJob>, Failure> {
    let now = ticks(claim.now);
    let until = now + span_ticks(claim.lease);
    let found = db
        .query(
            CLAIM,
            &[
                &now,
                &until,
                &claim.scope.as_ref().map(ToString::to_string),
                &column(&claim.busy, ToString::to_string),
                &rows(claim.per_scope),
                &rows(claim.limit),
                &DUE_WINDOW,
                &(sandboxes || claim.scope.is_some()),
                &column(&claim.kinds, |kind| kind.word()),
            ],
        )
        .await?;
    found
        .iter()
        .map(|row| {
            let record = read(row)?;
            let job = Job {
                kind: record.value.kind,
                key: record.value.id.clone(),
                tries: number(row, 9)?,
                leased_until: moment(until),
            };
            Ok(DueJob { job, record })
        })
        .collect()
}

/// Ends the jobs on documents that were written.
pub const END: &str = "
    DELETE FROM jobs j USING unnest($1::text[], $2::text[]) AS written (kind, key)
    WHERE j.kind = written.kind AND j.key = written.key";

/// Claims documents in the commit that writes them.
pub const TAKE: &str = "
    INSERT INTO jobs (kind, key, scope, tries, leased_until)
    SELECT kind, key, scope, tries, leased_until
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
         AS new (kind, key, scope, tries, leased_until)
    ON CONFLICT (kind, key) DO UPDATE
    SET leased_until = excluded.leased_until, tries = excluded.tries";

/// Ends the jobs on documents that were written.
pub async fn end(db: &Session, written: &[(DocumentKind, &str)]) -> Result<(), Failure> {
    if written.is_empty() {
        return Ok(());
    }
    let kinds = column(written, |(kind, _)| kind.word());
    let keys = column(written, |(_, key)| *key);
    db.execute(END, &[&kinds, &keys]).await?;
    Ok(())
}

/// Claims documents, each of a scope, in the commit that writes them.
pub async fn take(db: &Session, claims: &[(&Job, &str)]) -> Result<(), Failure> {
    if claims.is_empty() {
        return Ok(());
    }
    let parameters = (
        column(claims, |(job, _)| job.kind.word()),
        column(claims, |(job, _)| job.key.as_str()),
        column(claims, |(_, scope)| *scope),
        column(claims, |(job, _)| i64::from(job.tries)),
        column(claims, |(job, _)| ticks(job.leased_until)),
    );
    let (a, b, c, d, e) = &parameters;
    db.execute(TAKE, &[a, b, c, d, e]).await?;
    Ok(())
}

/// Ends a job that did not write its document, unless the claim is another's.
pub async fn finish(db: &Session, job: &Job, end: &JobEnd) -> Result<(), Failure> {
    let (kind, key, lease) = (job.kind.word(), &job.key, ticks(job.leased_until));
    match end {
        JobEnd::Done => {
            let sql = "DELETE FROM jobs WHERE kind = $1 AND key = $2 AND leased_until = $3";
            db.execute(sql, &[&kind, key, &lease]).await?
        }
        JobEnd::RetryAt(at, error) => {
            let sql = "UPDATE jobs SET leased_until = $4, last_error = $5
                       WHERE kind = $1 AND key = $2 AND leased_until = $3";
            db.execute(sql, &[&kind, key, &lease, &ticks(*at), &text(error)])
                .await?
        }
        JobEnd::Failed(error) => {
            let sql = "UPDATE jobs SET failed = true, last_error = $4
                       WHERE kind = $1 AND key = $2 AND leased_until = $3";
            db.execute(sql, &[&kind, key, &lease, &text(error)]).await?
        }
    };
    Ok(())
}

/// Jobs that failed for the last time; those on documents first.
pub async fn failed(db: &Session, limit: usize) -> Result<Vec<FailedJob>, Failure> {
    let found = db
        .query(
            "SELECT kind, key, scope, tries, coalesce(last_error, '') FROM jobs
             WHERE failed ORDER BY endpoint IS NOT NULL, kind, key LIMIT $1",
            &[&rows(limit)],
        )
        .await?;
    let read = |row| {
        Ok(FailedJob {
            kind: get(row, 0)?,
            key: get(row, 1)?,
            scope: any_scope(row, 2)?,
            tries: number(row, 3)?,
            error: get(row, 4)?,
        })
    };
    found.iter().map(read).collect()
}

/// Lets a failed job be tried anew; whether there was one.
pub async fn restart(db: &Session, kind: &str, key: &str) -> Result<bool, Failure> {
    let sql = "DELETE FROM jobs WHERE kind = $1 AND key = $2 AND failed AND endpoint IS NULL";
    let gone = db.execute(sql, &[&kind, &key]).await?;
    Ok(gone > 0 || deliveries::restart(db, kind, key).await?)
}
