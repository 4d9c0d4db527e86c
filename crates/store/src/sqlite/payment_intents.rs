//! Table `intents`: payment intents with their timers; and `refunds`, which finds an intent by a refund.

use rusqlite::{Connection, OptionalExtension, Row};
use tatami_core::account::Scope;
use tatami_core::id::{PaymentIntentId, RefundId};
use tatami_core::payment_intent::PaymentIntent;
use tatami_engine::ports::store::Stored;

use super::known::InHand;
use super::recent::Kept;
use super::scopes::Place;
use super::timers::Changes;
use crate::failure::Failure;
use crate::values::ticks;

/// Writes a new intent, whose `body` is already in its stored form.
pub fn insert<'db>(
    db: &'db Connection,
    statement: &mut InHand<'db>,
    place: Place,
    intent: &PaymentIntent,
    timers: &Changes,
    body: &str,
) -> Result<(), Failure> {
    let sql = "INSERT INTO intents
             (scope, id, version, status, created_at, void_at, end_hold_at, settle_at, body)
         VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (id) DO NOTHING";
    let written = statement.of(db, sql)?.execute((
        place.id,
        intent.id.as_str(),
        intent.status.name(),
        ticks(intent.created_at),
        timers.void.flatten(),
        timers.end_hold.flatten(),
        timers.settle.flatten(),
        body,
    ))?;
    finish(db, intent, written)
}

/// What names a timer's column writes its index as well, so only timers that
/// change are named. The others' values have a number all the same.
macro_rules! update {
    ($($timer:literal)*) => {
        concat!(
            "UPDATE intents SET ",
            $($timer, ", ",)*
            "version = version + 1, status = ?4, body = ?5
             WHERE scope = ?6 AND id = ?7 AND version = ?8"
        )
    };
}

const fn update_of(timers: &Changes) -> &'static str {
    let Changes {
        void,
        end_hold,
        settle,
    } = timers;
    match (void.is_some(), end_hold.is_some(), settle.is_some()) {
        (false, false, false) => update!(),
        (false, false, true) => update!("settle_at = ?3"),
        (false, true, false) => update!("end_hold_at = ?2"),
        (false, true, true) => update!("end_hold_at = ?2" "settle_at = ?3"),
        (true, false, false) => update!("void_at = ?1"),
        (true, false, true) => update!("void_at = ?1" "settle_at = ?3"),
        (true, true, false) => update!("void_at = ?1" "end_hold_at = ?2"),
        (true, true, true) => update!("void_at = ?1" "end_hold_at = ?2" "settle_at = ?3"),
    }
}

/// Writes a change of an intent that has that version.
pub fn update(
    db: &Connection,
    place: Place,
    intent: &PaymentIntent,
    timers: &Changes,
    body: &str,
    version: i64,
) -> Result<(), Failure> {
    let written = db.prepare_cached(update_of(timers))?.execute((
        timers.void.flatten(),
        timers.end_hold.flatten(),
        timers.settle.flatten(),
        intent.status.name(),
        body,
        place.id,
        intent.id.as_str(),
        version,
    ))?;
    finish(db, intent, written)
}

fn finish(db: &Connection, intent: &PaymentIntent, written: usize) -> Result<(), Failure> {
    if written == 0 {
        return Err(Failure::Stale);
    }
    write_refunds(db, intent)
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
        .prepare_cached("SELECT version, body FROM intents WHERE id = ?1")?
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
         FROM refunds r
         JOIN intents p ON p.id = r.payment_intent
         JOIN scopes s ON s.id = p.scope
         WHERE s.account = ?1 AND s.environment = ?2 AND r.id = ?3",
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
