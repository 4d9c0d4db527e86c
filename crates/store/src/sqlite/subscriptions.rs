//! Tables `subscriptions` and `subscription_events`.

use rusqlite::{Connection, ErrorCode, OptionalExtension, Row};
use tatami_core::account::Scope;
use tatami_core::event::EventType;
use tatami_core::id::SubscriptionId;
use tatami_core::webhook::Subscription;
use tatami_engine::ports::store::Stored;

use super::deliveries;
use crate::failure::Failure;
use crate::values::ticks;

/// Writes a subscription whose `body` is already in its stored form.
pub fn write(
    db: &Connection,
    scope: &Scope,
    subscription: &Subscription,
    body: &str,
    expected: Option<i64>,
) -> Result<(), Failure> {
    let (account, environment) = (scope.account.as_str(), scope.environment.word());
    let (id, url) = (subscription.id.as_str(), &subscription.url);
    let written = match expected {
        None => db
            .prepare_cached(
                "INSERT INTO subscriptions
                     (account, environment, id, version, url, created_at, body)
                 VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6)
                 ON CONFLICT (id) DO NOTHING",
            )?
            .execute((
                account,
                environment,
                id,
                url,
                ticks(subscription.created_at),
                body,
            ))?,
        Some(version) => db
            .prepare_cached(
                "UPDATE subscriptions SET version = version + 1, url = ?5, body = ?6
                 WHERE account = ?1 AND environment = ?2 AND id = ?3 AND version = ?4",
            )?
            .execute((account, environment, id, version, url, body))?,
    };
    if written == 0 {
        return Err(Failure::Stale);
    }
    write_events(db, scope, subscription)
}

fn write_events(
    db: &Connection,
    scope: &Scope,
    subscription: &Subscription,
) -> Result<(), Failure> {
    let (account, environment) = (scope.account.as_str(), scope.environment.word());
    let id = subscription.id.as_str();
    db.prepare_cached(
        "DELETE FROM subscription_events
         WHERE account = ?1 AND environment = ?2 AND subscription = ?3",
    )?
    .execute((account, environment, id))?;
    let mut row = db.prepare_cached(
        "INSERT INTO subscription_events (account, environment, event, subscription)
         VALUES (?1, ?2, ?3, ?4)",
    )?;
    for event in &subscription.events {
        row.execute((account, environment, event, id))
            .map_err(|error| match error.sqlite_error_code() {
                Some(ErrorCode::ConstraintViolation) => Failure::EventTaken,
                _ => error.into(),
            })?;
    }
    Ok(())
}

/// Whether anybody is told of such events of a scope.
pub fn is_told(db: &Connection, scope: &Scope, kind: EventType) -> rusqlite::Result<bool> {
    db.prepare_cached(
        "SELECT 1 FROM subscription_events
         WHERE account = ?1 AND environment = ?2 AND event = ?3",
    )?
    .exists((
        scope.account.as_str(),
        scope.environment.word(),
        kind.name(),
    ))
}

/// Deletes a subscription, with its place among the events and what it has not
/// been told.
pub fn delete(db: &Connection, scope: &Scope, id: &SubscriptionId) -> Result<(), Failure> {
    let gone = db
        .prepare_cached(
            "DELETE FROM subscriptions WHERE account = ?1 AND environment = ?2 AND id = ?3",
        )?
        .execute((
            scope.account.as_str(),
            scope.environment.word(),
            id.as_str(),
        ))?;
    if gone == 0 {
        return Err(Failure::Stale);
    }
    deliveries::drop_pending(db, id)
}

/// A subscription of a scope.
pub fn find(
    db: &Connection,
    scope: &Scope,
    id: &SubscriptionId,
) -> Result<Option<Stored<Subscription>>, Failure> {
    db.prepare_cached(
        "SELECT body, version FROM subscriptions
         WHERE account = ?1 AND environment = ?2 AND id = ?3",
    )?
    .query_row(
        (
            scope.account.as_str(),
            scope.environment.word(),
            id.as_str(),
        ),
        |row| {
            let version = row.get(1)?;
            Ok(body(row).map(|value| Stored { value, version }))
        },
    )
    .optional()?
    .transpose()
}

/// A subscription that is known to be there, of any scope.
pub fn by_id(db: &Connection, id: &str) -> Result<Subscription, Failure> {
    db.prepare_cached("SELECT body FROM subscriptions WHERE id = ?1")?
        .query_row([id], |row| Ok(body(row)))?
}

/// A scope's subscriptions, oldest first.
pub fn list(db: &Connection, scope: &Scope) -> Result<Vec<Subscription>, Failure> {
    db.prepare_cached(
        "SELECT body FROM subscriptions WHERE account = ?1 AND environment = ?2
         ORDER BY created_at, id",
    )?
    .query_map((scope.account.as_str(), scope.environment.word()), |row| {
        Ok(body(row))
    })?
    .map(|read| read?)
    .collect()
}

fn body(row: &Row<'_>) -> Result<Subscription, Failure> {
    Ok(serde_json::from_str(&row.get::<_, String>(0)?)?)
}
