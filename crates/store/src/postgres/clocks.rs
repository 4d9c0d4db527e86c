//! Table `clocks`: how far each scope's clock is ahead of the machine's.
//!
//! What is due is kept in account time and compared with the moved clock when
//! somebody asks, so moving a clock is one row. On SQLite that goes for
//! timers of intents; the rest is kept in machine time and moved with the clock,
//! while nobody else commits.

use tatami_core::account::Scope;
use tatami_core::time::SignedDuration;

use super::rows::{get, scope as read_scope};
use super::session::Session;
use crate::failure::Failure;
use crate::values::{span, span_ticks};

/// All offsets that were ever set.
pub async fn all(db: &Session) -> Result<Vec<(Scope, SignedDuration)>, Failure> {
    let sql = "SELECT account, environment, ahead FROM clocks";
    let rows = db.query(sql, &[]).await?;
    let read = rows
        .iter()
        .map(|row| Ok((read_scope(row, 0)?, span(get(row, 2)?))));
    read.collect()
}

/// Sets a scope's offset.
pub async fn set(db: &Session, scope: &Scope, offset: SignedDuration) -> Result<(), Failure> {
    db.execute(
        "INSERT INTO clocks (account, environment, ahead) VALUES ($1, $2, $3)
         ON CONFLICT (account, environment) DO UPDATE SET ahead = excluded.ahead",
        &[
            &scope.account.as_str(),
            &scope.environment.word(),
            &span_ticks(offset),
        ],
    )
    .await?;
    Ok(())
}
