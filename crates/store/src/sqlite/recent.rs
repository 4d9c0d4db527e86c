//! What was read or changed last, so that it need not be looked up: a payment is
//! looked at again and again while it is under way. It is kept as it is stored,
//! which is a fifth of what it takes as a value and as soon read as copied.
//!
//! What is new has a small place of its own until somebody asks for it. Most is asked
//! for at once or not at all, and a place small enough for a processor's own memory
//! costs little; so those who create many intents push out nothing.
//!
//! The thread that flushes puts something here when it is durable and in the order
//! in which it became so. What is read from the file comes here only if no change to
//! it was under way from before the reading until after it. So nothing here is
//! older than what a caller was told, and nobody sees an older version after a
//! newer one. It holds because one process writes a file (the data folder's
//! lock).

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::PaymentIntent;
use tatami_engine::ports::store::{StoreError, Stored, Write};

use crate::failure::Failure;
use crate::prepared::Prepared;

/// How much is kept of what was read or changed.
const KEPT_BYTES: u64 = 20 * 1024 * 1024;
/// How much is kept of what is new.
const NEW_BYTES: u64 = 1024 * 1024;
/// What an entry takes beside its body, more or less.
const ENTRY_BYTES: usize = 128;
/// What an intent takes, more or less.
const INTENT_BYTES: u64 = 1024;
/// How much of it is kept for those that were asked for again. The rest goes in the
/// order in which it came: a payment is over soon, and many that are looked at in
/// turn have room together. What is looked at again and again is not pushed out by
/// new ones.
const ASKED_AGAIN: f64 = 0.3;
/// Intents share marks of what is being changed; with so many of them, seldom
/// those of one moment.
const MARKS: usize = 1024;

/// An intent as it is stored.
pub type Kept = Stored<Arc<str>>;

/// The payment intents that were written or read last.
pub struct Recent {
    kept: Cache<PaymentIntentId, Kept, Bytes>,
    // Those that nobody has asked for or changed.
    new: Cache<PaymentIntentId, Kept, Bytes>,
    marks: Box<[Mutex<Mark>]>,
    hasher: RandomState,
}

