//! A decision as one piece of work for the writer.

use rusqlite::Connection;
use tatami_engine::ports::store::{Commit, Write};

use super::{clocks, events, idempotency, mails, payment_intents, records, subscriptions, timers};
use crate::failure::Failure;
use crate::prepared::Prepared;
use crate::values::ticks;

/// Writes it all. The key comes first: of two equal requests the second is
/// told that the key is taken, not that the intent has changed.
pub fn apply(db: &Connection, prepared: &Prepared, now: i64) -> Result<(), Failure> {
    let Commit {
        scope,
        at,
        write,
        records: written,
        events,
        timers: changes,
        mails: owed,
        idempotency: record,
    } = &prepared.commit;
    if let Some(record) = record {
        idempotency::write(db, scope, record, now)?;
    }
    write_aggregate(db, prepared)?;
    let ahead = if events.is_empty() && changes.is_empty() && written.is_empty() {
        0
    } else {
        clocks::ahead(db, scope)?
    };
    for record in written {
        records::write(db, scope, record, ahead)?;
    }
    for (event, payload) in events.iter().zip(&prepared.payloads) {
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

fn write_aggregate(db: &Connection, prepared: &Prepared) -> Result<(), Failure> {
    let scope = &prepared.commit.scope;
    match &prepared.commit.write {
        None => Ok(()),
        Some(Write::PaymentIntent { intent, expected }) => {
            payment_intents::write(db, scope, intent, &prepared.body, *expected)
        }
        Some(Write::Subscription {
            subscription,
            expected,
        }) => subscriptions::write(db, scope, subscription, &prepared.body, *expected),
        Some(Write::DeleteSubscription(_, id)) => subscriptions::delete(db, scope, id),
    }
}
