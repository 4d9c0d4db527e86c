//! Table `events`: what happened, in order within each subject, and who is to
//! be told.

use std::collections::BTreeSet;

use tatami_core::event::Event;
use tatami_core::id::PaymentIntentId;
use tatami_engine::ports::records::{EVENT, RecordKind};

use super::rows::column;
use super::session::Session;
use crate::failure::Failure;
use crate::values::ticks;

/// An event that is appended.
pub struct Told<'a> {
    pub event: &'a Event,
    pub scope: &'a str,
    pub payload: &'a str,
}

/// Holds the subscriptions that are told, so that none goes, with what it was
/// not told, in between.
pub const HOLD_SUBSCRIPTIONS: &str = "
    SELECT 1 FROM unnest($3::text[], $4::text[]) AS told (scope, event)
    JOIN document_index i ON i.kind = $1 AND i.name = $2
     AND i.scope = told.scope AND i.value = told.event
    FOR KEY SHARE OF i";

/// Holds what is still to be delivered about those subjects: whoever ends one
/// of these deliveries, and so opens the next, waits until ours is there to be
/// found; or has done so, and then ours is not blocked.
pub const HOLD_LINES: &str = "
    SELECT 1 FROM unnest($1::text[]) AS told (subject)
    JOIN deliveries d ON d.subject = told.subject
    WHERE d.state = 'pending'
    ORDER BY d.id FOR SHARE OF d";

pub const APPEND: &str = "
    WITH told AS (
        INSERT INTO events (id, scope, type, subject, created_at, payload)
        SELECT id, scope, type, subject, created_at, payload
        FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[])
             AS new (id, scope, type, subject, created_at, payload)
        RETURNING seq, scope, type, subject, created_at
    )
    INSERT INTO deliveries (scope, subscription, event, subject, blocked, due_at)
    SELECT i.scope, i.id, t.seq, t.subject,
           row_number() OVER (PARTITION BY i.id, t.subject ORDER BY t.seq) > 1
           OR EXISTS (SELECT 1 FROM deliveries d
                      WHERE d.subject = t.subject AND d.subscription = i.id
                        AND d.state = 'pending'),
           t.created_at
    FROM told t
    JOIN document_index i ON i.kind = $1 AND i.name = $2
     AND i.scope = t.scope AND i.value = t.type
    ORDER BY t.seq";

/// Holds the subscriptions that hear of events.
pub async fn hold_subscriptions(db: &Session, rows: &[Told<'_>]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let kinds: BTreeSet<_> = rows
        .iter()
        .map(|told| (told.scope, told.event.kind.name()))
        .collect();
    let kinds: Vec<_> = kinds.into_iter().collect();
    let scopes = column(&kinds, |kind| kind.0);
    let events = column(&kinds, |kind| kind.1);
    let kind = RecordKind::Subscription.word();
    db.execute(HOLD_SUBSCRIPTIONS, &[&kind, &EVENT, &scopes, &events])
        .await?;
    Ok(())
}

/// Holds the lines that events of known intents join.
pub async fn hold_lines(
    db: &Session,
    subjects: &BTreeSet<&PaymentIntentId>,
) -> Result<(), Failure> {
    if subjects.is_empty() {
        return Ok(());
    }
    let subjects: Vec<_> = subjects.iter().map(|id| id.as_str()).collect();
    db.execute(HOLD_LINES, &[&subjects]).await?;
    Ok(())
}

/// Appends events with their payloads, and a delivery for each subscription to
/// them, due when they happened.
pub async fn append(db: &Session, rows: &[Told<'_>]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let parameters = (
        column(rows, |told| told.event.id.as_str()),
        column(rows, |told| told.scope),
        column(rows, |told| told.event.kind.name()),
        column(rows, |told| told.event.payment_intent.as_str()),
        column(rows, |told| ticks(told.event.created_at)),
        column(rows, |told| told.payload),
    );
    let (a, b, c, d, e, f) = &parameters;
    let kind = RecordKind::Subscription.word();
    db.execute(APPEND, &[&kind, &EVENT, a, b, c, d, e, f])
        .await?;
    Ok(())
}
