//! Table `events`: what happened, in one global order, and who is to be told.

use rusqlite::Connection;
use tatami_core::account::Scope;
use tatami_core::event::Event;

use super::known::{InHand, OfScope};
use crate::failure::Failure;
use crate::values::ticks;

/// Appends an event and a delivery for each subscription to it, due at that
/// machine time.
pub fn append<'db>(
    db: &'db Connection,
    insert: &mut InHand<'db>,
    known: &mut OfScope,
    scope: &Scope,
    event: &Event,
    payload: &str,
    due_at: i64,
) -> Result<(), Failure> {
    let (account, environment) = (scope.account.as_str(), scope.environment.word());
    let sql = "INSERT INTO events (id, account, environment, type, subject, created_at, payload)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let seq = insert.of(db, sql)?.insert((
        event.id.as_str(),
        account,
        environment,
        event.kind.name(),
        event.payment_intent.as_str(),
        ticks(event.created_at),
        payload,
    ))?;
    // Most events are told to nobody, which is cheaper to find out than to insert
    // nothing into a table with indexes.
    if !known.is_told(db, scope, event.kind)? {
        return Ok(());
    }
    db.prepare_cached(
        "INSERT INTO deliveries
             (account, environment, subscription, event, subject, blocked, due_at)
         SELECT s.account, s.environment, s.subscription, ?4, ?5,
                EXISTS (SELECT 1 FROM deliveries d
                        WHERE d.state = 'pending'
                          AND d.subscription = s.subscription AND d.subject = ?5),
                ?6
         FROM subscription_events s
         WHERE s.account = ?1 AND s.environment = ?2 AND s.event = ?3",
    )?
    .execute((
        account,
        environment,
        event.kind.name(),
        seq,
        event.payment_intent.as_str(),
        due_at,
    ))?;
    Ok(())
}
