//! A decision as one piece of work for the writer.

use rusqlite::Connection;

use super::{documents, events, idempotency, jobs};
use crate::failure::Failure;
use crate::prepared::Prepared;
use crate::values::ticks;

/// Writes it all. The key comes first: of two equal requests the second is
/// refused because the key is taken, not that the intent has changed.
pub fn apply(db: &Connection, prepared: &Prepared, now: i64) -> Result<(), Failure> {
    let Prepared {
        commit,
        scope,
        scopes,
    } = prepared;
    if let Some(record) = &commit.idempotency {
        idempotency::write(db, scope, record, now)?;
    }
    for (write, scope) in commit.documents.iter().zip(scopes) {
        documents::write(db, scope, write)?;
    }
    for job in &commit.claims {
        jobs::take(db, scope, job)?;
    }
    for event in &commit.events {
        events::append(db, scope, event, ticks(commit.at))?;
    }
    Ok(())
}
