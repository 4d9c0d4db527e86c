//! Table `payment_intents`, and `refunds`, which finds an intent by a refund.

use rusqlite::{Connection, OptionalExtension, Row};
use tatami_core::account::Scope;
use tatami_core::id::{PaymentIntentId, RefundId};
use tatami_core::payment_intent::PaymentIntent;
use tatami_engine::ports::store::Stored;

use super::recent::Kept;
use crate::failure::Failure;
use crate::values::ticks;

/// Writes an intent whose `body` is already in its stored form.
pub fn write(
    db: &Connection,
    scope: &Scope,
    intent: &PaymentIntent,
    body: &str,
    expected: Option<i64>,
) -> Result<(), Failure> {
    let written = match expected {
        None => insert(db, scope, intent, body)?,
        Some(version) => update(db, scope, intent, body, version)?,
    };
    if written == 0 {
        return Err(Failure::Stale);
    }
    write_refunds(db, intent)
}

fn insert(
    db: &Connection,
    scope: &Scope,
    intent: &PaymentIntent,
    body: &str,
) -> rusqlite::Result<usize> {
    db.prepare_cached(
        "INSERT INTO payment_intents (account, environment, id, version, status, created_at, body)
         VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6)
         ON CONFLICT (id) DO NOTHING",
    )?
    .execute((
        scope.account.as_str(),
        scope.environment.word(),
        intent.id.as_str(),
        intent.status.name(),
        ticks(intent.created_at),
        body,
    ))
}

fn update(
    db: &Connection,
    scope: &Scope,
    intent: &PaymentIntent,
    body: &str,
    version: i64,
) -> rusqlite::Result<usize> {
    db.prepare_cached(
        "UPDATE payment_intents SET version = version + 1, status = ?5, body = ?6
         WHERE account = ?1 AND environment = ?2 AND id = ?3 AND version = ?4",
    )?
    .execute((
        scope.account.as_str(),
        scope.environment.word(),
        intent.id.as_str(),
        version,
        intent.status.name(),
        body,
    ))
}

/// Refunds are only ever appended, so from the last on back, the first that is
/// known ends the new ones.
fn write_refunds(db: &Connection, intent: &PaymentIntent) -> Result<(), Failure> {
    for refund in intent.refunds.iter().rev() {
        let new = db
            .prepare_cached(
                "INSERT INTO refunds (id, payment_intent) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            )?
            .execute((refund.id.as_str(), intent.id.as_str()))?;
        if new == 0 {
            break;
        }
    }
    Ok(())
}

/// An intent of any scope, as it is stored.
pub fn find(db: &Connection, id: &PaymentIntentId) -> Result<Option<Kept>, Failure> {
    let found = db
        .prepare_cached("SELECT version, body FROM payment_intents WHERE id = ?1")?
        .query_row([id.as_str()], |row| {
            Ok(Stored {
                version: row.get(0)?,
                value: row.get(1)?,
            })
        });
    Ok(found.optional()?)
}

/// The intent that a refund belongs to.
pub fn find_by_refund(
    db: &Connection,
    scope: &Scope,
    refund: &RefundId,
) -> Result<Option<Stored<PaymentIntent>>, Failure> {
    db.prepare_cached(
        "SELECT p.version, p.body
         FROM refunds r JOIN payment_intents p ON p.id = r.payment_intent
         WHERE p.account = ?1 AND p.environment = ?2 AND r.id = ?3",
    )?
    .query_row(
        (
            scope.account.as_str(),
            scope.environment.word(),
            refund.as_str(),
        ),
        |row| Ok(stored(row)),
    )
    .optional()?
    .transpose()
}

fn stored(row: &Row<'_>) -> Result<Stored<PaymentIntent>, Failure> {
    Ok(Stored {
        version: row.get(0)?,
        value: body(row, 1)?,
    })
}

/// Reads a body column.
pub fn body(row: &Row<'_>, column: usize) -> Result<PaymentIntent, Failure> {
    let text = row.get_ref(column)?.as_str();
    let text = text.map_err(|error| Failure::Store(error.to_string()))?;
    Ok(serde_json::from_str(text)?)
}
