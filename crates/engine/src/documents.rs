//! Documents that another crate keeps through the engine, by rules of its own.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tatami_core::account::{AnyScope, Scope};
use tatami_core::problem::Refusal;

use crate::command::Decided;
use crate::ports::documents::{Aggregate, Document, DocumentQuery, DocumentWrite};
use crate::ports::store::Stored;
use crate::{Engine, Failure};

/// Documents of any kind.
#[derive(Clone, Copy)]
pub struct Documents<'a>(&'a Engine);

impl Engine {
    pub fn documents(&self) -> Documents<'_> {
        Documents(self)
    }
}

impl Documents<'_> {
    /// An id of 128 random bits.
    pub fn new_id(self) -> String {
        let mut bytes = [0; 16];
        (self.0.parts.entropy)().fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// A UUID of version 7: those of later moments are greater as text.
    pub fn new_uuid(self) -> String {
        let mut bytes = [0; 16];
        (self.0.parts.entropy)().fill(&mut bytes);
        let millis = self.0.machine_now().as_millisecond().to_be_bytes();
        bytes[..6].copy_from_slice(&millis[2..]);
        bytes[6] = bytes[6] & 0x0f | 0x70;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let mut text = String::with_capacity(36);
        for (i, byte) in bytes.iter().enumerate() {
            if [4, 6, 8, 10].contains(&i) {
                text.push('-');
            }
            for digit in [byte >> 4, byte & 0x0f] {
                text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
            }
        }
        text
    }

    /// A document of a scope.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn find<T: Aggregate>(self, scope: &Scope, id: &str) -> Result<Option<T>, Failure> {
        let found: Option<Stored<T>> = self.0.find(Some(scope), id).await?;
        Ok(found.map(|stored| stored.value))
    }

    /// The documents of a kind of a scope, the one with the greatest id first, at most
    /// so many.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn list<T: Aggregate>(self, scope: &Scope, limit: usize) -> Result<Vec<T>, Failure> {
        let query = DocumentQuery {
            limit,
            ..DocumentQuery::default()
        };
        let scope = AnyScope::from(scope);
        let page = self.0.store().documents(T::KIND, &scope, query).await?;
        let documents = page.documents.iter().map(|document| document.value.read());
        Ok(documents.collect::<Result<_, _>>()?)
    }

    /// The documents of a kind and status of all scopes, the one with the smallest id
    /// first, at most so many.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn of_status<T: Aggregate>(
        self,
        status: &str,
        limit: usize,
    ) -> Result<Vec<T>, Failure> {
        let store = self.0.store();
        let documents = store.documents_of_status(T::KIND, status, None, limit);
        let documents = documents.await?;
        let documents = documents.iter().map(|record| record.value.read());
        Ok(documents.collect::<Result<_, _>>()?)
    }

    /// Makes a document what `decide` makes of the one that is there; nothing deletes it.
    ///
    /// # Errors
    /// What `decide` refuses, or if storage fails.
    pub async fn change<T: Aggregate + Clone + Send + Sync>(
        self,
        scope: &Scope,
        id: &str,
        decide: impl Fn(Option<T>) -> Result<Option<T>, Refusal>,
    ) -> Result<Option<T>, Failure> {
        let decide = &decide;
        let changed = self.0.change(id, || async move {
            let found: Option<Stored<T>> = self.0.find(Some(scope), id).await?;
            let changed = decide(found.as_ref().map(|stored| stored.value.clone()))?;
            let write = match (&changed, &found) {
                (Some(value), _) => DocumentWrite::put(value, found.map(|f| f.version))?,
                (None, Some(found)) => DocumentWrite::delete(found),
                (None, None) => return Ok(Decided::nothing(None)),
            };
            let commit = self.0.commit_of(scope, vec![write]);
            Ok(Decided::change(commit, changed))
        });
        let (changed, _) = changed.await?;
        Ok(changed)
    }

    /// Deletes a document whose time is over, unless it changed meanwhile.
    pub(crate) async fn forget(self, due: Stored<Document>) -> Result<(), Failure> {
        let write = DocumentWrite::Delete {
            kind: due.value.kind,
            id: due.value.id.clone(),
            expected: due.version,
        };
        let commit = self.0.commit_of(due.value.scope, vec![write]);
        self.0.make_durable_if_current(commit).await?;
        Ok(())
    }
}
