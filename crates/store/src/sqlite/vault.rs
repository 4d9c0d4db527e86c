//! Table `vault`: the wrapped key of the cards' fingerprints.

use rusqlite::{Connection, OptionalExtension};

use crate::failure::Failure;

pub fn find(db: &Connection) -> Result<Option<String>, Failure> {
    let mut found = db.prepare_cached("SELECT fingerprints FROM vault WHERE id = 1")?;
    Ok(found.query_row([], |row| row.get(0)).optional()?)
}

/// Keeps a wrapped key if what is there is as expected; what is there now.
pub fn keep(db: &Connection, expected: Option<&str>, wrapped: &str) -> Result<String, Failure> {
    match expected {
        None => db.execute(
            "INSERT INTO vault (id, fingerprints) VALUES (1, ?1) ON CONFLICT DO NOTHING",
            [wrapped],
        )?,
        Some(expected) => db.execute(
            "UPDATE vault SET fingerprints = ?1 WHERE id = 1 AND fingerprints = ?2",
            [wrapped, expected],
        )?,
    };
    find(db)?.ok_or_else(|| Failure::Store("the vault's key is gone".to_owned()))
}
