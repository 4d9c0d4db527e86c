//! Table `clocks`: how far each scope's clock is ahead of the machine's. What is
//! due is kept in account time and compared with the moved clock when it
//! is asked for, so moving a clock is one row.

use rusqlite::{Connection, OptionalExtension};
use tatami_core::account::Scope;
use tatami_core::time::SignedDuration;

use crate::failure::Failure;
use crate::values::{scope as read_scope, span, span_ticks};

/// A scope's offset in ticks.
pub fn ahead(db: &Connection, scope: &str) -> rusqlite::Result<i64> {
    let found = db
        .prepare_cached("SELECT ahead FROM clocks WHERE scope = ?1")?
        .query_row([scope], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(0))
}

/// All offsets that were ever set, in ticks.
pub fn all(db: &Connection) -> rusqlite::Result<Vec<(String, i64)>> {
    db.prepare_cached("SELECT scope, ahead FROM clocks")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// All offsets that were ever set.
pub fn offsets(db: &Connection) -> Result<Vec<(Scope, SignedDuration)>, Failure> {
    let offsets = db
        .prepare_cached("SELECT scope, ahead FROM clocks")?
        .query_map([], |row| Ok((read_scope(row, 0)?, span(row.get(1)?))))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(offsets)
}

/// Sets a scope's offset.
pub fn set(db: &Connection, scope: &Scope, offset: SignedDuration) -> Result<(), Failure> {
    db.prepare_cached(
        "INSERT INTO clocks (scope, ahead) VALUES (?1, ?2)
         ON CONFLICT (scope) DO UPDATE SET ahead = max(ahead, excluded.ahead)",
    )?
    .execute((scope.to_string(), span_ticks(offset)))?;
    Ok(())
}
