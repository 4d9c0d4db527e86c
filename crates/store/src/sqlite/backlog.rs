//! What is still to be done.

use rusqlite::{Connection, OptionalExtension};
use tatami_core::account::AnyScope;
use tatami_core::time::Timestamp;
use tatami_engine::ports::store::Backlog;

use crate::backlog::questions;
use crate::failure::Failure;
use crate::values::{any_scope, moment};

/// Counts it, that of sandboxes only if they are served.
pub fn count(db: &Connection, sandboxes: bool) -> Result<Backlog, Failure> {
    let of = questions(sandboxes);
    Ok(Backlog {
        deliveries: number(db, of.deliveries)?,
        oldest_delivery: oldest(db, of.oldest_delivery)?,
        mails: number(db, of.mails)?,
        oldest_mail: oldest(db, of.oldest_mail)?,
        failed_jobs: number(db, of.failed_jobs)?,
    })
}

fn number(db: &Connection, sql: &str) -> Result<u64, Failure> {
    let number: i64 = db.prepare_cached(sql)?.query_row((), |row| row.get(0))?;
    Ok(number.unsigned_abs())
}

fn oldest(db: &Connection, sql: &str) -> Result<Option<(AnyScope, Timestamp)>, Failure> {
    let mut oldest = db.prepare_cached(sql)?;
    let found = oldest.query_row((), |row| Ok((any_scope(row, 0)?, moment(row.get(1)?))));
    Ok(found.optional()?)
}
