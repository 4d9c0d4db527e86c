//! What was written last, so that it need not be looked up: a payment is looked
//! at again and again while it is under way. It is kept as it is stored, which
//! is a fifth of what it takes as a value and as soon read as copied.
//!
//! Only the one writing thread puts something here, when it is durable and in
//! the order in which it became so; what is read from the file never comes
//! here. So nothing here is older than what a caller was told. It holds because
//! one process writes a file (the data folder's lock).

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::PaymentIntent;
use tatami_engine::ports::store::{Stored, Write};

use crate::failure::Failure;
use crate::prepared::Prepared;

/// How much is kept.
const KEPT_BYTES: u64 = 16 * 1024 * 1024;
/// What an entry takes beside its body, more or less.
const ENTRY_BYTES: usize = 128;
/// How many are expected, each a kilobyte or so.
const EXPECTED: usize = 16 * 1024;

type Kept = Stored<Arc<str>>;

/// The payment intents that were written last.
pub struct Recent(Cache<PaymentIntentId, Kept, Bytes>);

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
        Self(Cache::with_weighter(EXPECTED, KEPT_BYTES, Bytes))
    }

    /// An intent, if it is here.
    pub fn find(&self, id: &PaymentIntentId) -> Result<Option<Stored<PaymentIntent>>, Failure> {
        let Some(Stored { value, version }) = self.0.get(id) else {
            return Ok(None);
        };
        let value = serde_json::from_str(&value)?;
        Ok(Some(Stored { value, version }))
    }

    /// What is to be done on the writing thread once it is known whether the
    /// commit was made.
    pub fn after(self: &Arc<Self>, prepared: &Prepared) -> impl FnOnce(bool) + Send + 'static {
        let written = match &prepared.commit.write {
            Some(Write::PaymentIntent { intent, expected }) => {
                let value = Arc::from(prepared.body.as_str());
                let version = expected.unwrap_or(0) + 1;
                Some((intent.id.clone(), Stored { value, version }))
            }
            _ => None,
        };
        let recent = Arc::clone(self);
        move |made| match written {
            Some((id, stored)) if made => recent.0.insert(id, stored),
            // What the file has now is for the next reader to see.
            Some((id, _)) => drop(recent.0.remove(&id)),
            None => (),
        }
    }
}
