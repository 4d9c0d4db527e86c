//! Table `payment_intents`, and `refunds`, which finds an intent by a refund.

use tatami_core::account::Scope;
use tatami_core::id::{PaymentIntentId, RefundId};
use tatami_core::payment_intent::PaymentIntent;
use tatami_engine::ports::store::Stored;
use tokio_postgres::Row;

use super::rows::{column, get};
use super::session::Session;
use crate::failure::Failure;
use crate::values::ticks;

/// An intent that is written, its body in its stored form.
pub struct Written<'a> {
    pub intent: &'a PaymentIntent,
    pub body: &'a str,
    /// The version it was read at; new ones have none.
    pub version: i64,
}

pub const INSERT: &str = "
    INSERT INTO payment_intents (account, environment, id, version, status, created_at, body)
    SELECT account, environment, id, 1, status, created_at, body
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])
         AS new (account, environment, id, status, created_at, body)
    ON CONFLICT (id) DO NOTHING";

/// The scope is compared in a way that no index serves: of the one for searches,
/// which begins with it, a planner without statistics would read all intents of
/// the account to find one by its id.
pub const UPDATE: &str = "
    UPDATE payment_intents p
    SET version = p.version + 1, status = new.status, body = new.body
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])
         AS new (account, environment, id, status, version, body)
    WHERE p.id = new.id AND p.version = new.version
      AND p.account IS NOT DISTINCT FROM new.account
      AND p.environment IS NOT DISTINCT FROM new.environment";

pub const INSERT_REFUNDS: &str = "
    INSERT INTO refunds (id, payment_intent)
    SELECT id, payment_intent FROM unnest($1::text[], $2::text[]) AS new (id, payment_intent)
    ON CONFLICT (id) DO NOTHING";

/// Writes new intents.
pub async fn insert(db: &Session, rows: &[Written<'_>]) -> Result<(), Failure> {
    write(db, INSERT, rows, |row| ticks(row.intent.created_at)).await
}

/// Writes intents that were there.
pub async fn update(db: &Session, rows: &[Written<'_>]) -> Result<(), Failure> {
    write(db, UPDATE, rows, |row| row.version).await
}

async fn write(
    db: &Session,
    sql: &'static str,
    rows: &[Written<'_>],
    number: impl Fn(&Written<'_>) -> i64,
) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let parameters = (
        column(rows, |r| r.intent.scope.account.as_str()),
        column(rows, |r| r.intent.scope.environment.word()),
        column(rows, |r| r.intent.id.as_str()),
        column(rows, |r| r.intent.status.name()),
        column(rows, number),
        column(rows, |r| r.body),
    );
    let (a, b, c, d, e, f) = &parameters;
    let written = db.execute(sql, &[a, b, c, d, e, f]).await?;
    if written < rows.len() as u64 {
        return Err(Failure::Stale);
    }
    Ok(())
}

/// Writes the refunds of intents, known or not.
pub async fn insert_refunds(
    db: &Session,
    rows: &[(&RefundId, &PaymentIntentId)],
) -> Result<(), Failure> {
    if rows.is_empty() {
        return Ok(());
    }
    let ids = column(rows, |(id, _)| id.as_str());
    let intents = column(rows, |(_, intent)| intent.as_str());
    db.execute(INSERT_REFUNDS, &[&ids, &intents]).await?;
    Ok(())
}

/// An intent of a scope. It is found by its id alone, for the reason told at
/// [`UPDATE`].
pub async fn find(
    db: &Session,
    scope: &Scope,
    id: &PaymentIntentId,
) -> Result<Option<Stored<PaymentIntent>>, Failure> {
    let found = find_public(db, id).await?;
    Ok(found.filter(|stored| stored.value.scope == *scope))
}

/// An intent of any scope, for payers.
pub async fn find_public(
    db: &Session,
    id: &PaymentIntentId,
) -> Result<Option<Stored<PaymentIntent>>, Failure> {
    let sql = "SELECT version, body FROM payment_intents WHERE id = $1";
    let row = db.one(sql, &[&id.as_str()]).await?;
    row.as_ref().map(stored).transpose()
}

/// The intent that a refund belongs to.
pub async fn find_by_refund(
    db: &Session,
    scope: &Scope,
    refund: &RefundId,
) -> Result<Option<Stored<PaymentIntent>>, Failure> {
    let sql = "SELECT p.version, p.body
               FROM refunds r JOIN payment_intents p ON p.id = r.payment_intent
               WHERE r.id = $1";
    let row = db.one(sql, &[&refund.as_str()]).await?;
    let found = row.as_ref().map(stored).transpose()?;
    Ok(found.filter(|stored| stored.value.scope == *scope))
}

fn stored(row: &Row) -> Result<Stored<PaymentIntent>, Failure> {
    Ok(Stored {
        version: get(row, 0)?,
        value: serde_json::from_str(get(row, 1)?)?,
    })
}
