//! A decision as one piece of work for the writer.

use rusqlite::Connection;
use tatami_engine::ports::store::{Commit, Write};

use super::known::{Known, Scopes};
use super::timers::Changes;
use super::{events, idempotency, mails, payment_intents, records, subscriptions};
use crate::failure::Failure;
use crate::prepared::Prepared;
use crate::values::ticks;

/// Writes it all. The key comes first: of two equal requests the second is
/// told that the key is taken, not that the intent has changed.
///
/// What is known is of the transaction that this is part of.
pub fn apply<'db>(
    db: &'db Connection,
    known: &mut Known<'db>,
    prepared: &Prepared,
    now: i64,
) -> Result<(), Failure> {
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
    if write.is_none() && written.is_empty() && events.is_empty() && owed.is_empty() {
        return Ok(());
    }
    if let Some(Write::Subscription { .. } | Write::DeleteSubscription(..)) = write {
        // Who is told is looked up after the writing.
        known.scopes = Scopes::default();
    }
    let Known {
        scopes,
        insert_intent,
        insert_event,
    } = known;
    let of_scope = scopes.of(db, scope)?;
    let place = of_scope.place;
    match write {
        None => {}
        Some(Write::PaymentIntent { intent, expected }) => {
            let timers = Changes::of(changes);
            let body = &prepared.body;
            match expected {
                None => payment_intents::insert(db, insert_intent, place, intent, &timers, body)?,
                Some(version) => {
                    payment_intents::update(db, place, intent, &timers, body, *version)?
                }
            }
        }
        Some(Write::Subscription {
            subscription,
            expected,
        }) => subscriptions::write(db, scope, subscription, &prepared.body, *expected)?,
        Some(Write::DeleteSubscription(_, id)) => subscriptions::delete(db, scope, id)?,
    }
    for record in written {
        records::write(db, scope, record, place.ahead)?;
    }
    for (event, payload) in events.iter().zip(&prepared.payloads) {
        let due_at = ticks(*at) - place.ahead;
        events::append(db, insert_event, of_scope, scope, event, payload, due_at)?;
    }
    for mail in owed {
        mails::insert(db, scope, mail)?;
    }
    Ok(())
}
