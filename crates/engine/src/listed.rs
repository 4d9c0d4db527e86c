//! Listings of aggregates for people, a page at a time.

use tatami_core::account::{AnyScope, Scope};

use crate::ports::documents::{Aggregate, DocumentQuery};
use crate::ports::store::Stored;
use crate::{Failure, Shared};

/// A page of a listing, newest first.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    pub items: Vec<T>,
    /// The id to go on after, if there are more.
    pub next: Option<String>,
}

/// A page of the aggregates of a scope that a query wants.
pub(crate) async fn listed<T: Aggregate>(
    engine: &Shared,
    scope: &Scope,
    query: DocumentQuery,
) -> Result<Listed<T>, Failure> {
    let scope = AnyScope::from(scope);
    let page = engine.store().documents(T::KIND, &scope, query).await?;
    let last = page.documents.last().map(|it| it.value.id.clone());
    let last = last.filter(|_| page.more_after);
    let items = page.documents.iter().map(Stored::read::<T>);
    let items = items.map(|item| Ok(item?.value));
    Ok(Listed {
        items: items.collect::<Result<_, Failure>>()?,
        next: last.or(page.looked_to),
    })
}
