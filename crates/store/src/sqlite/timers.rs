//! Table `timers`: what is to be looked at again, and when.

use rusqlite::{Connection, Row};
use tatami_core::account::Scope;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::{TimerChange, TimerKind};
use tatami_engine::ports::store::DueTimer;

use crate::failure::Failure;
use crate::values::{parsed, rows, scope as read_scope, ticks_up, word};

/// Changes an intent's timers, given how far its clock is ahead.
pub fn change(
    db: &Connection,
    scope: &Scope,
    intent: &PaymentIntentId,
    changes: &[TimerChange],
    ahead: i64,
) -> Result<(), Failure> {
    let (account, environment) = (scope.account.as_str(), scope.environment.word());
    for change in changes {
        match change {
            TimerChange::Set(kind, at) => db
                .prepare_cached(
                    "INSERT INTO timers (account, environment, payment_intent, kind, due_at)
                     VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (account, environment, payment_intent, kind)
                     DO UPDATE SET due_at = excluded.due_at",
                )?
                .execute((
                    account,
                    environment,
                    intent.as_str(),
                    kind.word(),
                    ticks_up(*at) - ahead,
                ))?,
            TimerChange::Clear(kind) => db
                .prepare_cached(
                    "DELETE FROM timers
                     WHERE account = ?1 AND environment = ?2 AND payment_intent = ?3 AND kind = ?4",
                )?
                .execute((account, environment, intent.as_str(), kind.word()))?,
        };
    }
    Ok(())
}

/// Makes a scope's timers due that much earlier.
pub fn hasten(db: &Connection, scope: &Scope, by: i64) -> Result<(), Failure> {
    db.prepare_cached(
        "UPDATE timers SET due_at = due_at - ?3 WHERE account = ?1 AND environment = ?2",
    )?
    .execute((scope.account.as_str(), scope.environment.word(), by))?;
    Ok(())
}

/// When a scope's next timer is due.
pub fn next_due(db: &Connection, scope: &Scope) -> rusqlite::Result<Option<i64>> {
    // The plus keeps SQLite from walking the timers of all scopes by due_at.
    db.prepare_cached("SELECT min(+due_at) FROM timers WHERE account = ?1 AND environment = ?2")?
        .query_row((scope.account.as_str(), scope.environment.word()), |row| {
            row.get(0)
        })
}

/// Timers due at that machine time, earliest first.
pub fn due(
    db: &Connection,
    now: i64,
    scope: Option<&Scope>,
    limit: usize,
) -> Result<Vec<DueTimer>, Failure> {
    let timers = match scope {
        None => db
            .prepare_cached(
                "SELECT account, environment, payment_intent, kind FROM timers
                 WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2",
            )?
            .query_map((now, rows(limit)), read)?
            .collect::<rusqlite::Result<_>>()?,
        Some(scope) => db
            .prepare_cached(
                "SELECT account, environment, payment_intent, kind FROM timers
                 WHERE account = ?1 AND environment = ?2 AND due_at <= ?3
                 ORDER BY due_at LIMIT ?4",
            )?
            .query_map(
                (
                    scope.account.as_str(),
                    scope.environment.word(),
                    now,
                    rows(limit),
                ),
                read,
            )?
            .collect::<rusqlite::Result<_>>()?,
    };
    Ok(timers)
}

/// All timers of a kind. The kind is part of the statement, for there is an
/// index of open attempts alone.
pub fn of_kind(db: &Connection, kind: TimerKind) -> Result<Vec<DueTimer>, Failure> {
    let timers = db
        .prepare(&format!(
            "SELECT account, environment, payment_intent, kind FROM timers
             WHERE kind = '{}' ORDER BY due_at",
            kind.word()
        ))?
        .query_map([], read)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(timers)
}

fn read(row: &Row<'_>) -> rusqlite::Result<DueTimer> {
    Ok(DueTimer {
        scope: read_scope(row, 0)?,
        payment_intent: parsed(row, 2, PaymentIntentId::parse)?,
        kind: word(row, 3, TimerKind::from_word)?,
    })
}
