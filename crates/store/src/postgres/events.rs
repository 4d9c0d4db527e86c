//! Table `events`: what happened, in order within each payment intent, and who
//! is to be told.

use std::collections::BTreeSet;

use tatami_core::event::Event;
use tatami_core::id::PaymentIntentId;

use super::rows::column;
use super::session::Session;
use crate::failure::Failure;
use crate::values::ticks;

/// Holds the subscriptions that are told, so that none goes, with what it was
/// not told, in between.
pub const HOLD_SUBSCRIPTIONS: &str = "
    SELECT 1 FROM unnest($1::text[], $2::text[], $3::text[])
                  AS told (account, environment, event)
    JOIN subscription_events s ON s.account = told.account
     AND s.environment = told.environment AND s.event = told.event
    FOR KEY SHARE OF s";

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
        INSERT INTO events (id, account, environment, type, subject, created_at, payload)
        SELECT id, account, environment, type, subject, created_at, payload
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],
                    $6::bigint[], $7::text[])
             AS new (id, account, environment, type, subject, created_at, payload)
        RETURNING seq, account, environment, type, subject, created_at
    )
    INSERT INTO deliveries (account, environment, subscription, event, subject, blocked, due_at)
    SELECT s.account, s.environment, s.subscription, t.seq, t.subject,
           row_number() OVER (PARTITION BY s.subscription, t.subject ORDER BY t.seq) > 1
           OR EXISTS (SELECT 1 FROM deliveries d
                      WHERE d.subject = t.subject AND d.subscription = s.subscription
                        AND d.state = 'pending'),
           t.created_at
    FROM told t
    JOIN subscription_events s ON s.account = t.account
     AND s.environment = t.environment AND s.event = t.type
    ORDER BY t.seq";

/// Holds the subscriptions that hear of events.
pub async fn hold_subscriptions(db: &Session, rows: &[(&Event, &str)]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let kinds: BTreeSet<_> = rows
        .iter()
        .map(|(event, _)| {
            (
                &event.scope.account,
                event.scope.environment.word(),
                event.kind.name(),
            )
        })
        .collect();
    let kinds: Vec<_> = kinds.into_iter().collect();
    let accounts = column(&kinds, |kind| kind.0.as_str());
    let environments = column(&kinds, |kind| kind.1);
    let events = column(&kinds, |kind| kind.2);
    db.execute(HOLD_SUBSCRIPTIONS, &[&accounts, &environments, &events])
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
pub async fn append(db: &Session, rows: &[(&Event, &str)]) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let parameters = (
        column(rows, |(event, _)| event.id.as_str()),
        column(rows, |(event, _)| event.scope.account.as_str()),
        column(rows, |(event, _)| event.scope.environment.word()),
        column(rows, |(event, _)| event.kind.name()),
        column(rows, |(event, _)| event.payment_intent.as_str()),
        column(rows, |(event, _)| ticks(event.created_at)),
        column(rows, |(_, payload)| *payload),
    );
    let (a, b, c, d, e, f, g) = &parameters;
    db.execute(APPEND, &[a, b, c, d, e, f, g]).await?;
    Ok(())
}
