//! Connector state as documents.

use std::sync::Arc;

use async_trait::async_trait;
use tatami_core::account::{AnyScope, Scope};

use crate::Clocks;
use crate::ports::connector_state::{ConnectorState, StateEntry, StateWrite};
use crate::ports::documents::{Document, DocumentKind, DocumentQuery, DocumentWrite};
use crate::ports::store::{Commit, CommitError, Store, StoreError, Stored};

/// Comes after every character of a key.
const AFTER_ALL: char = '~';

/// The state of the connector of that name.
pub struct DocumentState {
    store: Arc<dyn Store>,
    clocks: Arc<Clocks>,
    connector: &'static str,
}

impl DocumentState {
    /// State in that store.
    pub fn new(store: Arc<dyn Store>, clocks: Arc<Clocks>, connector: &'static str) -> Self {
        Self {
            store,
            clocks,
            connector,
        }
    }

    fn id(&self, key: &str) -> String {
        format!("{}/{key}", self.connector)
    }

    fn entry(&self, stored: Stored<Document>) -> StateEntry {
        let Document { id, body, .. } = stored.value;
        StateEntry {
            key: id[self.connector.len() + 1..].to_owned(),
            value: body,
            version: stored.version,
        }
    }
}

#[async_trait]
impl ConnectorState for DocumentState {
    async fn get(&self, key: &str) -> Result<Option<StateEntry>, StoreError> {
        let kind = DocumentKind::ConnectorState;
        let found = self.store.document(kind, None, &self.id(key)).await?;
        Ok(found.map(|stored| self.entry(stored)))
    }

    async fn write(&self, scope: &Scope, writes: Vec<StateWrite>) -> Result<(), CommitError> {
        let (at, scope) = (self.clocks.now(scope), AnyScope::from(scope));
        let record = |write: StateWrite| match (write.value, write.expected) {
            (Some(body), expected) => Some(DocumentWrite::Put {
                record: Box::new(Document {
                    kind: DocumentKind::ConnectorState,
                    id: self.id(&write.key),
                    scope: scope.clone(),
                    owner: None,
                    status: self.connector.to_owned(),
                    created_at: at,
                    due_at: None,
                    body,
                }),
                values: Vec::new(),
                facets: String::new(),
                expected,
            }),
            (None, Some(expected)) => Some(DocumentWrite::Delete {
                kind: DocumentKind::ConnectorState,
                id: self.id(&write.key),
                expected,
            }),
            (None, None) => None,
        };
        let commit = Commit {
            documents: writes.into_iter().filter_map(record).collect(),
            scope,
            at,
            claims: Vec::new(),
            events: Vec::new(),
            idempotency: None,
        };
        self.store.commit(commit).await
    }

    async fn list(
        &self,
        scope: &Scope,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<StateEntry>, StoreError> {
        // A listing begins with the greatest id: this is the page that ends it.
        let query = DocumentQuery {
            statuses: vec![self.connector.to_owned()],
            before: Some(self.id(after.unwrap_or(prefix))),
            after: Some(format!("{}{AFTER_ALL}", self.id(prefix))),
            limit,
            ..DocumentQuery::default()
        };
        let kind = DocumentKind::ConnectorState;
        let page = self.store.documents(kind, &scope.into(), query).await?;
        let ascending = page.documents.into_iter().rev();
        Ok(ascending.map(|stored| self.entry(stored)).collect())
    }
}
