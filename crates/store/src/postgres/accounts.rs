//! Table `accounts`.

use tatami_core::account::Account;
use tatami_core::id::AccountId;
use tokio_postgres::Row;

use super::rows::{get, parsed, text};
use super::session::Session;
use crate::failure::Failure;
use crate::values::{moment, permission_words, permissions, ticks};

/// Makes an account.
pub async fn insert(db: &Session, account: &Account) -> Result<(), Failure> {
    db.execute(
        "INSERT INTO accounts (id, name, time_zone, permissions, created_at)
         VALUES ($1, $2, $3, $4, $5)",
        &[
            &account.id.as_str(),
            &text(&account.name),
            &text(&account.time_zone),
            &permission_words(account),
            &ticks(account.created_at),
        ],
    )
    .await?;
    Ok(())
}

/// An account.
pub async fn find(db: &Session, id: &AccountId) -> Result<Option<Account>, Failure> {
    let sql = "SELECT id, name, time_zone, permissions, created_at FROM accounts WHERE id = $1";
    let row = db.one(sql, &[&id.as_str()]).await?;
    row.as_ref().map(read).transpose()
}

/// All accounts, oldest first.
pub async fn list(db: &Session) -> Result<Vec<Account>, Failure> {
    let sql = "SELECT id, name, time_zone, permissions, created_at FROM accounts
               ORDER BY created_at, id";
    db.query(sql, &[]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Account, Failure> {
    Ok(Account {
        id: parsed(row, 0, AccountId::parse)?,
        name: get(row, 1)?,
        time_zone: get(row, 2)?,
        permissions: parsed(row, 3, permissions)?,
        created_at: moment(get(row, 4)?),
    })
}
