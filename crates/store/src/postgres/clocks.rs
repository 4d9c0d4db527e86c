//! Table `clocks`: how far each scope's clock is ahead of the machine's. What is
//! due is kept in account time and compared with the moved clock when it
//! is asked for, so moving a clock is one row.

use tatami_core::account::Scope;
use tatami_core::time::SignedDuration;

use super::rows::{get, scope as read_scope};
use super::session::Session;
use crate::failure::Failure;
use crate::values::{span, span_ticks};

/// All offsets that were ever set.
pub async fn all(db: &Session) -> Result<Vec<(Scope, SignedDuration)>, Failure> {
    let rows = db.query("SELECT scope, ahead FROM clocks", &[]).await?;
    let read = rows
        .iter()
        .map(|row| Ok((read_scope(row, 0)?, span(get(row, 1)?))));
    read.collect()
}

/// Sets a scope's offset.
pub async fn set(db: &Session, scope: &Scope, offset: SignedDuration) -> Result<(), Failure> {
    db.execute(
        "INSERT INTO clocks (scope, ahead) VALUES ($1, $2)
         ON CONFLICT (scope) DO UPDATE SET ahead = greatest(clocks.ahead, excluded.ahead)",
        &[&scope.to_string(), &span_ticks(offset)],
    )
    .await?;
    Ok(())
}
