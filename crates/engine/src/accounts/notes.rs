//! What is kept of a key for its owners: what they call it, and when it was used last.

use tatami_core::account::{AnyScope, ApiKey, KeyNote, Scope};
use tatami_core::id::KeyId;
use tatami_core::problem::Refusal;
use tatami_core::time::Timestamp;

use super::{Accounts, NewKey};
use crate::Failure;
use crate::command::{Decided, write_noted};
use crate::ports::documents::{Aggregate, DocumentKind, DocumentQuery, DocumentWrite};
use crate::ports::store::Stored;

/// The longest name, in characters.
const NAME_CHARS: usize = 60;
/// The most keys of a scope that are made by their name.
pub const MOST_KEYS: usize = 50;

impl Aggregate for KeyNote {
    const KIND: DocumentKind = DocumentKind::KeyNote;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn scope(&self) -> AnyScope {
        AnyScope::from(&self.scope)
    }

    fn status(&self) -> &'static str {
        "kept"
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }
}

/// A key with what is kept of it.
#[derive(Clone, Debug)]
pub struct NamedKey {
    pub key: ApiKey,
    /// Empty if it has none.
    pub name: String,
    pub last_used_at: Option<Timestamp>,
}

impl Accounts<'_> {
    /// The keys of a scope, oldest first.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn named_keys(self, scope: &Scope) -> Result<Vec<NamedKey>, Failure> {
        let keys = self.keys(&scope.account).await?;
        let notes: Vec<Stored<KeyNote>> = self.0.all(scope, DocumentQuery::default()).await?;
        let named = |key: ApiKey| {
            let note = notes.iter().find(|note| note.value.id == key.id);
            NamedKey {
                name: note.map(|note| note.value.name.clone()).unwrap_or_default(),
                last_used_at: note.and_then(|note| note.value.last_used_at),
                key,
            }
        };
        let keys = keys.into_iter().filter(|key| key.scope == *scope);
        Ok(keys.map(named).collect())
    }

    /// Makes a key with a name.
    ///
    /// # Errors
    /// If the name breaks a rule, there are too many keys, or storage fails.
    pub async fn create_named_key(self, scope: &Scope, name: &str) -> Result<NewKey, Failure> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS {
            let rule = format!("The name must have 1 to {NAME_CHARS} characters.");
            return Err(Refusal::invalid("Name", &rule).into());
        }
        if self.named_keys(scope).await?.len() >= MOST_KEYS {
            let rule = format!("There are {MOST_KEYS} keys already. Delete one first.");
            return Err(Refusal::Conflict(rule).into());
        }
        write_noted(self.0).await?;
        let new = self.create_key(&scope.account, scope.environment).await?;
        self.change_note(&new.key, |note| name.clone_into(&mut note.name))
            .await?;
        Ok(new)
    }

    /// Deletes a key of a scope; when this returns, it opens nothing any more.
    ///
    /// # Errors
    /// If the scope has no such key, or storage fails.
    pub async fn delete_key_of(self, scope: &Scope, id: &KeyId) -> Result<(), Failure> {
        let keys = self.keys(&scope.account).await?;
        let is_own = keys.iter().any(|key| key.id == *id && key.scope == *scope);
        if !is_own {
            return Err(Refusal::NotFound("key").into());
        }
        write_noted(self.0).await?;
        if !self.delete_key(id).await? {
            return Err(Refusal::NotFound("key").into());
        }
        self.0
            .change(id.as_str(), || async move {
                let note: Option<Stored<KeyNote>> = self.0.find(Some(scope), id.as_str()).await?;
                Ok(match note {
                    Some(note) => {
                        let writes = vec![DocumentWrite::delete(&note)];
                        Decided::change(self.0.commit_of(scope, writes), ())
                    }
                    None => Decided::nothing(()),
                })
            })
            .await?;
        Ok(())
    }

    /// Writes down that a key is used, now and then.
    pub(super) fn note_use(self, key: &ApiKey, now: Timestamp) {
        if !self.0.keys.is_use_due(&key.id, now) {
            return;
        }
        let (engine, key) = (self.0.clone(), key.clone());
        tokio::spawn(async move {
            let noted = engine
                .accounts()
                .change_note(&key, |note| note.last_used_at = Some(now));
            if let Err(error) = noted.await {
                tracing::warn!(%error, "the use of a key was not noted");
            }
        });
    }

    async fn change_note(
        self,
        key: &ApiKey,
        change: impl Fn(&mut KeyNote) + Send + Sync,
    ) -> Result<(), Failure> {
        let change = &change;
        self.0
            .change(key.id.as_str(), || async move {
                let found: Option<Stored<KeyNote>> =
                    self.0.find(Some(&key.scope), key.id.as_str()).await?;
                let version = found.as_ref().map(|found| found.version);
                let mut note = found.map_or_else(|| KeyNote::of(key), |found| found.value);
                change(&mut note);
                let writes = vec![DocumentWrite::put(&note, version)?];
                Ok(Decided::change(self.0.commit_of(&key.scope, writes), ()))
            })
            .await?;
        Ok(())
    }
}
