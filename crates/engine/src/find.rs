//! Finds the object that an id or a reference belongs to.

use tatami_core::account::{AnyScope, Scope};
use tatami_core::customer::Customer;
use tatami_core::id::{CustomerId, PaymentIntentId, SetupIntentId, TerminalSessionId};
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::setup_intent::SetupIntent;
use tatami_core::terminal_session::Session;

use crate::Failure;
use crate::overview::Overview;
use crate::payment_intents::{REFERENCE, TRANSACTION_ID, folded};
use crate::ports::documents::{Aggregate as _, DocumentQuery, ValueRange};

/// The object that an id belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owned {
    /// A payment: its own id, that of a transaction, a capture, a refund or a reversal, of a
    /// session of a card machine, or its reference.
    Payment(PaymentIntentId),
    /// Several payments have this reference.
    Payments,
    SetupIntent(SetupIntentId),
    Customer(CustomerId),
    /// A refund without a payment, of this session.
    UnlinkedRefund(TerminalSessionId),
}

impl Overview<'_> {
    /// The object of a scope that an id or a reference belongs to.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn by_any_id(self, scope: &Scope, id: &str) -> Result<Option<Owned>, Failure> {
        if let Some(found) = self.by_own_id(scope, id).await? {
            return Ok(Some(found));
        }
        if let Some(first) = self.with_value(scope, TRANSACTION_ID, id).await?.first() {
            return Ok(Some(Owned::Payment(first.clone())));
        }
        let found = self.with_value(scope, REFERENCE, &folded(id)).await?;
        Ok(match found.as_slice() {
            [] => None,
            [one] => Some(Owned::Payment(one.clone())),
            _ => Some(Owned::Payments),
        })
    }

    async fn by_own_id(self, scope: &Scope, id: &str) -> Result<Option<Owned>, Failure> {
        if PaymentIntentId::parse(id).is_ok() {
            let found = self.0.find::<PaymentIntent>(Some(scope), id).await?;
            return Ok(found.map(|it| Owned::Payment(it.value.id)));
        }
        if SetupIntentId::parse(id).is_ok() {
            let found = self.0.find::<SetupIntent>(Some(scope), id).await?;
            return Ok(found.map(|it| Owned::SetupIntent(it.value.id)));
        }
        if CustomerId::parse(id).is_ok() {
            let found = self.0.find::<Customer>(Some(scope), id).await?;
            return Ok(found.map(|it| Owned::Customer(it.value.id)));
        }
        if TerminalSessionId::parse(id).is_ok() {
            let found = self.0.find::<Session>(Some(scope), id).await?;
            return Ok(found.map(|it| {
                let story = it.value.story;
                match story.purpose.payment_intent() {
                    Some(payment) => Owned::Payment(payment.clone()),
                    None => Owned::UnlinkedRefund(story.id),
                }
            }));
        }
        Ok(None)
    }

    /// The latest two payments with a value.
    async fn with_value(
        self,
        scope: &Scope,
        name: &'static str,
        value: &str,
    ) -> Result<Vec<PaymentIntentId>, Failure> {
        let query = DocumentQuery {
            value: Some(ValueRange::exactly(name, value)),
            limit: 2,
            may_lag: true,
            ..DocumentQuery::default()
        };
        let scope = AnyScope::from(scope);
        let page = self.0.store().documents(PaymentIntent::KIND, &scope, query);
        let found = page.await?.documents;
        let ids = found.iter().map(|it| PaymentIntentId::parse(&it.value.id));
        Ok(ids.flatten().collect())
    }
}
