//! What is still to be done.

use tatami_core::account::Scope;
use tatami_core::time::Timestamp;
use tatami_engine::ports::store::Backlog;

use super::rows::{get, number, scope};
use super::session::Session;
use crate::backlog::{DELIVERIES, MAILS, OLDEST_DELIVERY, OLDEST_MAIL};
use crate::failure::Failure;
use crate::values::moment;

/// Counts it.
pub async fn count(db: &Session) -> Result<Backlog, Failure> {
    Ok(Backlog {
        deliveries: how_many(db, DELIVERIES).await?,
        oldest_delivery: oldest(db, OLDEST_DELIVERY).await?,
        mails: how_many(db, MAILS).await?,
        oldest_mail: oldest(db, OLDEST_MAIL).await?,
    })
}

async fn how_many(db: &Session, sql: &'static str) -> Result<u64, Failure> {
    let row = db.one(sql, &[]).await?;
    row.map_or(Ok(0), |row| number(&row, 0))
}

async fn oldest(db: &Session, sql: &'static str) -> Result<Option<(Scope, Timestamp)>, Failure> {
    let row = db.one(sql, &[]).await?;
    row.map(|row| Ok((scope(&row, 0)?, moment(get(&row, 2)?))))
        .transpose()
}
