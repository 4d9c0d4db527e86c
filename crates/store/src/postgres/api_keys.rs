//! Table `api_keys`: digests of keys, never keys.

use tatami_core::account::{ApiKey, Scope};
use tatami_core::id::{AccountId, Environment, KeyId};
use tokio_postgres::Row;

use super::rows::{get, parsed, word};
use super::session::Session;
use crate::failure::Failure;
use crate::values::{moment, ticks};

/// Keeps a key by its digest.
pub async fn insert(db: &Session, key: &ApiKey, digest: &[u8; 32]) -> Result<(), Failure> {
    db.execute(
        "INSERT INTO api_keys (account, environment, id, hint, digest, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            &key.scope.account.as_str(),
            &key.scope.environment.word(),
            &key.id.as_str(),
            &key.hint,
            &digest.as_slice(),
            &ticks(key.created_at),
        ],
    )
    .await?;
    Ok(())
}

/// The key with that digest.
pub async fn find(db: &Session, digest: &[u8; 32]) -> Result<Option<ApiKey>, Failure> {
    let sql = "SELECT account, environment, id, hint, created_at FROM api_keys WHERE digest = $1";
    let row = db.one(sql, &[&digest.as_slice()]).await?;
    row.as_ref().map(read).transpose()
}

/// An account's keys, oldest first.
pub async fn list(db: &Session, account: &AccountId) -> Result<Vec<ApiKey>, Failure> {
    let sql = "SELECT account, environment, id, hint, created_at FROM api_keys
               WHERE account = $1 ORDER BY created_at, id";
    let rows = db.query(sql, &[&account.as_str()]).await?;
    rows.iter().map(read).collect()
}

/// Deletes a key; whether it was there.
pub async fn delete(db: &Session, id: &KeyId) -> Result<bool, Failure> {
    let sql = "DELETE FROM api_keys WHERE id = $1";
    Ok(db.execute(sql, &[&id.as_str()]).await? > 0)
}

/// Those of some keys that are there.
pub async fn existing(db: &Session, ids: &[KeyId]) -> Result<Vec<KeyId>, Failure> {
    let ids: Vec<&str> = ids.iter().map(KeyId::as_str).collect();
    let sql = "SELECT id FROM api_keys WHERE id = ANY ($1::text[])";
    let rows = db.query(sql, &[&ids]).await?;
    rows.iter()
        .map(|row| parsed(row, 0, KeyId::parse))
        .collect()
}

fn read(row: &Row) -> Result<ApiKey, Failure> {
    Ok(ApiKey {
        scope: Scope {
            account: parsed(row, 0, AccountId::parse)?,
            environment: word(row, 1, Environment::from_word)?,
        },
        id: parsed(row, 2, KeyId::parse)?,
        hint: get(row, 3)?,
        created_at: moment(get(row, 4)?),
    })
}
