//! Table `timers`: what is to be looked at again, and when, in account time.

use tatami_core::account::Scope;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::TimerKind;
use tatami_core::time::Timestamp;
use tatami_engine::ports::store::DueTimer;
use tokio_postgres::Row;

use super::rows::{column, get, parsed, scope as read_scope, word};
use super::session::Session;
use crate::failure::Failure;
use crate::values::{moment, rows, ticks_up};

macro_rules! of_kind {
    ($word:literal) => {
        concat!(
            "SELECT account, environment, payment_intent, kind FROM timers WHERE kind = '",
            $word,
            "' ORDER BY due_at"
        )
    };
}

/// An intent's timer of a kind.
pub struct Timer<'a> {
    pub scope: &'a Scope,
    pub intent: &'a PaymentIntentId,
    pub kind: TimerKind,
}

pub const SET: &str = "
    INSERT INTO timers (account, environment, payment_intent, kind, due_at)
    SELECT account, environment, payment_intent, kind, due_at
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
         AS new (account, environment, payment_intent, kind, due_at)
    ON CONFLICT (payment_intent, kind) DO UPDATE SET due_at = excluded.due_at";

pub const CLEAR: &str = "
    DELETE FROM timers t
    USING unnest($1::text[], $2::text[]) AS old (payment_intent, kind)
    WHERE t.payment_intent = old.payment_intent AND t.kind = old.kind";

/// Sets timers; each at most once.
pub async fn set(db: &Session, changes: &[(Timer<'_>, Timestamp)]) -> Result<(), Failure> {
    if changes.is_empty() {
        return Ok(());
    }
    let parameters = (
        column(changes, |(timer, _)| timer.scope.account.as_str()),
        column(changes, |(timer, _)| timer.scope.environment.word()),
        column(changes, |(timer, _)| timer.intent.as_str()),
        column(changes, |(timer, _)| timer.kind.word()),
        column(changes, |(_, at)| ticks_up(*at)),
    );
    let (a, b, c, d, e) = &parameters;
    db.execute(SET, &[a, b, c, d, e]).await?;
    Ok(())
}

/// Clears timers, there or not.
pub async fn clear(db: &Session, timers: &[Timer<'_>]) -> Result<(), Failure> {
    if timers.is_empty() {
        return Ok(());
    }
    let intents = column(timers, |timer| timer.intent.as_str());
    let kinds = column(timers, |timer| timer.kind.word());
    db.execute(CLEAR, &[&intents, &kinds]).await?;
    Ok(())
}

/// Timers due at that machine time, earliest first.
pub async fn due(
    db: &Session,
    now: i64,
    scope: Option<&Scope>,
    sandboxes: bool,
    limit: usize,
) -> Result<Vec<DueTimer>, Failure> {
    let found = match scope {
        None => db.query(DUE, &[&now, &rows(limit), &sandboxes]).await?,
        Some(scope) => {
            let (account, environment) = (scope.account.as_str(), scope.environment.word());
            let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
                [&account, &environment, &now, &rows(limit)];
            db.query(DUE_OF_SCOPE, &parameters).await?
        }
    };
    found.iter().map(read).collect()
}

/// Those of scopes whose clock was never moved by one index; and for each
/// other scope, those that are due by its clock.
const DUE: &str = "
    SELECT account, environment, payment_intent, kind FROM (
        (SELECT t.account, t.environment, t.payment_intent, t.kind, t.due_at AS due
         FROM timers t
         LEFT JOIN clocks c ON c.account = t.account AND c.environment = t.environment
         WHERE t.due_at <= $1 AND c.account IS NULL AND ($3 OR t.environment <> 'sandbox')
         ORDER BY t.due_at LIMIT $2)
        UNION ALL
        (SELECT c.account, c.environment, t.payment_intent, t.kind, t.due_at - c.ahead
         FROM clocks c
         CROSS JOIN LATERAL (
             SELECT t.payment_intent, t.kind, t.due_at FROM timers t
             WHERE t.account = c.account AND t.environment = c.environment
               AND t.due_at <= $1 + c.ahead
             ORDER BY t.due_at LIMIT $2) t
         WHERE $3 OR c.environment <> 'sandbox')
    ) due
    ORDER BY due LIMIT $2";

const DUE_OF_SCOPE: &str = "
    SELECT account, environment, payment_intent, kind FROM timers
    WHERE account = $1 AND environment = $2
      AND due_at <= $3 + coalesce((SELECT ahead FROM clocks
                                   WHERE account = $1 AND environment = $2), 0)
    ORDER BY due_at LIMIT $4";

/// All timers of a kind. The kind is part of the statement, for there is an
/// index of open attempts alone.
pub async fn of_kind(db: &Session, kind: TimerKind) -> Result<Vec<DueTimer>, Failure> {
    let sql = match kind {
        TimerKind::Void => of_kind!("void"),
        TimerKind::EndHold => of_kind!("end-hold"),
        TimerKind::Settle => of_kind!("settle"),
    };
    db.query(sql, &[]).await?.iter().map(read).collect()
}

/// When the next timer, record or open delivery of a scope is due, in account time.
pub async fn next_due(db: &Session, scope: &Scope) -> Result<Option<Timestamp>, Failure> {
    let row = db
        .one(
            "SELECT least(
                 (SELECT min(due_at) FROM timers WHERE account = $1 AND environment = $2),
                 (SELECT min(due_at) FROM records
                  WHERE account = $1 AND environment = $2 AND due_at IS NOT NULL),
                 (SELECT min(d.due_at) FROM subscriptions s
                  CROSS JOIN LATERAL (
                      SELECT due_at FROM deliveries
                      WHERE subscription = s.id AND state = 'pending' AND NOT blocked
                      ORDER BY due_at LIMIT 1) d
                  WHERE s.account = $1 AND s.environment = $2))",
            &[&scope.account.as_str(), &scope.environment.word()],
        )
        .await?;
    let due: Option<i64> = row.map_or(Ok(None), |row| get(&row, 0))?;
    Ok(due.map(moment))
}

fn read(row: &Row) -> Result<DueTimer, Failure> {
    Ok(DueTimer {
        scope: read_scope(row, 0)?,
        payment_intent: parsed(row, 2, PaymentIntentId::parse)?,
        kind: word(row, 3, TimerKind::from_word)?,
    })
}
