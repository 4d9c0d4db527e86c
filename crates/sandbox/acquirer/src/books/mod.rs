//! The acquirer's books: an entry for each reference, and the challenges that are open,
//! each a key of the acquirer's own state.
//!
//! A request is a rule over the few entries that it is about. What it changes is
//! written by one commit, if they are still as they were read; else it is decided anew.
//! So programs that share the books meet one acquirer, and requests about different
//! references do not wait for each other.

pub(crate) mod authorizations;
pub mod balance;
pub(crate) mod challenges;
pub mod entries;
pub(crate) mod ledger;

use std::sync::{Arc, Mutex, PoisonError};

use tatami_core::Entropy;
use tatami_core::account::Scope;
use tatami_core::id::AttemptId;
use tatami_engine::ports::connector_state::ConnectorState;
use tatami_engine::ports::store::CommitError;

pub use authorizations::BookedAuthorization;
pub use entries::{BookEntry, BookOutcome};

use self::entries::{Answer, Entry};
use self::ledger::{Ledger, Slot, entry_key, entry_prefix, fault_key};

/// The books could not be read or written; the request may have been carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the acquirer's books failed")]
pub struct BooksError;

/// What a request may do in the books.
pub(crate) struct Desk<'a> {
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) entropy: &'a mut dyn Entropy,
}

/// What a request is about.
pub(crate) enum About<'a> {
    /// References of a scope.
    References {
        scope: &'a Scope,
        /// The request's own.
        own: &'a AttemptId,
        /// That of the authorization that it follows.
        authorization: Option<&'a AttemptId>,
        /// Whether the request's own is taken for new, until writing it shows that it
        /// is not.
        is_new: bool,
        /// Whether it is a payment, which the fault that is set for the next one is for.
        is_payment: bool,
    },
    /// The fault that is set for the next payment of a scope.
    Fault(&'a Scope),
    /// The challenge that a browser names.
    Challenge(&'a str),
}

impl<'a> About<'a> {
    /// A reference that the acquirer has most likely not seen.
    pub(crate) const fn new(
        scope: &'a Scope,
        own: &'a AttemptId,
        authorization: Option<&'a AttemptId>,
    ) -> Self {
        Self::References {
            scope,
            own,
            authorization,
            is_new: true,
            is_payment: false,
        }
    }

    /// A payment that the acquirer has most likely not seen.
    pub(crate) const fn payment(scope: &'a Scope, own: &'a AttemptId) -> Self {
        Self::References {
            scope,
            own,
            authorization: None,
            is_new: true,
            is_payment: true,
        }
    }

    /// A reference that it has most likely seen.
    pub(crate) const fn known(scope: &'a Scope, own: &'a AttemptId) -> Self {
        Self::References {
            scope,
            own,
            authorization: None,
            is_new: false,
            is_payment: false,
        }
    }

    /// From now on, the request's own reference is looked up.
    fn look_up(&mut self) {
        if let Self::References { is_new, .. } = self {
            *is_new = false;
        }
    }
}

pub(crate) struct Books {
    state: Arc<dyn ConnectorState>,
    entropy: Mutex<Box<dyn Entropy>>,
}

impl Books {
    pub(crate) fn new(state: Arc<dyn ConnectorState>, entropy: Box<dyn Entropy>) -> Self {
        Self {
            state,
            entropy: Mutex::new(entropy),
        }
    }

    /// Carries out a request and returns its answer once that is durable.
    pub(crate) async fn ask<T>(
        &self,
        mut about: About<'_>,
        rule: impl Fn(&mut Desk<'_>) -> T,
    ) -> Result<T, BooksError> {
        loop {
            let mut ledger = self.read(&about).await?;
            let answer = {
                let mut entropy = self.entropy.lock().unwrap_or_else(PoisonError::into_inner);
                rule(&mut Desk {
                    ledger: &mut ledger,
                    entropy: entropy.as_mut(),
                })
            };
            if let About::References {
                own, is_new: true, ..
            } = &about
                && !ledger.changes(own)
            {
                about.look_up();
                continue;
            }
            let (scope, writes) = match ledger.into_writes() {
                Ok(Some(writes)) => writes,
                Ok(None) => return Ok(answer),
                Err(error) => return Err(failed(&error)),
            };
            match self.state.write(&scope, writes).await {
                Ok(()) => return Ok(answer),
                Err(CommitError::Stale) => about.look_up(),
                Err(error) => return Err(failed(&error)),
            }
        }
    }

    /// A page of a scope's entries after a reference, in the order of their references,
    /// which is that of time.
    pub(crate) async fn entries(
        &self,
        scope: &Scope,
        after: Option<&AttemptId>,
        limit: usize,
    ) -> Result<Vec<Entry>, BooksError> {
        let after = after.map(|reference| entry_key(scope, reference));
        let prefix = entry_prefix(scope);
        let page = self.state.list(scope, &prefix, after.as_deref(), limit);
        let page = page.await.map_err(|error| failed(&error))?;
        let entries = page.iter().map(|kept| serde_json::from_str(&kept.value));
        entries
            .collect::<Result<_, _>>()
            .map_err(|error| failed(&error))
    }

    async fn read(&self, about: &About<'_>) -> Result<Ledger, BooksError> {
        let (scope, own, authorization, is_new, is_payment) = match about {
            About::Fault(scope) => {
                let mut ledger = Ledger::of(scope);
                ledger.put_fault(self.slot(&fault_key(scope)).await?);
                return Ok(ledger);
            }
            About::Challenge(payload) => {
                let challenge = self
                    .slot::<challenges::Pending>(&challenge_key(payload))
                    .await?;
                let Some(pending) = challenge.value.clone() else {
                    return Ok(Ledger::default());
                };
                let mut ledger = Ledger::of(&pending.scope);
                let key = entry_key(&pending.scope, &pending.reference);
                ledger.put_entry(pending.reference.clone(), self.slot(&key).await?);
                ledger.put_challenge(payload, challenge);
                return Ok(ledger);
            }
            About::References {
                scope,
                own,
                authorization,
                is_new,
                is_payment,
            } => (*scope, own, *authorization, *is_new, *is_payment),
        };
        let mut ledger = Ledger::of(scope);
        if is_payment {
            ledger.put_fault(self.slot(&fault_key(scope)).await?);
        }
        if let Some(authorization) = authorization {
            let slot = self.slot(&entry_key(scope, authorization)).await?;
            ledger.put_entry(authorization.clone(), slot);
        }
        let slot = match is_new {
            true => Slot::default(),
            false => self.slot::<Entry>(&entry_key(scope, own)).await?,
        };
        let answer = slot.value.as_ref().map(|entry| &entry.answer);
        if let Some(Answer::Challenge { payload, .. }) = answer {
            let challenge = self.slot(&challenge_key(payload)).await?;
            ledger.put_challenge(payload, challenge);
        }
        ledger.put_entry((*own).clone(), slot);
        Ok(ledger)
    }

    async fn slot<T: serde::de::DeserializeOwned>(&self, key: &str) -> Result<Slot<T>, BooksError> {
        let found = self.state.get(key).await.map_err(|error| failed(&error))?;
        let Some(found) = found else {
            return Ok(Slot::default());
        };
        let value = serde_json::from_str(&found.value).map_err(|error| failed(&error))?;
        Ok(Slot {
            value: Some(value),
            version: Some(found.version),
            changed: false,
        })
    }
}

fn challenge_key(payload: &str) -> String {
    format!("challenge/{payload}")
}

fn failed(error: &(impl std::error::Error + ?Sized)) -> BooksError {
    tracing::error!(%error, "the acquirer's books failed");
    BooksError
}
