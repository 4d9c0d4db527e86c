//! Table `jobs`: claims on documents that are due, and what failed of all jobs.

use rusqlite::Connection;
use tatami_engine::ports::documents::{Document, DocumentKind};
use tatami_engine::ports::jobs::{DueClaim, DueJob, FailedJob, Job, JobEnd};
use tatami_engine::ports::store::Stored;

use super::{clocks, deliveries, documents};
use crate::failure::Failure;
use crate::values::{DUE_WINDOW, any_scope, moment, rows, span_ticks, ticks};

/// The scopes that have documents due, of those whose clock was never moved. With `+`
/// before it, the kind is compared in the rows that are due: left to itself, SQLite walks
/// all documents of the kinds.
const FREE_SCOPES: &str = "SELECT DISTINCT scope FROM (
         SELECT d.scope FROM documents d
         WHERE d.due_at <= ?1
           AND +d.kind IN (SELECT value FROM json_each(?5))
           AND NOT EXISTS (SELECT 1 FROM clocks c WHERE c.scope = d.scope)
           AND d.scope NOT IN (SELECT value FROM json_each(?2))
           AND (?4 OR d.scope NOT LIKE '%/sandbox')
           AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.kind = d.kind AND j.key = d.id
                           AND (j.failed = 1 OR j.leased_until > ?1))
         ORDER BY d.due_at LIMIT ?3)";

/// What is due of one scope.
const DUE_OF_SCOPE: &str = "WHERE d.scope = ?1 AND d.due_at <= ?2
           AND +d.kind IN (SELECT value FROM json_each(?5))
           AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.kind = d.kind AND j.key = d.id
                           AND (j.failed = 1 OR j.leased_until > ?3))
         ORDER BY d.due_at LIMIT ?4";

/// A due document: its machine time, its place among those of its scope, and it.
type Due = (usize, i64, Stored<Document>);

/// Claims due documents.
pub fn claim(db: &Connection, claim: &DueClaim, sandboxes: bool) -> Result<Vec<DueJob>, Failure> {
    let now = ticks(claim.now);
    let until = now + span_ticks(claim.lease);
    let mut due = Vec::new();
    match &claim.scope {
        Some(scope) => of_scope(db, now, &scope.to_string(), claim, &mut due)?,
        None => of_all(db, now, claim, sandboxes, &mut due)?,
    }
    due.sort_by_key(|(place, at, _)| (*place, *at));
    due.truncate(claim.limit);
    due.into_iter()
        .map(|(_, _, record)| {
            let tries = lease(db, &record.value, until)?;
            let job = Job {
                kind: record.value.kind,
                key: record.value.id.clone(),
                tries,
                leased_until: moment(until),
            };
            Ok(DueJob { job, record })
        })
        .collect()
}

/// What is due of one scope, by its own clock.
fn of_scope(
    db: &Connection,
    now: i64,
    scope: &str,
    claim: &DueClaim,
    due: &mut Vec<Due>,
) -> Result<(), Failure> {
    let ahead = clocks::ahead(db, scope)?;
    let sql = documents::select(DUE_OF_SCOPE);
    let found = documents::list(
        db,
        &sql,
        (
            scope,
            now + ahead,
            now,
            rows(claim.per_scope),
            words(&claim.kinds)?,
        ),
    )?;
    let placed = found.into_iter().enumerate().map(|(place, record)| {
        let at = record.value.due_at.map_or(now, ticks) - ahead;
        (place, at, record)
    });
    due.extend(placed);
    Ok(())
}

/// What is due of all scopes but the busy ones: of those whose clock was never
/// moved by one index, and of each other scope by its clock.
fn of_all(
    db: &Connection,
    now: i64,
    claim: &DueClaim,
    sandboxes: bool,
    due: &mut Vec<Due>,
) -> Result<(), Failure> {
    let busy: Vec<String> = claim.busy.iter().map(ToString::to_string).collect();
    let free = db
        .prepare_cached(FREE_SCOPES)?
        .query_map(
            (
                now,
                serde_json::to_string(&busy)?,
                DUE_WINDOW,
                sandboxes,
                words(&claim.kinds)?,
            ),
            |row| row.get(0),
        )?
        .collect::<rusqlite::Result<Vec<String>>>()?;
    // Only sandboxes have clocks of their own.
    let moved = match sandboxes {
        true => clocks::all(db)?,
        false => Vec::new(),
    };
    let moved = moved.into_iter().map(|(scope, _)| scope);
    let scopes = free.into_iter().chain(moved);
    for scope in scopes.filter(|scope| !busy.contains(scope)) {
        of_scope(db, now, &scope, claim, due)?;
    }
    Ok(())
}

