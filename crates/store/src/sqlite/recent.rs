//! What was written last, so that it need not be read: a payment is looked at
//! again and again while it is under way.
//!
//! Only the one writing thread puts something here, when it is durable and in
//! the order in which it became so; what is read from the file never comes
//! here. So nothing here is older than what a caller was told. It holds because
//! one process writes a file (the data folder's lock).

use std::sync::Arc;

use quick_cache::sync::Cache;
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::PaymentIntent;
use tatami_engine::ports::store::{Commit, Stored, Write};

/// Payment intents that are kept: some ten megabytes.
const KEPT: usize = 4096;

/// The payment intents that were written last.
pub struct Recent(Cache<PaymentIntentId, Stored<Arc<PaymentIntent>>>);

impl Recent {
    /// Nothing yet.
    pub fn new() -> Self {
        Self(Cache::new(KEPT))
    }

    /// An intent, if it is here and fits.
    pub fn find(
        &self,
        id: &PaymentIntentId,
        fits: impl FnOnce(&PaymentIntent) -> bool,
    ) -> Option<Stored<PaymentIntent>> {
        let Stored { value, version } = self.0.get(id).filter(|kept| fits(&kept.value))?;
        let value = PaymentIntent::clone(&value);
        Some(Stored { value, version })
    }

    /// What is to be done on the writing thread once it is known whether the
    /// commit was made.
    pub fn after(self: &Arc<Self>, commit: &Commit) -> impl FnOnce(bool) + Send + 'static {
        let written = match &commit.write {
            Some(Write::PaymentIntent { intent, expected }) => Some(Stored {
                value: Arc::clone(intent),
                version: expected.unwrap_or(0) + 1,
            }),
            _ => None,
        };
        let recent = Arc::clone(self);
        move |made| match written {
            Some(stored) if made => recent.0.insert(stored.value.id.clone(), stored),
            // What the file has now is for the next reader to see.
            Some(stored) => drop(recent.0.remove(&stored.value.id)),
            None => (),
        }
    }
}
