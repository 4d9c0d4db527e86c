//! Table `idempotency`: keys that callers have used, with the answers they got.

use tatami_engine::ports::store::IdempotencyRecord;

use super::rows::{column, get, number, text};
use super::session::Session;
use crate::failure::Failure;
use crate::values::rows;

/// A key with what is written to it.
pub struct Key<'a> {
    pub scope: &'a str,
    pub key: &'a str,
    /// Digest of the request; of keys that are taken.
    pub fingerprint: &'a str,
    /// Status and sealed body of the answer, if there is one.
    pub answer: Option<(u16, &'a [u8])>,
    /// Machine time.
    pub taken_at: i64,
}

pub const TAKE: &str = "
    INSERT INTO idempotency (scope, key, fingerprint, status, sealed, taken_at)
    SELECT scope, key, fingerprint, status, sealed, taken_at
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bytea[], $6::bigint[])
         AS new (scope, key, fingerprint, status, sealed, taken_at)
    ON CONFLICT (scope, key) DO NOTHING";

pub const COMPLETE: &str = "
    UPDATE idempotency i SET status = new.status, sealed = new.sealed
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[])
         AS new (scope, key, status, sealed)
    WHERE i.scope = new.scope AND i.key = new.key AND i.status IS NULL";

pub const RELEASE: &str = "
    DELETE FROM idempotency i
    USING unnest($1::text[], $2::text[]) AS old (scope, key)
    WHERE i.scope = old.scope AND i.key = old.key AND i.status IS NULL";

/// Takes keys.
pub async fn take(db: &Session, keys: &[Key<'_>]) -> Result<(), Failure> {
    if keys.is_empty() {
        return Ok(());
    }
    let parameters = (
        column(keys, |k| k.scope),
        column(keys, |k| text(k.key)),
        column(keys, |k| text(k.fingerprint)),
        column(keys, |k| k.answer.map(|(status, _)| i64::from(status))),
        column(keys, |k| k.answer.map(|(_, sealed)| sealed)),
        column(keys, |k| k.taken_at),
    );
    let (a, b, c, d, e, f) = &parameters;
    let taken = db.execute(TAKE, &[a, b, c, d, e, f]).await?;
    if taken < keys.len() as u64 {
        return Err(Failure::KeyTaken);
    }
    Ok(())
}

/// Stores the answers of keys that were taken.
pub async fn complete(db: &Session, keys: &[Key<'_>]) -> Result<(), Failure> {
    if keys.is_empty() {
        return Ok(());
    }
    let parameters = (
        column(keys, |k| k.scope),
        column(keys, |k| text(k.key)),
        column(keys, |k| k.answer.map(|(status, _)| i64::from(status))),
        column(keys, |k| k.answer.map(|(_, sealed)| sealed)),
    );
    let (a, b, c, d) = &parameters;
    let answered = db.execute(COMPLETE, &[a, b, c, d]).await?;
    if answered < keys.len() as u64 {
        return Err(Failure::Stale);
    }
    Ok(())
}

/// Gives keys free whose request is not answered.
pub async fn release(db: &Session, keys: &[Key<'_>]) -> Result<(), Failure> {
    if keys.is_empty() {
        return Ok(());
    }
    let scopes = column(keys, |k| k.scope);
    let names = column(keys, |k| text(k.key));
    db.execute(RELEASE, &[&scopes, &names]).await?;
    Ok(())
}

/// A key's record.
pub async fn find(
    db: &Session,
    scope: &str,
    key: &str,
) -> Result<Option<IdempotencyRecord>, Failure> {
    let row = db
        .one(
            "SELECT fingerprint, sealed, coalesce(status, 0) FROM idempotency
             WHERE scope = $1 AND key = $2",
            &[&scope, &text(key)],
        )
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let sealed: Option<Vec<u8>> = get(&row, 1)?;
    let status = number(&row, 2)?;
    Ok(Some(IdempotencyRecord {
        fingerprint: get(&row, 0)?,
        answer: sealed.map(|sealed| (status, sealed)),
    }))
}

/// Forgets up to `limit` answered keys that were taken before that machine time.
pub async fn forget(db: &Session, before: i64, limit: usize) -> Result<u64, Failure> {
    db.execute(
        "DELETE FROM idempotency WHERE (scope, key) IN (
             SELECT scope, key FROM idempotency
             WHERE taken_at < $1 AND status IS NOT NULL
             ORDER BY taken_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
        &[&before, &rows(limit)],
    )
    .await
}
