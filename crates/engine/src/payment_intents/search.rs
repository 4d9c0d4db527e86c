//! Searching payment intents.

use tatami_core::account::{AnyScope, Scope};
use tatami_core::payment_intent::PaymentIntent;

use super::{IntentQuery, PaymentIntents, ViewPage};
use crate::Failure;
use crate::ports::documents::{Aggregate, DocumentPage, DocumentQuery};

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
}
