//! Many commits laid into columns, a statement for each table.
//!
//! Rows are written in one order everywhere — keys, intents, then what hangs on
//! them, each by id — so that transactions of several nodes wait for each other
//! in line and not in a ring.

use std::collections::BTreeSet;

use tatami_core::event::Event;
use tatami_core::id::{PaymentIntentId, RefundId};
use tatami_core::payment_intent::TimerChange;
use tatami_core::time::Timestamp;
use tatami_engine::ports::mail::Mail;
use tatami_engine::ports::store::{Commit, IdempotencyWrite, Write};

use super::idempotency::Key;
use super::payment_intents::Written;
use super::records::{self, Gone, Put};
use super::session::Session;
use super::timers::Timer;
use super::{events, idempotency, mails, payment_intents, subscriptions, timers};
use crate::failure::Failure;
use crate::prepared::Prepared;

/// What [`Batch::write`] needs to have at hand.
pub const LESSON: &[&str] = &[
    idempotency::TAKE,
    idempotency::COMPLETE,
    idempotency::RELEASE,
    payment_intents::INSERT,
    payment_intents::UPDATE,
    payment_intents::INSERT_REFUNDS,
    records::INSERT,
    records::UPDATE,
    records::DELETE,
    events::HOLD_SUBSCRIPTIONS,
    events::HOLD_LINES,
    events::APPEND,
    timers::SET,
    timers::CLEAR,
    mails::INSERT,
];

