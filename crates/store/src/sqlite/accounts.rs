//! Table `accounts`.

use rusqlite::{Connection, OptionalExtension, Row};
use tatami_core::account::Account;
use tatami_core::id::AccountId;

use crate::failure::Failure;
use crate::values::{moment, parsed, permission_words, permissions, ticks};

/// Makes an account.
pub fn insert(db: &Connection, account: &Account) -> Result<(), Failure> {
    db.prepare_cached(
        "INSERT INTO accounts (id, name, time_zone, permissions, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        account.id.as_str(),
        &account.name,
        &account.time_zone,
        permission_words(account),
        ticks(account.created_at),
    ))?;
    Ok(())
}

/// An account.
pub fn find(db: &Connection, id: &AccountId) -> Result<Option<Account>, Failure> {
    let account = db
        .prepare_cached(
            "SELECT id, name, time_zone, permissions, created_at FROM accounts WHERE id = ?1",
        )?
        .query_row([id.as_str()], read)
        .optional()?;
    Ok(account)
}

/// All accounts, oldest first.
pub fn list(db: &Connection) -> Result<Vec<Account>, Failure> {
    let accounts = db
        .prepare_cached(
            "SELECT id, name, time_zone, permissions, created_at FROM accounts
             ORDER BY created_at, id",
        )?
        .query_map([], read)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(accounts)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: parsed(row, 0, AccountId::parse)?,
        name: row.get(1)?,
        time_zone: row.get(2)?,
        permissions: parsed(row, 3, permissions)?,
        created_at: moment(row.get(4)?),
    })
}
