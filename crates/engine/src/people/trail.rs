//! Audit entries of pages. A page notes what it is about to do, and the first commit of its
//! request writes the entry, in whichever use case that commit is made. So a refused action
//! leaves no entry, and nothing changes without one.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tatami_core::account::Scope;
use tatami_core::people::AuditEntry;

use super::{People, Visitor};
use crate::Failure;
use crate::ports::documents::DocumentWrite;
use crate::ports::store::{CommitError, StoreError};

tokio::task_local! {
    static NOTED: Noted;
}

/// What a request has noted and not written yet.
#[derive(Clone, Default)]
pub struct Noted(Arc<Mutex<Option<AuditEntry>>>);

/// Something that a user does at a location.
#[derive(Default)]
pub struct NotedChange<'n> {
    /// Such as `webhook.add`.
    pub action: &'n str,
    /// What it is done to: an id or an address.
    pub subject: &'n str,
    pub old: Option<Value>,
    pub new: Option<Value>,
}

impl Noted {
    /// Runs the work of a request, whose commits carry what it notes.
    pub async fn carry<F: Future>(&self, work: F) -> F::Output {
        NOTED.scope(self.clone(), work).await
    }

    /// Leaves out what was noted.
    pub(crate) fn forget(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<AuditEntry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the current request has noted, for tasks that it starts.
pub(crate) fn noted() -> Noted {
    NOTED.try_with(Noted::clone).unwrap_or_default()
}

/// An entry that goes with a commit.
pub(crate) struct Carried(Option<(Noted, AuditEntry)>);

impl Carried {
    /// Takes what the current request has noted.
    pub(crate) fn by(documents: &mut Vec<DocumentWrite>) -> Result<Self, StoreError> {
        let noted = noted();
        let Some(entry) = noted.lock().clone() else {
            return Ok(Self(None));
        };
        documents.push(DocumentWrite::put(&entry, None)?);
        Ok(Self(Some((noted, entry))))
    }

    /// Notes that the commit was made.
    pub(crate) fn done(self) {
        let Some((noted, entry)) = self.0 else {
            return;
        };
        let mut left = noted.lock();
        if left.as_ref().is_some_and(|left| left.id == entry.id) {
            *left = None;
        }
    }
}

impl People<'_> {
    /// Notes what a user does at a location: the next commit of the request writes it down.
    ///
    /// # Errors
    /// If there is no current request whose commits would write it.
    pub fn note(
        self,
        visitor: &Visitor,
        scope: &Scope,
        change: NotedChange<'_>,
    ) -> Result<(), Failure> {
        let noted = NOTED.try_with(Noted::clone);
        let noted = noted.map_err(|error| Failure::Unavailable(error.to_string()))?;
        let entry = AuditEntry {
            scope: Some(scope.clone()),
            old: change.old,
            new: change.new,
            ..self.entry(visitor, change.action, change.subject)
        };
        *noted.lock() = Some(entry);
        Ok(())
    }

    /// Writes down what was noted and went with no commit, such as a look at a secret.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn write_noted(self, noted: &Noted) -> Result<(), Failure> {
        let work = async {
            if noted.lock().is_none() {
                return Ok(());
            }
            match self.0.make_durable(self.commit(Vec::new())).await {
                Ok(()) => Ok(()),
                Err(CommitError::Store(error)) => Err(error.into()),
                Err(error) => Err(Failure::Unavailable(error.to_string())),
            }
        };
        noted.carry(work).await
    }
}
