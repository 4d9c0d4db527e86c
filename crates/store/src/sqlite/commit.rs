//! A decision as one piece of work for the writer.

use rusqlite::Connection;
use tatami_core::account::Scope;
use tatami_engine::ports::store::{Commit, Write};

use super::{clocks, events, idempotency, mails, payment_intents, subscriptions, timers};
use crate::failure::Failure;
use crate::values::ticks;

/// A commit with everything in its stored form, so that the one thread that
/// writes need not make it.
pub struct Prepared {
    commit: Commit,
    body: String,
    payloads: Vec<String>,
}

impl Prepared {
    /// Prepares a commit.
    ///
    /// # Errors
    /// If a part of it is of another scope, or timers come without their intent.
    pub fn new(commit: Commit) -> Result<Self, Failure> {
        if !is_of_one_scope(&commit) {
            return Err(Failure::Store("a commit is of one scope".to_owned()));
        }
        let writes_intent = matches!(commit.write, Some(Write::PaymentIntent { .. }));
        if !commit.timers.is_empty() && !writes_intent {
            return Err(Failure::Store("timers belong to an intent".to_owned()));
        }
        let body = match &commit.write {
            Some(Write::PaymentIntent { intent, .. }) => serde_json::to_string(intent)?,
            Some(Write::Subscription { subscription, .. }) => serde_json::to_string(subscription)?,
            Some(Write::DeleteSubscription(..)) | None => String::new(),
        };
        let payloads = commit.events.iter().map(|e| e.payload()).collect();
        Ok(Self {
            commit,
            body,
            payloads,
        })
    }

    /// Writes it all. The key comes first: of two equal requests the second is
    /// told that the key is taken, not that the intent has changed.
    pub fn apply(&self, db: &Connection, now: i64) -> Result<(), Failure> {
        let Commit {
            scope,
            at,
            write,
            events,
            timers: changes,
            mails: owed,
            idempotency: record,
        } = &self.commit;
        if let Some(record) = record {
            idempotency::write(db, scope, record, now)?;
        }
        self.write_aggregate(db)?;
        let ahead = if events.is_empty() && changes.is_empty() {
            0
        } else {
            clocks::ahead(db, scope)?
        };
        for (event, payload) in events.iter().zip(&self.payloads) {
            events::append(db, scope, event, payload, ticks(*at) - ahead)?;
        }
        if let Some(Write::PaymentIntent { intent, .. }) = write {
            timers::change(db, scope, &intent.id, changes, ahead)?;
        }
        for mail in owed {
            mails::insert(db, scope, mail)?;
        }
        Ok(())
    }

    fn write_aggregate(&self, db: &Connection) -> Result<(), Failure> {
        let scope = &self.commit.scope;
        match &self.commit.write {
            None => Ok(()),
            Some(Write::PaymentIntent { intent, expected }) => {
                payment_intents::write(db, scope, intent, &self.body, *expected)
            }
            Some(Write::Subscription {
                subscription,
                expected,
            }) => subscriptions::write(db, scope, subscription, &self.body, *expected),
            Some(Write::DeleteSubscription(_, id)) => subscriptions::delete(db, scope, id),
        }
    }
}

fn is_of_one_scope(commit: &Commit) -> bool {
    let ours = |scope: &Scope| *scope == commit.scope;
    let aggregate = match &commit.write {
        None => true,
        Some(Write::PaymentIntent { intent, .. }) => ours(&intent.scope),
        Some(Write::Subscription { subscription, .. }) => ours(&subscription.scope),
        Some(Write::DeleteSubscription(scope, _)) => ours(scope),
    };
    aggregate
        && commit.events.iter().all(|event| ours(&event.scope))
        && commit.mails.iter().all(|mail| ours(&mail.scope))
}
