//! The trail of what people did. Nothing here changes or deletes an entry.

use serde_json::Value;
use tatami_core::account::{AnyScope, Scope};
use tatami_core::id::{AuditId, Environment};
use tatami_core::people::{AuditEntry, User};

use super::{Origin, People, Visitor};
use crate::Failure;
use crate::ports::documents::{DocumentKind, DocumentQuery, DocumentWrite};

/// Entries on a page.
const PAGE: usize = 50;

/// Entries, newest first.
pub struct AuditPage {
    pub entries: Vec<AuditEntry>,
    /// The id to go on after, if there are more.
    pub next: Option<String>,
}

impl People<'_> {
    /// Notes what a user is about to do at a location, before it is done.
    ///
    /// # Errors
    /// If storage fails: it is not done then.
    pub async fn note(
        self,
        visitor: &Visitor,
        scope: &Scope,
        action: &str,
        subject: &str,
        new: Option<Value>,
    ) -> Result<(), Failure> {
        let entry = AuditEntry {
            scope: Some(scope.clone()),
            new,
            ..self.entry(visitor, action, subject)
        };
        let writes = vec![DocumentWrite::put(&entry, None)?];
        let written = self.0.make_durable(self.commit(writes)).await;
        written.map_err(|error| Failure::Unavailable(error.to_string()))
    }

    /// The trail of the visitor's company, newest first, after an entry.
    ///
    /// # Errors
    /// If the visitor may not see it, or storage fails.
    pub async fn audit(self, visitor: &Visitor, after: Option<&str>) -> Result<AuditPage, Failure> {
        visitor.must_manage()?;
        let query = DocumentQuery {
            owner: Some(visitor.company.id.to_string()),
            after: after.map(str::to_owned),
            limit: PAGE,
            ..DocumentQuery::default()
        };
        let store = self.0.store();
        let kind = DocumentKind::AuditEntry;
        let page = store
            .documents(kind, &AnyScope::Installation, query)
            .await?;
        let entries = page.documents.iter().map(|document| document.value.read());
        let entries: Vec<AuditEntry> = entries.collect::<Result<_, _>>()?;
        let last = entries.last().map(|entry| entry.id.to_string());
        Ok(AuditPage {
            next: last.filter(|_| page.more_after),
            entries,
        })
    }

    pub(super) fn entry(self, visitor: &Visitor, action: &str, subject: &str) -> AuditEntry {
        self.entry_of(&visitor.user, &visitor.origin, action, subject)
    }

    pub(super) fn entry_of(
        self,
        user: &User,
        origin: &Origin,
        action: &str,
        subject: &str,
    ) -> AuditEntry {
        self.with_facts(|facts| AuditEntry {
            id: AuditId::mint(Environment::Production, facts),
            company: user.company.clone(),
            user: Some(user.id.clone()),
            by: user.email.clone(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            scope: None,
            address: origin.address.clone(),
            old: None,
            new: None,
            at: facts.now,
        })
    }
}
