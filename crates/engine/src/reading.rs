//! Reading: intents, refunds, searches, and what the sandbox shows of itself.

use std::sync::Arc;

use tatami_core::account::{Account, AnyScope, Scope};
use tatami_core::id::{PaymentIntentId, RefundId};
use tatami_core::payment_intent::{PaymentIntent, Refund};
use tatami_core::problem::Refusal;

use crate::intents::IntentQuery;
use crate::ports::mail::Mail;
use crate::ports::records::{Aggregate, RecordPage, RecordQuery};
use crate::ports::store::{DeliveryReport, Stored};
use crate::sessions::Sessions;
use crate::{Engine, Failure};

/// A payment intent with what a door needs to show it.
#[derive(Clone, Debug)]
pub struct View {
    /// The intent.
    pub intent: Arc<PaymentIntent>,
    /// Its account.
    pub account: Arc<Account>,
    /// Makes the secret of its client session.
    pub sessions: Sessions,
    /// The secret of its customer, for its merchant alone.
    pub customer_secret: Option<String>,
}

impl View {
    /// The secret of the intent's current client session.
    pub fn secret(&self) -> String {
        self.sessions.secret(&self.intent)
    }
}

/// A page of a search.
#[derive(Clone, Debug)]
pub struct ViewPage {
    /// The intents, newest first.
    pub views: Vec<View>,
    /// Whether the listing goes on before the first.
    pub more_before: bool,
    /// Whether the listing goes on after the last.
    pub more_after: bool,
}

pub(crate) const NO_INTENT: Refusal = Refusal::NotFound("payment intent");

impl Engine {
    /// A payment intent of a scope, canceled ones too.
    ///
    /// # Errors
    /// If there is none of that id in the scope, or storage fails.
    pub async fn payment_intent(
        &self,
        scope: &Scope,
        id: &PaymentIntentId,
    ) -> Result<View, Failure> {
        let stored = self.find_intent(scope, id).await?.ok_or(NO_INTENT)?;
        Ok(self.view(self.account(&scope.account).await?, stored.value))
    }

    /// A payment intent for its payer, who holds nothing but its id.
    ///
    /// # Errors
    /// If there is none of that id, or storage fails.
    pub async fn public_payment_intent(&self, id: &PaymentIntentId) -> Result<View, Failure> {
        let intent = self.for_payer(id).await?.value;
        Ok(self.view(self.account(&intent.scope.account).await?, intent))
    }

    /// A payment intent for its payer, if its environment is served.
    pub(crate) async fn for_payer(
        &self,
        id: &PaymentIntentId,
    ) -> Result<Stored<PaymentIntent>, Failure> {
        if !self.serves(id.environment()) {
            return Err(NO_INTENT.into());
        }
        Ok(self.find_public_intent(id).await?.ok_or(NO_INTENT)?)
    }

    /// A refund with its intent.
    ///
    /// # Errors
    /// If there is none of that id in the scope, or storage fails.
    pub async fn refund(
        &self,
        scope: &Scope,
        id: &RefundId,
    ) -> Result<(PaymentIntent, Refund), Failure> {
        let query = RecordQuery::intent_of_refund(id);
        let (intents, _) = self.page_of_intents(scope, query).await?;
        let intent = intents.into_iter().next();
        let refund = intent
            .as_ref()
            .and_then(|i| i.refunds.iter().find(|r| r.id == *id))
            .cloned();
        Ok(intent.zip(refund).ok_or(Refusal::NotFound("refund"))?)
    }

    /// A page of a scope's intents.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn search_payment_intents(
        &self,
        scope: &Scope,
        query: IntentQuery,
    ) -> Result<ViewPage, Failure> {
        let account = self.account(&scope.account).await?;
        let (intents, page) = self.page_of_intents(scope, query.into()).await?;
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

    async fn page_of_intents(
        &self,
        scope: &Scope,
        query: RecordQuery,
    ) -> Result<(Vec<PaymentIntent>, RecordPage), Failure> {
        let scope = AnyScope::from(scope);
        let page = self.store().records(PaymentIntent::KIND, &scope, query);
        let page = page.await?;
        let intents = page.records.iter().map(|record| record.value.read());
        Ok((intents.collect::<Result<_, _>>()?, page))
    }

    /// The latest webhook deliveries of a scope.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn deliveries(
        &self,
        scope: &Scope,
        limit: usize,
    ) -> Result<Vec<DeliveryReport>, Failure> {
        Ok(self.store().deliveries(scope, limit).await?)
    }

    /// The latest mails of a scope.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn mails(&self, scope: &Scope, limit: usize) -> Result<Vec<Mail>, Failure> {
        let query = RecordQuery {
            limit,
            ..RecordQuery::default()
        };
        let of = AnyScope::from(scope);
        let page = self.store().records(Mail::KIND, &of, query).await?;
        let mails = page.records.into_iter().map(|r| r.value.read());
        Ok(mails.collect::<Result<_, _>>()?)
    }
}
