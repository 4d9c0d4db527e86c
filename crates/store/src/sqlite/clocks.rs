//! Table `clocks`: how far each scope's clock is ahead of the machine's.
//!
//! Account time is machine time plus the offset. What is due is kept in machine
//! time, so moving a clock moves what is due with it.

use rusqlite::{Connection, OptionalExtension};
use tatami_core::account::Scope;
use tatami_core::time::SignedDuration;

use super::{deliveries, records, timers};
use crate::failure::Failure;
use crate::values::{scope as read_scope, span, span_ticks};

/// A scope's offset in ticks.
pub fn ahead(db: &Connection, scope: &Scope) -> rusqlite::Result<i64> {
    let found = db
        .prepare_cached("SELECT ahead FROM clocks WHERE account = ?1 AND environment = ?2")?
        .query_row((scope.account.as_str(), scope.environment.word()), |row| {
            row.get(0)
        })
        .optional()?;
    Ok(found.unwrap_or(0))
}

/// All offsets that were ever set.
pub fn all(db: &Connection) -> Result<Vec<(Scope, SignedDuration)>, Failure> {
    let offsets = db
        .prepare_cached("SELECT account, environment, ahead FROM clocks")?
        .query_map([], |row| Ok((read_scope(row, 0)?, span(row.get(2)?))))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(offsets)
}

/// Sets a scope's offset and moves what is due.
pub fn set(db: &Connection, scope: &Scope, offset: SignedDuration) -> Result<(), Failure> {
    let (before, after) = (ahead(db, scope)?, span_ticks(offset));
    db.prepare_cached(
        "INSERT INTO clocks (account, environment, ahead) VALUES (?1, ?2, ?3)
         ON CONFLICT (account, environment) DO UPDATE SET ahead = excluded.ahead",
    )?
    .execute((scope.account.as_str(), scope.environment.word(), after))?;
    timers::hasten(db, scope, after - before)?;
    records::hasten(db, scope, after - before)?;
    deliveries::hasten(db, scope, after - before)
}
