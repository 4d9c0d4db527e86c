//! Timers of intents: what is to be looked at again, and when, in account time.
//! They are columns of the table `intents`, each with an index of the rows that
//! have it.

use rusqlite::{Connection, Row};
use tatami_core::account::Scope;
use tatami_core::id::{Environment, PaymentIntentId};
use tatami_core::payment_intent::{TimerChange, TimerKind};
use tatami_engine::ports::store::DueTimer;

use super::scopes::{self, Place};
use crate::failure::Failure;
use crate::values::{parsed, rows, scope as read_scope, ticks_up};

/// What becomes of each timer: left as it is, cleared or set.
#[derive(Default)]
pub struct Changes {
    pub void: Option<Option<i64>>,
    pub end_hold: Option<Option<i64>>,
    pub settle: Option<Option<i64>>,
}

impl Changes {
    /// What comes of some changes in their order.
    pub fn of(changes: &[TimerChange]) -> Self {
        let mut all = Self::default();
        for change in changes {
            let (kind, at) = match change {
                TimerChange::Set(kind, at) => (kind, Some(ticks_up(*at))),
                TimerChange::Clear(kind) => (kind, None),
            };
            let timer = match kind {
                TimerKind::Void => &mut all.void,
                TimerKind::EndHold => &mut all.end_hold,
                TimerKind::Settle => &mut all.settle,
            };
            *timer = Some(at);
        }
        all
    }
}

/// When a scope's next timer is due.
pub fn next_due(db: &Connection, scope: Place) -> rusqlite::Result<Option<i64>> {
    // Each is the first entry of its index.
    let first: [Option<i64>; 3] = db
        .prepare_cached(
            "SELECT (SELECT min(void_at) FROM intents
                     WHERE scope = ?1 AND void_at IS NOT NULL),
                    (SELECT min(end_hold_at) FROM intents
                     WHERE scope = ?1 AND end_hold_at IS NOT NULL),
                    (SELECT min(settle_at) FROM intents
                     WHERE scope = ?1 AND settle_at IS NOT NULL)",
        )?
        .query_row([scope.id], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?])
        })?;
    Ok(first.into_iter().flatten().min())
}

/// Timers due at that machine time, earliest first.
pub fn due(
    db: &Connection,
    now: i64,
    scope: Option<&Scope>,
    sandboxes: bool,
    limit: usize,
) -> Result<Vec<DueTimer>, Failure> {
    let served = |scope: &Scope| sandboxes || scope.environment != Environment::Sandbox;
    let scopes = match scope {
        None => scopes::all(db)?
            .into_iter()
            .filter(|(scope, _)| served(scope))
            .collect(),
        Some(scope) => match scopes::find(db, scope)? {
            None => Vec::new(),
            Some(place) => vec![(scope.clone(), place)],
        },
    };
    let mut due: Vec<(i64, DueTimer)> = Vec::new();
    for kind in TimerKind::ALL {
        let mut of_kind = db.prepare_cached(due_of_kind(kind))?;
        for (scope, place) in &scopes {
            let found = of_kind.query_map((place.id, now + place.ahead, rows(limit)), |row| {
                let at: i64 = row.get(0)?;
                Ok((at - place.ahead, timer(row, 1, scope.clone(), kind)?))
            })?;
            for timer in found {
                due.push(timer?);
            }
        }
    }
    due.sort_by_key(|(at, _)| *at);
    due.truncate(limit);
    Ok(due.into_iter().map(|(_, timer)| timer).collect())
}

const fn due_of_kind(kind: TimerKind) -> &'static str {
    match kind {
        TimerKind::Void => {
            "SELECT void_at, id FROM intents
             WHERE scope = ?1 AND void_at <= ?2 ORDER BY void_at LIMIT ?3"
        }
        TimerKind::EndHold => {
            "SELECT end_hold_at, id FROM intents
             WHERE scope = ?1 AND end_hold_at <= ?2 ORDER BY end_hold_at LIMIT ?3"
        }
        TimerKind::Settle => {
            "SELECT settle_at, id FROM intents
             WHERE scope = ?1 AND settle_at <= ?2 ORDER BY settle_at LIMIT ?3"
        }
    }
}

/// All timers of a kind.
pub fn of_kind(db: &Connection, kind: TimerKind) -> Result<Vec<DueTimer>, Failure> {
    let column = match kind {
        TimerKind::Void => "void_at",
        TimerKind::EndHold => "end_hold_at",
        TimerKind::Settle => "settle_at",
    };
    let timers = db
        .prepare(&format!(
            "SELECT s.account, s.environment, i.id
             FROM scopes s JOIN intents i ON i.scope = s.id
             WHERE i.{column} IS NOT NULL ORDER BY i.{column} - coalesce(s.ahead, 0)"
        ))?
        .query_map([], |row| timer(row, 2, read_scope(row, 0)?, kind))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(timers)
}

fn timer(row: &Row<'_>, id: usize, scope: Scope, kind: TimerKind) -> rusqlite::Result<DueTimer> {
    Ok(DueTimer {
        payment_intent: parsed(row, id, PaymentIntentId::parse)?,
        scope,
        kind,
    })
}
