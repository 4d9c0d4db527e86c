//! Tables `subscriptions` and `subscription_events`.

use tatami_core::account::Scope;
use tatami_core::id::SubscriptionId;
use tatami_core::webhook::Subscription;
use tatami_engine::ports::store::Stored;

use super::rows::{get, text};
use super::session::Session;
use crate::failure::Failure;
use crate::values::ticks;

/// Writes a subscription whose `body` is already in its stored form.
pub async fn write(
    db: &Session,
    subscription: &Subscription,
    body: &str,
    expected: Option<i64>,
) -> Result<(), Failure> {
    let scope = &subscription.scope;
    let (account, environment) = (scope.account.as_str(), scope.environment.word());
    let (id, url) = (subscription.id.as_str(), text(&subscription.url));
    let written = match expected {
        None => {
            db.execute(
                "INSERT INTO subscriptions
                     (account, environment, id, version, url, created_at, body)
                 VALUES ($1, $2, $3, 1, $4, $5, $6)
                 ON CONFLICT (id) DO NOTHING",
                &[
                    &account,
                    &environment,
                    &id,
                    &url,
                    &ticks(subscription.created_at),
                    &body,
                ],
            )
            .await?
        }
        Some(version) => {
            db.execute(
                "UPDATE subscriptions SET version = version + 1, url = $5, body = $6
                 WHERE account = $1 AND environment = $2 AND id = $3 AND version = $4",
                &[&account, &environment, &id, &version, &url, &body],
            )
            .await?
        }
    };
    if written == 0 {
        return Err(Failure::Stale);
    }
    write_events(db, subscription).await
}

async fn write_events(db: &Session, subscription: &Subscription) -> Result<(), Failure> {
    let scope = &subscription.scope;
    let (account, environment) = (scope.account.as_str(), scope.environment.word());
    let id = subscription.id.as_str();
    db.execute(
        "DELETE FROM subscription_events
         WHERE account = $1 AND environment = $2 AND subscription = $3",
        &[&account, &environment, &id],
    )
    .await?;
    let mut events = subscription.events.clone();
    events.sort();
    let written = db
        .execute(
            "INSERT INTO subscription_events (account, environment, event, subscription)
             SELECT $1, $2, event, $3 FROM unnest($4::text[]) AS new (event)
             ON CONFLICT (account, environment, event) DO NOTHING",
            &[&account, &environment, &id, &events],
        )
        .await?;
    if written < events.len() as u64 {
        return Err(Failure::EventTaken);
    }
    Ok(())
}

/// Deletes a subscription, with its place among the events and what it has not
/// been told.
pub async fn delete(db: &Session, scope: &Scope, id: &SubscriptionId) -> Result<(), Failure> {
    let gone = db
        .execute(
            "DELETE FROM subscriptions WHERE account = $1 AND environment = $2 AND id = $3",
            &[
                &scope.account.as_str(),
                &scope.environment.word(),
                &id.as_str(),
            ],
        )
        .await?;
    if gone == 0 {
        return Err(Failure::Stale);
    }
    db.execute(
        "DELETE FROM deliveries WHERE state = 'pending' AND subscription = $1",
        &[&id.as_str()],
    )
    .await?;
    Ok(())
}

/// A subscription of a scope.
pub async fn find(
    db: &Session,
    scope: &Scope,
    id: &SubscriptionId,
) -> Result<Option<Stored<Subscription>>, Failure> {
    let row = db
        .one(
            "SELECT version, body FROM subscriptions
             WHERE account = $1 AND environment = $2 AND id = $3",
            &[
                &scope.account.as_str(),
                &scope.environment.word(),
                &id.as_str(),
            ],
        )
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    Ok(Some(Stored {
        version: get(&row, 0)?,
        value: serde_json::from_str(get(&row, 1)?)?,
    }))
}

/// A scope's subscriptions, oldest first.
pub async fn list(db: &Session, scope: &Scope) -> Result<Vec<Subscription>, Failure> {
    let rows = db
        .query(
            "SELECT body FROM subscriptions WHERE account = $1 AND environment = $2
             ORDER BY created_at, id",
            &[&scope.account.as_str(), &scope.environment.word()],
        )
        .await?;
    rows.iter()
        .map(|row| Ok(serde_json::from_str(get(row, 0)?)?))
        .collect()
}
