//! What is still to be done.

use tatami_core::account::AnyScope;
use tatami_core::time::Timestamp;
use tatami_engine::ports::store::Backlog;

use super::rows::{any_scope, get, number};
use super::session::Session;
use crate::backlog::questions;
use crate::failure::Failure;
use crate::values::moment;

/// Counts it, that of sandboxes only if they are served.
pub async fn count(db: &Session, sandboxes: bool) -> Result<Backlog, Failure> {
    let of = questions(sandboxes);
    Ok(Backlog {
        deliveries: how_many(db, of.deliveries).await?,
        oldest_delivery: oldest(db, of.oldest_delivery).await?,
        mails: how_many(db, of.mails).await?,
        oldest_mail: oldest(db, of.oldest_mail).await?,
        failed_jobs: how_many(db, of.failed_jobs).await?,
    })
}

async fn how_many(db: &Session, sql: &'static str) -> Result<u64, Failure> {
    let row = db.one(sql, &[]).await?;
    row.map_or(Ok(0), |row| number(&row, 0))
}

async fn oldest(db: &Session, sql: &'static str) -> Result<Option<(AnyScope, Timestamp)>, Failure> {
    let row = db.one(sql, &[]).await?;
    row.map(|row| Ok((any_scope(&row, 0)?, moment(get(&row, 1)?))))
        .transpose()
}
