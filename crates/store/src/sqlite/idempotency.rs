//! Table `idempotency`: keys that callers have used, with the answers they got.

use rusqlite::{Connection, OptionalExtension};
use tatami_engine::ports::store::{IdempotencyRecord, IdempotencyWrite};

use crate::failure::Failure;
use crate::values::rows;

/// What a key is taken with.
struct Taken<'a> {
    key: &'a str,
    fingerprint: &'a str,
    answer: Option<(u16, &'a [u8])>,
}

/// Carries out a write; `now` is machine time.
pub fn write(
    db: &Connection,
    scope: &str,
    write: &IdempotencyWrite,
    now: i64,
) -> Result<(), Failure> {
    match write {
        IdempotencyWrite::Claim { key, fingerprint } => {
            let answer = None;
            take(
                db,
                scope,
                &Taken {
                    key,
                    fingerprint,
                    answer,
                },
                now,
            )
        }
        IdempotencyWrite::Store {
            key,
            fingerprint,
            status,
            sealed,
        } => {
            let answer = Some((*status, sealed.as_slice()));
            take(
                db,
                scope,
                &Taken {
                    key,
                    fingerprint,
                    answer,
                },
                now,
            )
        }
        IdempotencyWrite::Complete {
            key,
            status,
            sealed,
        } => complete(db, scope, key, *status, sealed),
        IdempotencyWrite::Release { key } => release(db, scope, key),
    }
}

fn take(db: &Connection, scope: &str, taken: &Taken<'_>, now: i64) -> Result<(), Failure> {
    let new = db
        .prepare_cached(
            "INSERT INTO idempotency
                 (scope, key, fingerprint, status, sealed, taken_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (scope, key) DO NOTHING",
        )?
        .execute((
            scope,
            taken.key,
            taken.fingerprint,
            taken.answer.map(|(status, _)| status),
            taken.answer.map(|(_, sealed)| sealed),
            now,
        ))?;
    if new == 0 {
        return Err(Failure::KeyTaken);
    }
    Ok(())
}

fn complete(
    db: &Connection,
    scope: &str,
    key: &str,
    status: u16,
    sealed: &[u8],
) -> Result<(), Failure> {
    let answered = db
        .prepare_cached(
            "UPDATE idempotency SET status = ?3, sealed = ?4
             WHERE scope = ?1 AND key = ?2 AND status IS NULL",
        )?
        .execute((scope, key, status, sealed))?;
    if answered == 0 {
        return Err(Failure::Stale);
    }
    Ok(())
}

fn release(db: &Connection, scope: &str, key: &str) -> Result<(), Failure> {
    db.prepare_cached("DELETE FROM idempotency WHERE scope = ?1 AND key = ?2 AND status IS NULL")?
        .execute((scope, key))?;
    Ok(())
}

/// A key's record.
pub fn find(db: &Connection, scope: &str, key: &str) -> Result<Option<IdempotencyRecord>, Failure> {
    let record = db
        .prepare_cached(
            "SELECT fingerprint, status, sealed FROM idempotency
             WHERE scope = ?1 AND key = ?2",
        )?
        .query_row((scope, key), |row| {
            let status: Option<u16> = row.get(1)?;
            let sealed: Option<Vec<u8>> = row.get(2)?;
            Ok(IdempotencyRecord {
                fingerprint: row.get(0)?,
                answer: status.zip(sealed),
            })
        })
        .optional()?;
    Ok(record)
}

/// Forgets up to `limit` answered keys that were taken before that machine time.
pub fn forget(db: &Connection, before: i64, limit: usize) -> Result<usize, Failure> {
    let gone = db
        .prepare_cached(
            "DELETE FROM idempotency WHERE rowid IN (
                 SELECT rowid FROM idempotency
                 WHERE taken_at < ?1 AND status IS NOT NULL ORDER BY taken_at LIMIT ?2)",
        )?
        .execute((before, rows(limit)))?;
    Ok(gone)
}