/// Commits of which no two touch the same aggregate or key.
#[derive(Default)]
pub struct Batch<'a> {
    taken: Vec<Key<'a>>,
    completed: Vec<Key<'a>>,
    released: Vec<Key<'a>>,
    created: Vec<Written<'a>>,
    changed: Vec<Written<'a>>,
    records: (Vec<Put<'a>>, Vec<Put<'a>>, Vec<Gone<'a>>),
    subscription: Option<&'a Prepared>,
    refunds: Vec<(&'a RefundId, &'a PaymentIntentId)>,
    events: Vec<(&'a Event, &'a str)>,
    /// Subjects that may have deliveries already.
    lines: BTreeSet<&'a PaymentIntentId>,
    set: Vec<(Timer<'a>, Timestamp)>,
    cleared: Vec<Timer<'a>>,
    mails: Vec<&'a Mail>,
}

impl<'a> Batch<'a> {
    /// Lays out commits, each with the machine time at which it came.
    pub fn of(commits: impl IntoIterator<Item = (&'a Prepared, i64)>) -> Self {
        let mut batch = Self::default();
        for (prepared, now) in commits {
            batch.add(prepared, now);
        }
        for keys in [&mut batch.taken, &mut batch.completed, &mut batch.released] {
            keys.sort_by_key(|k| (&k.scope.account, k.scope.environment, k.key));
        }
        for rows in [&mut batch.created, &mut batch.changed] {
            rows.sort_by_key(|row| &row.intent.id);
        }
        batch.records.0.sort_by_key(|put| &put.record.id);
        batch.records.1.sort_by_key(|put| &put.record.id);
        batch.records.2.sort_by_key(|gone| gone.id);
        batch.refunds.sort();
        batch
            .set
            .sort_by_key(|(timer, _)| (timer.intent, timer.kind.word()));
        batch
    }

    fn add(&mut self, prepared: &'a Prepared, now: i64) {
        let commit = &prepared.commit;
        if let Some(write) = &commit.idempotency {
            self.add_key(commit, write, now);
        }
        let mut is_new = false;
        match &commit.write {
            None => {}
            Some(Write::PaymentIntent { intent, expected }) => {
                is_new = expected.is_none();
                let written = Written {
                    intent,
                    body: &prepared.body,
                    version: expected.unwrap_or(0),
                };
                let rows = if is_new {
                    &mut self.created
                } else {
                    &mut self.changed
                };
                rows.push(written);
                let refunds = intent.refunds.iter();
                self.refunds.extend(refunds.map(|r| (&r.id, &intent.id)));
                self.add_timers(commit, &intent.id);
            }
            Some(Write::Subscription { .. } | Write::DeleteSubscription(..)) => {
                self.subscription = Some(prepared);
            }
        }
        let (created, changed, gone) = &mut self.records;
        records::sort(&commit.scope, &commit.records, (created, changed, gone));
        let payloads = prepared.payloads.iter().map(String::as_str);
        self.events.extend(commit.events.iter().zip(payloads));
        if !is_new {
            self.lines
                .extend(commit.events.iter().map(|e| &e.payment_intent));
        }
        self.mails.extend(&commit.mails);
    }

    fn add_key(&mut self, commit: &'a Commit, write: &'a IdempotencyWrite, now: i64) {
        let (rows, key, fingerprint, answer) = match write {
            IdempotencyWrite::Claim { key, fingerprint } => {
                (&mut self.taken, key, fingerprint.as_str(), None)
            }
            IdempotencyWrite::Store {
                key,
                fingerprint,
                status,
                sealed,
            } => {
                let answer = Some((*status, sealed.as_slice()));
                (&mut self.taken, key, fingerprint.as_str(), answer)
            }
            IdempotencyWrite::Complete {
                key,
                status,
                sealed,
            } => {
                let answer = Some((*status, sealed.as_slice()));
                (&mut self.completed, key, "", answer)
            }
            IdempotencyWrite::Release { key } => (&mut self.released, key, "", None),
        };
        rows.push(Key {
            scope: &commit.scope,
            key,
            fingerprint,
            answer,
            taken_at: now,
        });
    }

    /// The last change of a kind counts.
    fn add_timers(&mut self, commit: &'a Commit, intent: &'a PaymentIntentId) {
        let mut seen = Vec::new();
        for change in commit.timers.iter().rev() {
            let (TimerChange::Set(kind, _) | TimerChange::Clear(kind)) = *change;
            if seen.contains(&kind) {
                continue;
            }
            seen.push(kind);
            let timer = Timer {
                scope: &commit.scope,
                intent,
                kind,
            };
            match *change {
                TimerChange::Set(_, at) => self.set.push((timer, at)),
                TimerChange::Clear(_) => self.cleared.push(timer),
            }
        }
    }

    /// Sends all statements at once and waits for their answers. The first that
    /// is not as it should be is told; which of the commits it was, only if
    /// there is just one.
    pub async fn write(&self, db: &Session) -> Result<(), Failure> {
        match self.subscription {
            None => {
                let (aggregates, rest) =
                    tokio::join!(biased; self.write_aggregates(db), self.write_rest(db));
                aggregates.and(rest)
            }
            Some(prepared) => {
                self.write_aggregates(db).await?;
                write_subscription(db, prepared).await?;
                self.write_rest(db).await
            }
        }
    }

    /// The keys come first: of two equal requests the second is told that the
    /// key is taken, not that the intent has changed.
    async fn write_aggregates(&self, db: &Session) -> Result<(), Failure> {
        let (taken, completed, released, created, changed, new, put, gone) = tokio::join!(
            biased;
            idempotency::take(db, &self.taken),
            idempotency::complete(db, &self.completed),
            idempotency::release(db, &self.released),
            payment_intents::insert(db, &self.created),
            payment_intents::update(db, &self.changed),
            records::put(db, records::INSERT, &self.records.0),
            records::put(db, records::UPDATE, &self.records.1),
            records::delete(db, &self.records.2),
        );
        let keys = taken.and(completed).and(released);
        let records = new.and(put).and(gone);
        keys.and(created).and(changed).and(records)
    }

    async fn write_rest(&self, db: &Session) -> Result<(), Failure> {
        let (refunds, heard, lines, events, set, cleared, mails) = tokio::join!(
            biased;
            payment_intents::insert_refunds(db, &self.refunds),
            events::hold_subscriptions(db, &self.events),
            events::hold_lines(db, &self.lines),
            events::append(db, &self.events),
            timers::set(db, &self.set),
            timers::clear(db, &self.cleared),
            mails::insert(db, &self.mails),
        );
        refunds
            .and(heard)
            .and(lines)
            .and(events)
            .and(set)
            .and(cleared)
            .and(mails)
    }
}

async fn write_subscription(db: &Session, prepared: &Prepared) -> Result<(), Failure> {
    match &prepared.commit.write {
        Some(Write::Subscription {
            subscription,
            expected,
        }) => subscriptions::write(db, subscription, &prepared.body, *expected).await,
        Some(Write::DeleteSubscription(scope, id)) => subscriptions::delete(db, scope, id).await,
        Some(Write::PaymentIntent { .. }) | None => Ok(()),
    }
}