fn words(kinds: &[DocumentKind]) -> Result<String, Failure> {
    let words: Vec<_> = kinds.iter().map(|kind| kind.word()).collect();
    Ok(serde_json::to_string(&words)?)
}

fn lease(db: &Connection, record: &Document, until: i64) -> Result<u32, Failure> {
    let tries = db
        .prepare_cached(
            "INSERT INTO jobs (kind, key, scope, tries, leased_until) VALUES (?1, ?2, ?3, 1, ?4)
             ON CONFLICT (kind, key) DO UPDATE
             SET leased_until = excluded.leased_until, tries = tries + 1
             RETURNING tries",
        )?
        .query_row(
            (
                record.kind.word(),
                &record.id,
                record.scope.to_string(),
                until,
            ),
            |row| row.get(0),
        )?;
    Ok(tries)
}

/// Ends the job on a document that was just written.
pub fn end(db: &Connection, kind: DocumentKind, key: &str) -> Result<(), Failure> {
    db.prepare_cached("DELETE FROM jobs WHERE kind = ?1 AND key = ?2")?
        .execute((kind.word(), key))?;
    Ok(())
}

/// Claims a document in the commit that writes it.
pub fn take(db: &Connection, scope: &str, job: &Job) -> Result<(), Failure> {
    db.prepare_cached(
        "INSERT INTO jobs (kind, key, scope, tries, leased_until) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        job.kind.word(),
        &job.key,
        scope,
        job.tries,
        ticks(job.leased_until),
    ))?;
    Ok(())
}

/// Ends a job that did not write its document, unless the claim is another's.
pub fn finish(db: &Connection, job: &Job, end: &JobEnd) -> Result<(), Failure> {
    let (kind, key, lease) = (job.kind.word(), &job.key, ticks(job.leased_until));
    match end {
        JobEnd::Done => db
            .prepare_cached("DELETE FROM jobs WHERE kind = ?1 AND key = ?2 AND leased_until = ?3")?
            .execute((kind, key, lease))?,
        JobEnd::RetryAt(at, error) => db
            .prepare_cached(
                "UPDATE jobs SET leased_until = ?4, last_error = ?5
                 WHERE kind = ?1 AND key = ?2 AND leased_until = ?3",
            )?
            .execute((kind, key, lease, ticks(*at), error))?,
        JobEnd::Failed(error) => db
            .prepare_cached(
                "UPDATE jobs SET failed = 1, last_error = ?4
                 WHERE kind = ?1 AND key = ?2 AND leased_until = ?3",
            )?
            .execute((kind, key, lease, error))?,
    };
    Ok(())
}

/// Jobs that failed for the last time; those on documents first.
pub fn failed(db: &Connection, limit: usize) -> Result<Vec<FailedJob>, Failure> {
    let found = db
        .prepare_cached(
            "SELECT kind, key, scope, tries, coalesce(last_error, '') FROM jobs
             WHERE failed ORDER BY endpoint IS NOT NULL, kind, key LIMIT ?1",
        )?
        .query_map([rows(limit)], |row| {
            Ok(FailedJob {
                kind: row.get(0)?,
                key: row.get(1)?,
                scope: any_scope(row, 2)?,
                tries: row.get(3)?,
                error: row.get(4)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(found)
}

/// Lets a failed job be tried anew; whether there was one.
pub fn restart(db: &Connection, kind: &str, key: &str) -> Result<bool, Failure> {
    let gone = db.execute(
        "DELETE FROM jobs WHERE kind = ?1 AND key = ?2 AND failed AND endpoint IS NULL",
        (kind, key),
    )?;
    Ok(gone > 0 || deliveries::restart(db, kind, key)?)
}

/// Ends all claims: those of a program that is gone.
pub fn release(db: &Connection) -> Result<(), Failure> {
    db.execute("DELETE FROM jobs WHERE endpoint IS NULL AND NOT failed", ())?;
    deliveries::release(db)
}

#[cfg(test)]
mod tests {
    use super::super::plan;
    use super::*;

    #[test]
    fn what_is_due_is_found_by_when_it_is_due() {
        assert!(plan(FREE_SCOPES).contains("USING INDEX documents_due (due_at<?)"));
        let of_scope = plan(&documents::select(DUE_OF_SCOPE));
        let index = "USING INDEX documents_due_of_scope (scope=? AND due_at<?)";
        assert!(of_scope.contains(index), "{of_scope}");
    }
}
