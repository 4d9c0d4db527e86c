//! Table `api_keys`: digests of keys, never keys.

use rusqlite::{Connection, OptionalExtension, Row};
use tatami_core::account::{ApiKey, Scope};
use tatami_core::id::{AccountId, Environment, KeyId};

use crate::failure::Failure;
use crate::values::{moment, parsed, ticks, word};

/// Keeps a key by its digest.
pub fn insert(db: &Connection, key: &ApiKey, digest: &[u8; 32]) -> Result<(), Failure> {
    db.prepare_cached(
        "INSERT INTO api_keys (account, environment, id, hint, digest, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        key.scope.account.as_str(),
        key.scope.environment.word(),
        key.id.as_str(),
        &key.hint,
        digest,
        ticks(key.created_at),
    ))?;
    Ok(())
}

/// The key with that digest.
pub fn find(db: &Connection, digest: &[u8; 32]) -> Result<Option<ApiKey>, Failure> {
    let key = db
        .prepare_cached(
            "SELECT account, environment, id, hint, created_at FROM api_keys WHERE digest = ?1",
        )?
        .query_row([digest], read)
        .optional()?;
    Ok(key)
}

/// An account's keys, oldest first.
pub fn list(db: &Connection, account: &AccountId) -> Result<Vec<ApiKey>, Failure> {
    let keys = db
        .prepare_cached(
            "SELECT account, environment, id, hint, created_at FROM api_keys
             WHERE account = ?1 ORDER BY created_at, id",
        )?
        .query_map([account.as_str()], read)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(keys)
}

/// Deletes a key; whether it was there.
pub fn delete(db: &Connection, id: &KeyId) -> Result<bool, Failure> {
    let gone = db
        .prepare_cached("DELETE FROM api_keys WHERE id = ?1")?
        .execute([id.as_str()])?;
    Ok(gone > 0)
}

/// Those of some keys that are there.
pub fn existing(db: &Connection, ids: &[KeyId]) -> Result<Vec<KeyId>, Failure> {
    let mut find = db.prepare_cached("SELECT 1 FROM api_keys WHERE id = ?1")?;
    let mut there = Vec::with_capacity(ids.len());
    for id in ids {
        if find.exists([id.as_str()])? {
            there.push(id.clone());
        }
    }
    Ok(there)
}

fn read(row: &Row<'_>) -> rusqlite::Result<ApiKey> {
    Ok(ApiKey {
        scope: Scope {
            account: parsed(row, 0, AccountId::parse)?,
            environment: word(row, 1, Environment::from_word)?,
        },
        id: parsed(row, 2, KeyId::parse)?,
        hint: row.get(3)?,
        created_at: moment(row.get(4)?),
    })
}
