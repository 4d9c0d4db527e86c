//! The documents.

use tatami_core::account::{AnyScope, Scope};
use tatami_core::pay_at_table::{PartStage, TableOrder, TablePayment, TableVisit};
use tatami_core::time::Timestamp;

use super::TableParts;
use crate::Failure;
use crate::ports::documents::{Aggregate, DocumentKind, DocumentQuery};
use crate::ports::store::Stored;

impl Aggregate for TableVisit {
    const KIND: DocumentKind = DocumentKind::TableVisit;

    fn id(&self) -> &str {
        Self::id(self)
    }

    fn scope(&self) -> AnyScope {
        AnyScope::from(&self.scope)
    }

    fn status(&self) -> &'static str {
        match self.order {
            Some(_) => "at-order",
            None => "open",
        }
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }

    fn due_at(&self) -> Option<Timestamp> {
        Self::due_at(self)
    }
}

impl Aggregate for TableOrder {
    const KIND: DocumentKind = DocumentKind::TableOrder;

    fn id(&self) -> &str {
        Self::id(self)
    }

    fn scope(&self) -> AnyScope {
        AnyScope::from(&self.scope)
    }

    fn status(&self) -> &'static str {
        match self.lock {
            Some(_) => "locked",
            None => "open",
        }
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }

    fn due_at(&self) -> Option<Timestamp> {
        Self::due_at(self)
    }
}

impl Aggregate for TablePayment {
    const KIND: DocumentKind = DocumentKind::TablePayment;

    fn id(&self) -> &str {
        Self::id(self)
    }

    fn scope(&self) -> AnyScope {
        AnyScope::from(&self.scope)
    }

    fn owner(&self) -> Option<&str> {
        Some(&self.order)
    }

    fn status(&self) -> &'static str {
        self.stage.word()
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }

    fn due_at(&self) -> Option<Timestamp> {
        Self::due_at(self)
    }
}

impl TableParts<'_> {
    /// The parts of an order that were begun and not given up, oldest first.
    pub(super) async fn parts_of(
        self,
        scope: &Scope,
        order: &str,
    ) -> Result<Vec<TablePayment>, Failure> {
        let kept = PartStage::ALL.into_iter().filter(|stage| stage.is_kept());
        let query = DocumentQuery {
            owner: Some(order.to_owned()),
            statuses: kept.map(|stage| stage.word().to_owned()).collect(),
            ..DocumentQuery::default()
        };
        let parts: Vec<Stored<TablePayment>> = self.0.all(scope, query).await?;
        Ok(parts.into_iter().rev().map(|stored| stored.value).collect())
    }
}
