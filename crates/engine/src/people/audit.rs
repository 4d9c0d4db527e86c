//! The trail of what people did. Nothing here changes or deletes an entry.

use tatami_core::account::AnyScope;
use tatami_core::id::{AuditId, CompanyId, Environment};
use tatami_core::people::{AuditEntry, Company, User, normalized};
use tatami_core::time::Timestamp;

use super::{Origin, People, Visitor};
use crate::Failure;
use crate::ports::documents::{DocumentKind, DocumentQuery, IndexValue, ValueRange};

/// Entries on a page.
const PAGE: usize = 50;

/// How many stored pages are read to fill one page.
const MOST_PAGES: usize = 20;

/// Which entries are wanted.
#[derive(Default)]
pub struct AuditFilter {
    /// The e-mail address of the user; empty for all users.
    pub by: String,
    /// The beginning of the name of the action.
    pub action: String,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

impl AuditFilter {
    fn query(&self, company: &Company, after: Option<String>) -> DocumentQuery {
        let value = match (self.by.is_empty(), self.action.is_empty()) {
            (false, _) => Some(ValueRange::exactly(
                BY,
                &of(&company.id, &normalized(&self.by)),
            )),
            (true, false) => {
                let from = of(&company.id, self.action.trim());
                let to = format!("{from}~");
                Some(ValueRange {
                    name: ACTION,
                    from,
                    to,
                })
            }
            (true, true) => None,
        };
        DocumentQuery {
            owner: Some(company.id.to_string()),
            from: self.from,
            to: self.to,
            value,
            after,
            limit: PAGE,
            ..DocumentQuery::default()
        }
    }

    fn has(&self, entry: &AuditEntry) -> bool {
        entry.action.starts_with(self.action.trim())
    }
}

/// What entries are found by: the user and the action.
const BY: &str = "by";
const ACTION: &str = "action";

fn of(company: &CompanyId, value: &str) -> String {
    format!("{company} {value}")
}

/// The values that an entry is found by.
pub(super) fn values(entry: &AuditEntry) -> Vec<IndexValue> {
    vec![
        IndexValue::new(BY, of(&entry.company, &normalized(&entry.by))),
        IndexValue::new(ACTION, of(&entry.company, &entry.action)),
    ]
}

/// Entries, newest first.
pub struct AuditPage {
    pub entries: Vec<AuditEntry>,
    /// The id to go on after, if there are more.
    pub next: Option<String>,
}

impl People<'_> {
    /// The trail of the visitor's company, newest first. Reading stops when a page is full,
    /// or after a bounded number of entries.
    ///
    /// # Errors
    /// If the visitor may not see it, or storage fails.
    pub async fn audit(
        self,
        visitor: &Visitor,
        wanted: &AuditFilter,
        after: Option<&str>,
    ) -> Result<AuditPage, Failure> {
        visitor.must_manage()?;
        let mut found = AuditPage {
            entries: Vec::new(),
            next: after.map(str::to_owned),
        };
        for _ in 0..MOST_PAGES {
            let query = wanted.query(&visitor.company, found.next.take());
            let store = self.0.store();
            let kind = DocumentKind::AuditEntry;
            let page = store
                .documents(kind, &AnyScope::Installation, query)
                .await?;
            let read = page.documents.len();
            for (n, document) in page.documents.iter().enumerate() {
                let entry: AuditEntry = document.value.read()?;
                let is_last = n + 1 == read && !page.more_after;
                found.next = (!is_last).then(|| entry.id.to_string());
                if wanted.has(&entry) {
                    found.entries.push(entry);
                }
                if found.entries.len() == PAGE {
                    return Ok(found);
                }
            }
            if found.next.is_none() {
                break;
            }
        }
        Ok(found)
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
