//! Table `events`: what happened, in one global order, and a job for each endpoint
//! that wants it.

use rusqlite::{Connection, Row};
use tatami_core::event::{Event, EventType, Subject};
use tatami_core::id::EventId;
use tatami_engine::ports::documents::{DocumentKind, EVENT};

use crate::failure::Failure;
use crate::values::{any_scope, moment, parsed, ticks};

/// Appends an event and a job for each endpoint of its scope that wants it, due at
/// that account time.
pub fn append(db: &Connection, scope: &str, event: &Event, due_at: i64) -> Result<(), Failure> {
    let number = db
        .prepare_cached(
            "INSERT INTO events (id, scope, kind, subject_kind, subject, at, data)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .insert((
            event.id.as_str(),
            scope,
            event.kind.name(),
            &event.subject.kind,
            &event.subject.id,
            ticks(event.at),
            &event.data,
        ))?;
    let mut fan_out = db.prepare_cached(
        "INSERT INTO jobs (kind, key, scope, endpoint, lane, event, due_at, blocked)
         SELECT i.kind, ?5 || '/' || i.id, i.scope, i.id, ?6, ?7, ?8,
                EXISTS (SELECT 1 FROM jobs j
                        WHERE j.endpoint = i.id AND j.lane = ?6
                          AND j.endpoint IS NOT NULL AND NOT j.failed)
         FROM document_index i
         WHERE i.kind = ?1 AND i.name = ?2 AND i.scope = ?3 AND i.value = ?4",
    )?;
    for endpoint in DocumentKind::ENDPOINTS {
        fan_out.execute((
            endpoint.word(),
            EVENT,
            scope,
            event.kind.name(),
            event.id.as_str(),
            &event.subject.id,
            number,
            due_at,
        ))?;
    }
    Ok(())
}

/// The columns that [`read`] reads.
pub const COLUMNS: &str = "e.seq, e.id, e.scope, e.kind, e.subject_kind, e.subject, e.at, e.data";

/// Reads [`COLUMNS`]: the number of the event, and it.
pub fn read(row: &Row<'_>) -> rusqlite::Result<(i64, Event)> {
    let event = Event {
        id: parsed(row, 1, EventId::parse)?,
        scope: any_scope(row, 2)?,
        kind: EventType::new(row.get::<_, String>(3)?),
        subject: Subject {
            kind: row.get::<_, String>(4)?.into(),
            id: row.get(5)?,
        },
        at: moment(row.get(6)?),
        data: row.get(7)?,
    };
    Ok((row.get(0)?, event))
}
