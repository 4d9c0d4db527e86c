//! Table `events`: what happened, in one global order, and who is to be told.

use rusqlite::Connection;
use tatami_core::event::Event;
use tatami_engine::ports::records::{EVENT, RecordKind};

use crate::failure::Failure;
use crate::values::ticks;

/// Appends an event and a delivery for each subscription to it, due at that
/// account time.
pub fn append(
    db: &Connection,
    scope: &str,
    event: &Event,
    payload: &str,
    due_at: i64,
) -> Result<(), Failure> {
    let (kind, subject) = (event.kind.name(), event.payment_intent.as_str());
    let seq = db
        .prepare_cached(
            "INSERT INTO events (id, scope, type, subject, created_at, payload)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .insert((
            event.id.as_str(),
            scope,
            kind,
            subject,
            ticks(event.created_at),
            payload,
        ))?;
    db.prepare_cached(
        "INSERT INTO deliveries (scope, subscription, event, subject, blocked, due_at)
         SELECT i.scope, i.id, ?5, ?6,
                EXISTS (SELECT 1 FROM deliveries d
                        WHERE d.state = 'pending' AND d.subject = ?6 AND d.subscription = i.id),
                ?7
         FROM document_index i
         WHERE i.kind = ?1 AND i.name = ?2 AND i.scope = ?3 AND i.value = ?4",
    )?
    .execute((
        RecordKind::Subscription.word(),
        EVENT,
        scope,
        kind,
        seq,
        subject,
        due_at,
    ))?;
    Ok(())
}
