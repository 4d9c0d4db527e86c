//! A commit on its way to the database.

use tatami_core::account::AnyScope;
use tatami_engine::ports::documents::{DocumentKind, DocumentWrite};
use tatami_engine::ports::store::Commit;

use crate::failure::Failure;

/// A commit with everything in its stored form, so that the writer need not
/// make it.
pub struct Prepared {
    /// What is to be written.
    pub commit: Commit,
    /// Its scope as it is stored.
    pub scope: String,
    /// The scopes of the documents, in their order.
    pub scopes: Vec<String>,
}

impl Prepared {
    /// Prepares a commit.
    ///
    /// # Errors
    /// If a part of it is of another account, a document is written twice, or an entry of
    /// the audit trail would change.
    pub fn new(commit: Commit) -> Result<Self, Failure> {
        if !is_of_one_scope(&commit) {
            return Err(Failure::Store("a commit is of one scope".to_owned()));
        }
        if !is_each_once(&commit) {
            return Err(Failure::Store("a document is written once".to_owned()));
        }
        if !keeps_the_trail(&commit) {
            return Err(Failure::Store(
                "entries of the audit trail are only ever added".to_owned(),
            ));
        }
        let scope = commit.scope.to_string();
        let scope_of = |write: &DocumentWrite| match write {
            DocumentWrite::Put { record, .. } if record.scope != commit.scope => {
                record.scope.to_string()
            }
            DocumentWrite::Put { .. } | DocumentWrite::Delete { .. } => scope.clone(),
        };
        Ok(Self {
            scopes: commit.documents.iter().map(scope_of).collect(),
            scope,
            commit,
        })
    }
}

/// Documents that are of no account may be written with any.
fn is_of_one_scope(commit: &Commit) -> bool {
    let ours = |scope: &AnyScope| scope.account().is_none() || *scope == commit.scope;
    let document = |write: &DocumentWrite| match write {
        DocumentWrite::Put { record, .. } => ours(&record.scope),
        DocumentWrite::Delete { .. } => true,
    };
    commit.documents.iter().all(document) && commit.events.iter().all(|e| e.scope == commit.scope)
}

fn keeps_the_trail(commit: &Commit) -> bool {
    let keeps = |write: &DocumentWrite| match write {
        DocumentWrite::Put {
            record, expected, ..
        } => record.kind != DocumentKind::AuditEntry || expected.is_none(),
        DocumentWrite::Delete { kind, .. } => *kind != DocumentKind::AuditEntry,
    };
    commit.documents.iter().all(keeps)
}

fn is_each_once(commit: &Commit) -> bool {
    let ids: Vec<&str> = commit.documents.iter().map(DocumentWrite::id).collect();
    (1..ids.len()).all(|n| !ids[..n].contains(&ids[n]))
}
