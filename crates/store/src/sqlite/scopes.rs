//! Table `scopes`: the number of each scope, which stands for it in the rows of
//! intents, and how far its clock is ahead of the machine's.
//!
//! Account time is machine time plus the offset. Timers of intents are kept in
//! account time, so they move with it; what else is due is kept in machine time
//! and moved with the clock.

use rusqlite::{Connection, OptionalExtension, Row};
use tatami_core::account::Scope;
use tatami_core::time::SignedDuration;

use super::{deliveries, records};
use crate::failure::Failure;
use crate::values::{scope as read_scope, span, span_ticks};

/// A scope as rows know it.
#[derive(Clone, Copy)]
pub struct Place {
    /// Its number.
    pub id: i64,
    /// How far its clock is ahead of the machine's, in ticks.
    pub ahead: i64,
}

/// A scope's place, if it has one: without it, it has no intents and its clock
/// was never moved.
pub fn find(db: &Connection, scope: &Scope) -> rusqlite::Result<Option<Place>> {
    db.prepare_cached(
        "SELECT id, coalesce(ahead, 0) FROM scopes WHERE account = ?1 AND environment = ?2",
    )?
    .query_row((scope.account.as_str(), scope.environment.word()), |row| {
        place(row, 0)
    })
    .optional()
}

/// A scope's place, which it is given if it has none.
pub fn place_of(db: &Connection, scope: &Scope) -> rusqlite::Result<Place> {
    if let Some(place) = find(db, scope)? {
        return Ok(place);
    }
    let id = db
        .prepare_cached("INSERT INTO scopes (account, environment) VALUES (?1, ?2)")?
        .insert((scope.account.as_str(), scope.environment.word()))?;
    Ok(Place { id, ahead: 0 })
}

/// A scope's offset in ticks.
pub fn ahead(db: &Connection, scope: &Scope) -> rusqlite::Result<i64> {
    Ok(find(db, scope)?.map_or(0, |place| place.ahead))
}

/// Every scope that has a place.
pub fn all(db: &Connection) -> rusqlite::Result<Vec<(Scope, Place)>> {
    db.prepare_cached("SELECT account, environment, id, coalesce(ahead, 0) FROM scopes")?
        .query_map([], |row| Ok((read_scope(row, 0)?, place(row, 2)?)))?
        .collect()
}

/// All offsets that were ever set.
pub fn offsets(db: &Connection) -> Result<Vec<(Scope, SignedDuration)>, Failure> {
    let offsets = db
        .prepare_cached("SELECT account, environment, ahead FROM scopes WHERE ahead IS NOT NULL")?
        .query_map([], |row| Ok((read_scope(row, 0)?, span(row.get(2)?))))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(offsets)
}

/// Sets a scope's offset and moves what is due.
pub fn set_offset(db: &Connection, scope: &Scope, offset: SignedDuration) -> Result<(), Failure> {
    let (before, after) = (place_of(db, scope)?, span_ticks(offset));
    db.prepare_cached("UPDATE scopes SET ahead = ?2 WHERE id = ?1")?
        .execute((before.id, after))?;
    records::hasten(db, scope, after - before.ahead)?;
    deliveries::hasten(db, scope, after - before.ahead)
}

fn place(row: &Row<'_>, column: usize) -> rusqlite::Result<Place> {
    Ok(Place {
        id: row.get(column)?,
        ahead: row.get(column + 1)?,
    })
}
