//! Searching payment intents.

use tatami_core::account::{AnyScope, Scope};
use tatami_core::id::CustomerId;
use tatami_core::payment_intent::PaymentIntent;

use super::{CUSTOMER, IntentQuery, PaymentIntents, ViewPage};
use crate::listed::listed;
use crate::ports::documents::{Aggregate, DocumentPage, DocumentQuery, ValueRange};
use crate::{Failure, Listed};

impl PaymentIntents<'_> {
    /// A page of a scope's intents.
    pub async fn search(self, scope: &Scope, query: IntentQuery) -> Result<ViewPage, Failure> {
        let account = self.0.account(&scope.account).await?;
        let (intents, page) = self.page(scope, query.into()).await?;
        let views = intents
            .into_iter()
            .map(|i| self.view(account.clone(), i))
            .collect();
        Ok(ViewPage {
            views,
            more_before: page.more_before,
            more_after: page.more_after,
        })
    }

    pub(super) async fn page(
        self,
        scope: &Scope,
        query: DocumentQuery,
    ) -> Result<(Vec<PaymentIntent>, DocumentPage), Failure> {
        let scope = AnyScope::from(scope);
        let page = self.0.store().documents(PaymentIntent::KIND, &scope, query);
        let page = page.await?;
        let intents = page.documents.iter().map(|record| record.value.read());
        Ok((intents.collect::<Result<_, _>>()?, page))
    }

    /// The latest payment intents of a customer.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn of_customer(
        self,
        scope: &Scope,
        customer: &CustomerId,
        limit: usize,
    ) -> Result<Listed<PaymentIntent>, Failure> {
        let query = DocumentQuery {
            value: Some(ValueRange::exactly(CUSTOMER, customer.as_str())),
            limit,
            ..DocumentQuery::default()
        };
        listed(self.0, scope, query).await
    }
}