/// Changes to the intents that share this mark.
#[derive(Default)]
struct Mark {
    under_way: usize,
    over: u64,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<PaymentIntentId, Kept> for Bytes {
    fn weight(&self, _: &PaymentIntentId, kept: &Kept) -> u64 {
        (kept.value.len() + ENTRY_BYTES) as u64
    }
}

impl Recent {
    /// Nothing yet.
    pub fn new() -> Self {
        Self {
            kept: cache(KEPT_BYTES),
            new: cache(NEW_BYTES),
            marks: (0..MARKS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    /// An intent, if it is here, or else as it is read.
    ///
    /// # Errors
    /// If it cannot be read.
    pub async fn find(
        &self,
        id: &PaymentIntentId,
        read: impl AsyncFnOnce() -> Result<Option<Kept>, StoreError>,
    ) -> Result<Option<Stored<PaymentIntent>>, StoreError> {
        let found = match self.kept.get(id) {
            Some(kept) => Some(kept),
            None => self.read(id, read).await?,
        };
        let Some(Stored { value, version }) = found else {
            return Ok(None);
        };
        let value = serde_json::from_str(&value).map_err(Failure::from)?;
        Ok(Some(Stored { value, version }))
    }

    async fn read(
        &self,
        id: &PaymentIntentId,
        read: impl AsyncFnOnce() -> Result<Option<Kept>, StoreError>,
    ) -> Result<Option<Kept>, StoreError> {
        let before = self.mark(id).over;
        let found = match self.new.get(id) {
            Some(new) => Some(new),
            None => read().await?,
        };
        if let Some(kept) = &found {
            let mark = self.mark(id);
            if mark.under_way == 0 && mark.over == before {
                self.kept.insert(id.clone(), kept.clone());
            }
        }
        Ok(found)
    }

    fn mark(&self, id: &PaymentIntentId) -> MutexGuard<'_, Mark> {
        #[expect(clippy::cast_possible_truncation, reason = "any bits of it will do")]
        let at = self.hasher.hash_one(id) as usize % MARKS;
        self.marks[at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// A change to an intent that is about to be made, if the commit is one.
    pub fn change(self: &Arc<Self>, prepared: &Prepared) -> Option<Change> {
        let Some(Write::PaymentIntent { intent, expected }) = &prepared.commit.write else {
            return None;
        };
        // What is new cannot be read before.
        if expected.is_some() {
            self.mark(&intent.id).under_way += 1;
        }
        Some(Change {
            recent: Arc::clone(self),
            id: intent.id.clone(),
            written: Some(Stored {
                value: Arc::clone(&prepared.body),
                version: expected.unwrap_or(0) + 1,
            }),
            is_new: expected.is_none(),
        })
    }
}

fn cache(bytes: u64) -> Cache<PaymentIntentId, Kept, Bytes> {
    #[expect(clippy::expect_used, reason = "both capacities are given")]
    let options = OptionsBuilder::new()
        .estimated_items_capacity((bytes / INTENT_BYTES) as usize)
        .weight_capacity(bytes)
        .hot_allocation(ASKED_AGAIN)
        .build()
        .expect("options");
    let (hasher, lifecycle) = (DefaultHashBuilder::default(), DefaultLifecycle::default());
    Cache::with_options(options, Bytes, hasher, lifecycle)
}

/// A change that is under way until it is dropped.
pub struct Change {
    recent: Arc<Recent>,
    id: PaymentIntentId,
    written: Option<Kept>,
    is_new: bool,
}

impl Change {
    /// Ends it, on the thread that flushes, once it is known whether it was made.
    pub fn end(mut self, made: bool) {
        let written = self.written.take().filter(|_| made);
        if self.is_new {
            if let Some(written) = written {
                self.recent.new.insert(self.id.clone(), written);
            }
            return;
        }
        // Before what is newer has come: it could be gone again sooner.
        self.recent.new.remove(&self.id);
        match written {
            Some(written) => self.recent.kept.insert(self.id.clone(), written),
            // What the file has now is for the next reader to see.
            None => drop(self.recent.kept.remove(&self.id)),
        }
    }
}

impl Drop for Change {
    fn drop(&mut self) {
        if !self.is_new {
            let mut mark = self.recent.mark(&self.id);
            mark.under_way -= 1;
            mark.over += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use tatami_core::account::Scope;
    use tatami_core::id::{AccountId, Environment};
    use tatami_core::payment_intent::{AmountDraft, Details, Draft, create};
    use tatami_core::time::Timestamp;
    use tatami_core::{Entropy, Facts};
    use tatami_engine::ports::store::Commit;

    use super::*;

    struct Ones;
    impl Entropy for Ones {
        fn fill(&mut self, out: &mut [u8]) {
            out.fill(1);
        }
    }

    fn intent() -> PaymentIntent {
        let draft = Draft {
            amount: Some(AmountDraft {
                value: 100,
                currency_code: "GBP".to_owned(),
            }),
            details: Box::new(Details {
                reference: "Order-1".to_owned(),
                ..Details::default()
            }),
            ..Draft::default()
        };
        let scope = Scope {
            account: AccountId::parse("acc_0123456789012345678901").expect("an id"),
            environment: Environment::Sandbox,
        };
        let mut facts = Facts {
            now: Timestamp::UNIX_EPOCH,
            entropy: &mut Ones,
        };
        let created = create(scope, draft, &mut facts).expect("an intent");
        Arc::unwrap_or_clone(created.intent)
    }

    fn stored(version: i64) -> Kept {
        let text = serde_json::to_string(&intent()).expect("JSON");
        Stored {
            value: text.into(),
            version,
        }
    }

    fn prepared(expected: Option<i64>) -> Prepared {
        let intent = intent();
        let commit = Commit {
            scope: intent.scope.clone(),
            at: Timestamp::UNIX_EPOCH,
            write: Some(Write::PaymentIntent {
                intent: Arc::new(intent),
                expected,
            }),
            records: Vec::new(),
            events: Vec::new(),
            timers: Vec::new(),
            mails: Vec::new(),
            idempotency: None,
        };
        Prepared::new(commit).unwrap_or_else(|_| panic!("a commit"))
    }

    fn change(recent: &Arc<Recent>, expected: Option<i64>) -> Change {
        recent.change(&prepared(expected)).expect("a change")
    }

    /// The version that a reader is given, who would find this one in the file.
    async fn version(recent: &Recent, in_file: i64) -> Option<i64> {
        let id = intent().id;
        let found = recent.find(&id, async || Ok(Some(stored(in_file)))).await;
        found.expect("a reading").map(|stored| stored.version)
    }

    #[tokio::test]
    async fn what_was_read_or_written_is_kept() {
        let recent = Arc::new(Recent::new());
        let nothing = recent.find(&intent().id, async || Ok(None)).await;
        assert!(nothing.expect("a reading").is_none());
        assert_eq!(version(&recent, 1).await, Some(1));
        assert_eq!(version(&recent, 2).await, Some(1), "not read again");
        change(&recent, Some(1)).end(true);
        assert_eq!(version(&recent, 3).await, Some(2), "as it was written");
        change(&recent, Some(2)).end(false);
        assert_eq!(version(&recent, 4).await, Some(4), "read again");
    }

    #[tokio::test]
    async fn what_is_new_is_kept_until_it_is_changed() {
        let recent = Arc::new(Recent::new());
        change(&recent, None).end(true);
        assert_eq!(version(&recent, 7).await, Some(1), "not read");
        change(&recent, Some(1)).end(true);
        drop(recent.kept.remove(&intent().id));
        assert_eq!(version(&recent, 3).await, Some(3), "read again");
    }

    #[tokio::test]
    async fn those_that_are_read_in_turn_have_room_together() {
        let (recent, kept, mut looked_up) = (Recent::new(), stored(1), 0);
        let others = 0..60_000;
        let in_turn = || 60_000..70_000;
        for n in others.chain(in_turn()).chain(in_turn()) {
            let id = PaymentIntentId::parse(&format!("pi_sandbox_{n:022}")).expect("an id");
            let found = recent.find(&id, async || {
                looked_up += 1;
                Ok(Some(kept.clone()))
            });
            assert!(found.await.expect("a reading").is_some());
        }
        assert_eq!(looked_up, 70_000, "each once");
    }

    #[tokio::test]
    async fn what_is_read_while_it_is_changed_is_not_kept() {
        let recent = Arc::new(Recent::new());
        let under_way = change(&recent, Some(1));
        assert_eq!(version(&recent, 1).await, Some(1));
        drop(under_way);
        assert_eq!(version(&recent, 5).await, Some(5), "the first was not kept");

        let recent = Arc::new(Recent::new());
        let id = intent().id;
        let found = recent.find(&id, async || {
            // It is changed, and forgotten for others, while it is read.
            change(&recent, Some(1)).end(true);
            drop(recent.kept.remove(&intent().id));
            Ok(Some(stored(1)))
        });
        assert_eq!(found.await.expect("a reading").map(|s| s.version), Some(1));
        assert_eq!(
            version(&recent, 2).await,
            Some(2),
            "the older one was not kept"
        );
    }
}
