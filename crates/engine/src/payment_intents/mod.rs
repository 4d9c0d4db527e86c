//! Payment intents: what a merchant does with them, and what their payers do.

mod amount;
pub(crate) mod attempts;
mod cancel;
mod capture;
mod challenge;
mod charge;
mod create;
mod due;
mod links;
mod look;
mod operate;
mod pay;
mod receipt;
mod refund;
mod requests;
mod reverse;
mod saved_card;
mod search;
mod session;
mod telephone;
mod tips;
mod view;
mod wallet;

use tatami_core::account::{AnyScope, Scope};
use tatami_core::id::{PaymentIntentId, RefundId};
use tatami_core::payment_intent::{PaymentIntent, Status};
use tatami_core::problem::Refusal;
use tatami_core::time::Timestamp;

use crate::ports::documents::{Aggregate, DocumentKind, DocumentQuery, IndexValue, ValueRange};
use crate::ports::store::Stored;
use crate::transactions::JOURNAL;
use crate::{Engine, Failure};

pub use attempts::Attempts;
pub use charge::Charges;
pub use look::{Day, Found, Wanted};
pub use pay::PaymentResult;
pub use saved_card::Keep;
pub use view::{View, ViewPage};
pub use wallet::{DeviceProof, WalletPayment};

pub(crate) const NO_INTENT: Refusal = Refusal::NotFound("payment intent");
/// The name of the ids of the wallets' tokens that an intent was paid with.
const WALLET_TOKEN: &str = "wallet-token";
/// The name of the values by which an intent is found by its refunds.
const REFUND: &str = "refund";
/// The name of the value that payment links have.
const PAYMENT_LINK: &str = "payment-link";
/// The name of the values by which intents are found by their customers.
pub(crate) const CUSTOMER: &str = "customer";
/// The most intents of one page.
const MAX_PAGE: usize = 100;

impl Aggregate for PaymentIntent {
    const KIND: DocumentKind = DocumentKind::PaymentIntent;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn scope(&self) -> AnyScope {
        AnyScope::from(&self.scope)
    }

    fn status(&self) -> &str {
        self.status.name()
    }

    fn created_at(&self) -> Timestamp {
        self.created_at
    }

    fn due_at(&self) -> Option<Timestamp> {
        PaymentIntent::due_at(self)
    }

    fn values(&self) -> Vec<IndexValue> {
        let refunds = self.refunds.iter();
        let refunds = refunds.map(|refund| IndexValue::new(REFUND, refund.id.as_str()));
        let tokens = self.wallet_tokens.iter();
        let tokens = tokens.map(|token| IndexValue::unique(WALLET_TOKEN, token.as_str()));
        let transactions = self.transactions().into_iter();
        let transactions = transactions.map(|it| IndexValue::new(JOURNAL, it.line()));
        let link = self.details.is_payment_link();
        let link = link.then(|| IndexValue::new(PAYMENT_LINK, ""));
        let customer = self.details.customer_id();
        let customer = customer.map(|id| IndexValue::new(CUSTOMER, id.as_str()));
        refunds
            .chain(tokens)
            .chain(transactions)
            .chain(link)
            .chain(customer)
            .collect()
    }
}

/// Which intents a search wants. Newest first; keyset by id, which is by time.
#[derive(Clone, Debug, Default)]
pub struct IntentQuery {
    /// Any of these; empty means all.
    pub statuses: Vec<Status>,
    /// Created at or after.
    pub from: Option<Timestamp>,
    /// Created at or before.
    pub to: Option<Timestamp>,
    /// Only those that come before this id in the listing (newer ones); the
    /// page then ends right before it.
    pub before: Option<PaymentIntentId>,
    /// Only those that come after this id in the listing (older ones).
    pub after: Option<PaymentIntentId>,
    /// At most so many, 1 to 100.
    pub limit: usize,
}

impl From<IntentQuery> for DocumentQuery {
    fn from(query: IntentQuery) -> Self {
        let mut statuses = query.statuses;
        if statuses.is_empty() {
            statuses.extend(Status::ALL);
        }
        statuses.sort();
        statuses.dedup();
        Self {
            statuses: statuses.iter().map(|s| s.name().to_owned()).collect(),
            from: query.from,
            to: query.to,
            before: query.before.map(|id| id.to_string()),
            after: query.after.map(|id| id.to_string()),
            limit: query.limit.clamp(1, MAX_PAGE),
            may_lag: true,
            ..Self::default()
        }
    }
}

impl DocumentQuery {
    /// The intent that a refund belongs to.
    pub fn intent_of_refund(refund: &RefundId) -> Self {
        Self {
            value: Some(ValueRange::exactly(REFUND, refund.as_str())),
            limit: 1,
            ..Self::default()
        }
    }
}

/// What a merchant does with payment intents.
#[derive(Clone, Copy)]
pub struct PaymentIntents<'a>(pub(super) &'a Engine);

impl Engine {
    pub fn payment_intents(&self) -> PaymentIntents<'_> {
        PaymentIntents(self)
    }
}

/// What payers do, who hold nothing but a client session secret or an id.
#[derive(Clone, Copy)]
pub struct Payers<'a>(pub(super) &'a Engine);

impl Engine {
    pub fn payers(&self) -> Payers<'_> {
        Payers(self)
    }
}

impl PaymentIntents<'_> {
    /// A payment intent of a scope.
    pub(crate) async fn find(
        self,
        scope: &Scope,
        id: &PaymentIntentId,
    ) -> Result<Option<Stored<PaymentIntent>>, Failure> {
        self.0.find(Some(scope), id.as_str()).await
    }

    pub(crate) async fn known(
        self,
        scope: &Scope,
        id: &PaymentIntentId,
    ) -> Result<Stored<PaymentIntent>, Failure> {
        Ok(self.find(scope, id).await?.ok_or(NO_INTENT)?)
    }

    /// A payment intent by its id alone: for payers, who hold no key. The id is
    /// unguessable.
    pub(crate) async fn find_public(
        self,
        id: &PaymentIntentId,
    ) -> Result<Option<Stored<PaymentIntent>>, Failure> {
        self.0.find(None, id.as_str()).await
    }

    /// A payment intent of a scope, canceled ones too.
    ///
    /// # Errors
    /// If there is none of that id in the scope, or storage fails.
    pub async fn get(self, scope: &Scope, id: &PaymentIntentId) -> Result<View, Failure> {
        let stored = self.find(scope, id).await?.ok_or(NO_INTENT)?;
        Ok(self.view(self.0.account(&scope.account).await?, stored.value))
    }

    /// A payment intent for its payer, who holds nothing but its id.
    ///
    /// # Errors
    /// If there is none of that id, or storage fails.
    pub async fn get_public(self, id: &PaymentIntentId) -> Result<View, Failure> {
        let intent = self.for_payer(id).await?.value;
        let account = self.0.account(&intent.scope.account).await?;
        self.with_branding(self.view(account, intent)).await
    }

    /// A payment intent for its payer, if its environment is served.
    pub(crate) async fn for_payer(
        self,
        id: &PaymentIntentId,
    ) -> Result<Stored<PaymentIntent>, Failure> {
        if !self.0.serves(id.environment()) {
            return Err(NO_INTENT.into());
        }
        Ok(self.find_public(id).await?.ok_or(NO_INTENT)?)
    }
}
