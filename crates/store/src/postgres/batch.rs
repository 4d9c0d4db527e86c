//! Many commits laid into columns, a statement for each table.
//!
//! Rows are written in one order everywhere — keys, documents, then what hangs on
//! them, each by id — so that transactions of several nodes wait for each other
//! in line and not in a ring.

use tatami_engine::ports::documents::{Document, DocumentKind, DocumentWrite};
use tatami_engine::ports::jobs::Job;
use tatami_engine::ports::store::IdempotencyWrite;

use super::document_index::Entry;
use super::documents::{Gone, Put};
use super::events::Appended;
use super::idempotency::Key;
use super::session::Session;
use super::{deliveries, document_index, documents, events, idempotency, jobs};
use crate::failure::Failure;
use crate::prepared::Prepared;
use crate::values::ticks;

/// What [`Batch::write`] needs to have prepared.
pub const STATEMENTS: &[&str] = &[
    idempotency::TAKE,
    idempotency::COMPLETE,
    idempotency::RELEASE,
    documents::INSERT,
    documents::UPDATE,
    documents::DELETE,
    document_index::FORGET,
    document_index::INSERT,
    jobs::END,
    jobs::TAKE,
    deliveries::DROP_HISTORY,
    deliveries::DROP,
    events::HOLD_ENDPOINTS,
    events::HOLD_LANES,
    events::APPEND,
];

/// Commits of which no two touch the same document or key.
#[derive(Default)]
pub struct Batch<'a> {
    taken: Vec<Key<'a>>,
    completed: Vec<Key<'a>>,
    released: Vec<Key<'a>>,
    created: Vec<Put<'a>>,
    changed: Vec<Put<'a>>,
    gone: Vec<Gone<'a>>,
    /// Changed documents that may have values no more.
    forgetting: Vec<&'a Document>,
    values: Vec<Entry<'a>>,
    /// Documents whose claims end.
    ended: Vec<(DocumentKind, &'a str)>,
    claims: Vec<(&'a Job, &'a str)>,
    events: Vec<Appended<'a>>,
}

impl<'a> Batch<'a> {
    /// Lays out commits, each with the machine time at which it came.
    pub fn of(commits: impl IntoIterator<Item = (&'a Prepared, i64)>) -> Self {
        let mut batch = Self::default();
        for (prepared, now) in commits {
            batch.add(prepared, now);
        }
        for keys in [&mut batch.taken, &mut batch.completed, &mut batch.released] {
            keys.sort_by_key(|k| (k.scope, k.key));
        }
        for puts in [&mut batch.created, &mut batch.changed] {
            puts.sort_by_key(|put| (put.record.kind, &put.record.id));
        }
        batch.gone.sort_by_key(|gone| (gone.kind, gone.id));
        let changed = batch.changed.iter();
        let changed = changed.map(|put| (put.record.kind, put.record.id.as_str()));
        let gone = batch.gone.iter().map(|gone| (gone.kind, gone.id));
        batch.ended = changed.chain(gone).collect();
        batch.ended.sort_unstable();
        batch
            .claims
            .sort_by_key(|(job, _)| (job.kind, job.key.as_str()));
        batch
            .values
            .sort_by_key(|entry| (entry.record.kind, entry.scope, entry.value));
        batch
    }

    fn add(&mut self, prepared: &'a Prepared, now: i64) {
        let commit = &prepared.commit;
        if let Some(write) = &commit.idempotency {
            self.add_key(&prepared.scope, write, now);
        }
        let mut made = Vec::new();
        for (write, scope) in commit.documents.iter().zip(&prepared.scopes) {
            match write {
                DocumentWrite::Put {
                    record,
                    values,
                    facets,
                    expected,
                } => {
                    let rows = match expected {
                        None => &mut self.created,
                        Some(_) => &mut self.changed,
                    };
                    let version = expected.unwrap_or(0);
                    rows.push(Put {
                        record,
                        facets,
                        scope,
                        version,
                    });
                    match expected {
                        None => made.push(record.id.as_str()),
                        Some(_) if !record.kind.only_gains_values() => self.forgetting.push(record),
                        Some(_) => {}
                    }
                    let entry = |value| Entry {
                        record,
                        scope,
                        value,
                    };
                    self.values.extend(values.iter().map(entry));
                }
                DocumentWrite::Delete { kind, id, expected } => self.gone.push(Gone {
                    scope,
                    kind: *kind,
                    id,
                    version: *expected,
                }),
            }
        }
        self.claims.extend(
            commit
                .claims
                .iter()
                .map(|job| (job, prepared.scope.as_str())),
        );
        self.events
            .extend(commit.events.iter().map(|event| Appended {
                event,
                scope: &prepared.scope,
                due_at: ticks(commit.at),
                is_first: made.contains(&event.subject.id.as_str()),
            }));
    }

    fn add_key(&mut self, scope: &'a str, write: &'a IdempotencyWrite, now: i64) {
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
            scope,
            key,
            fingerprint,
            answer,
            taken_at: now,
        });
    }

    /// Sends all statements at once and waits for their answers. The first that
    /// is not as it should be is returned; which of the commits it was, only if
    /// there is just one. The keys come first: of two equal requests the second
    /// learns that the key is taken, not that the intent has changed.
    pub async fn write(&self, db: &Session) -> Result<(), Failure> {
        let (keys, documents, rest) = tokio::join!(
            biased;
            self.write_keys(db),
            self.write_documents(db),
            self.write_rest(db),
        );
        keys.and(documents).and(rest)
    }

    async fn write_keys(&self, db: &Session) -> Result<(), Failure> {
        let (taken, completed, released) = tokio::join!(
            biased;
            idempotency::take(db, &self.taken),
            idempotency::complete(db, &self.completed),
            idempotency::release(db, &self.released),
        );
        taken.and(completed).and(released)
    }

    async fn write_documents(&self, db: &Session) -> Result<(), Failure> {
        let (created, changed, gone, forgotten, values, ended, claimed) = tokio::join!(
            biased;
            documents::put(db, documents::INSERT, &self.created),
            documents::put(db, documents::UPDATE, &self.changed),
            documents::delete(db, &self.gone),
            document_index::forget(db, &self.forgetting, &self.values),
            document_index::insert(db, &self.values),
            jobs::end(db, &self.ended),
            jobs::take(db, &self.claims),
        );
        let documents = created.and(changed).and(gone);
        let values = forgotten.and(values);
        documents.and(values).and(ended).and(claimed)
    }

    async fn write_rest(&self, db: &Session) -> Result<(), Failure> {
        let endpoints = self.gone.iter();
        let endpoints = endpoints.filter(|gone| DocumentKind::ENDPOINTS.contains(&gone.kind));
        let endpoints: Vec<_> = endpoints.map(|gone| gone.id).collect();
        let (dropped, held, lanes, events) = tokio::join!(
            biased;
            deliveries::drop_all(db, &endpoints),
            events::hold_endpoints(db, &self.events),
            events::hold_lanes(db, &self.events),
            events::append(db, &self.events),
        );
        dropped.and(held).and(lanes).and(events)
    }
}
