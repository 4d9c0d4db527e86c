//! Table `events`: what happened, in order within each subject, and a job for each
//! endpoint that wants it.

use std::collections::BTreeSet;

use tatami_core::event::{Event, EventType, Subject};
use tatami_core::id::EventId;
use tatami_engine::ports::documents::{DocumentKind, EVENT};
use tokio_postgres::Row;

use super::rows::{any_scope, column, get, parsed};
use super::session::Session;
use crate::failure::Failure;
use crate::values::{moment, ticks};

/// An event that is appended.
pub struct Appended<'a> {
    pub event: &'a Event,
    pub scope: &'a str,
    /// When it is to be delivered (account time).
    pub due_at: i64,
    /// Whether its subject is new, so that nothing can be under way about it.
    pub is_first: bool,
}

/// Locks the endpoints that want these events, so that none is deleted before its
/// jobs are there.
pub const HOLD_ENDPOINTS: &str = "
    SELECT 1 FROM unnest($3::text[], $4::text[]) AS wanted (scope, event)
    JOIN document_index i ON i.kind = ANY ($1::text[]) AND i.name = $2
     AND i.scope = wanted.scope AND i.value = wanted.event
    FOR KEY SHARE OF i";

/// Locks what is still to be delivered to them about those subjects. A transaction
/// that ends one of these deliveries unblocks the next of its lane: it waits until
/// ours is there, or was first, and then ours is not blocked.
pub const HOLD_LANES: &str = "
    SELECT 1 FROM unnest($3::text[], $4::text[], $5::text[]) AS wanted (scope, event, subject)
    JOIN document_index i ON i.kind = ANY ($1::text[]) AND i.name = $2
     AND i.scope = wanted.scope AND i.value = wanted.event
    JOIN jobs j ON j.endpoint = i.id AND j.lane = wanted.subject
    WHERE j.endpoint IS NOT NULL AND NOT j.failed
    ORDER BY j.event, j.endpoint FOR SHARE OF j";

pub const APPEND: &str = "
    WITH new AS (
        SELECT * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                             $8::bigint[], $9::text[], $10::bigint[])
             AS new (id, scope, kind, subject_kind, subject, at, data, due_at)
    ), added AS (
        INSERT INTO events (id, scope, kind, subject_kind, subject, at, data)
        SELECT id, scope, kind, subject_kind, subject, at, data FROM new
        RETURNING seq, id, scope, kind, subject
    )
    INSERT INTO jobs (kind, key, scope, endpoint, lane, event, due_at, blocked)
    SELECT i.kind, t.id || '/' || i.id, i.scope, i.id, t.subject, t.seq, new.due_at,
           row_number() OVER (PARTITION BY i.id, t.subject ORDER BY t.seq) > 1
           OR EXISTS (SELECT 1 FROM jobs j
                      WHERE j.endpoint = i.id AND j.lane = t.subject
                        AND j.endpoint IS NOT NULL AND NOT j.failed)
    FROM added t
    JOIN new ON new.id = t.id
    JOIN document_index i ON i.kind = ANY ($1::text[]) AND i.name = $2
     AND i.scope = t.scope AND i.value = t.kind
    ORDER BY t.seq";

/// The kinds of documents that events are delivered to.
pub fn endpoint_kinds() -> Vec<&'static str> {
    column(&DocumentKind::ENDPOINTS, |kind| kind.word())
}

/// Holds the endpoints that want events.
pub async fn hold_endpoints(db: &Session, rows: &[Appended<'_>]) -> Result<(), Failure> {
    let kinds: BTreeSet<_> = rows
        .iter()
        .map(|row| (row.scope, row.event.kind.name()))
        .collect();
    if kinds.is_empty() {
        return Ok(());
    }
    let kinds: Vec<_> = kinds.into_iter().collect();
    let scopes = column(&kinds, |kind| kind.0);
    let events = column(&kinds, |kind| kind.1);
    db.execute(
        HOLD_ENDPOINTS,
        &[&endpoint_kinds(), &EVENT, &scopes, &events],
    )
    .await?;
    Ok(())
}

/// Holds the lanes that events of known subjects join.
pub async fn hold_lanes(db: &Session, rows: &[Appended<'_>]) -> Result<(), Failure> {
    let lanes: BTreeSet<_> = rows
        .iter()
        .filter(|row| !row.is_first)
        .map(|row| {
            let event = row.event;
            (row.scope, event.kind.name(), event.subject.id.as_str())
        })
        .collect();
    if lanes.is_empty() {
        return Ok(());
    }
    let lanes: Vec<_> = lanes.into_iter().collect();
    let scopes = column(&lanes, |lane| lane.0);
    let events = column(&lanes, |lane| lane.1);
    let subjects = column(&lanes, |lane| lane.2);
    db.execute(
        HOLD_LANES,
        &[&endpoint_kinds(), &EVENT, &scopes, &events, &subjects],
    )
    .await?;
    Ok(())
}

/// Appends events, and a job for each endpoint that wants them.
pub async fn append(db: &Session, rows: &[Appended<'_>]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let parameters = (
        column(rows, |row| row.event.id.as_str()),
        column(rows, |row| row.scope),
        column(rows, |row| row.event.kind.name()),
        column(rows, |row| row.event.subject.kind.as_ref()),
        column(rows, |row| row.event.subject.id.as_str()),
        column(rows, |row| ticks(row.event.at)),
        column(rows, |row| row.event.data.as_str()),
        column(rows, |row| row.due_at),
    );
    let (a, b, c, d, e, f, g, h) = &parameters;
    let kinds = endpoint_kinds();
    db.execute(APPEND, &[&kinds, &EVENT, a, b, c, d, e, f, g, h])
        .await?;
    Ok(())
}

/// The columns that [`read`] reads.
macro_rules! columns {
    () => {
        "e.seq, e.id, e.scope, e.kind, e.subject_kind, e.subject, e.at, e.data"
    };
}
pub(super) use columns;

/// Reads [`columns`]: the number of the event, and it.
pub fn read(row: &Row) -> Result<(i64, Event), Failure> {
    let event = Event {
        id: parsed(row, 1, EventId::parse)?,
        scope: any_scope(row, 2)?,
        kind: EventType::new(get::<&str>(row, 3)?),
        subject: Subject {
            kind: get::<String>(row, 4)?.into(),
            id: get(row, 5)?,
        },
        at: moment(get(row, 6)?),
        data: get(row, 7)?,
    };
    Ok((get(row, 0)?, event))
}
