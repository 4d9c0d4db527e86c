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
mod stored;
mod telephone;
mod tips;
mod view;
mod wallet;

use tatami_core::account::Scope;
use tatami_core::id::{PaymentIntentId, RefundId};
use tatami_core::payment_intent::{PaymentIntent, Status};
use tatami_core::problem::Refusal;
use tatami_core::time::Timestamp;

use crate::ports::documents::{DocumentQuery, ValueRange};
use crate::ports::store::Stored;
use crate::{Engine, Failure};

pub use attempts::Attempts;
pub use charge::Charges;
pub use links::PaymentLinks;
pub use look::{Found, Wanted};
pub use pay::PaymentResult;
pub use saved_card::Keep;
use stored::PAYMENT_LINK;
pub(crate) use stored::{CUSTOMER, REFERENCE, TRANSACTION_ID, folded};
pub use view::{View, ViewPage};
pub use wallet::{DeviceProof, WalletPayment};

pub(crate) const NO_INTENT: Refusal = Refusal::NotFound("payment intent");
/// The most intents of one page.
const MAX_PAGE: usize = 100;

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
            value: Some(ValueRange::exactly(stored::TRANSACTION_ID, refund.as_str())),
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
    pub fn payment_links(&self) -> PaymentLinks<'_> {
        PaymentLinks(self)
    }

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
        self.view(account, intent).with_branding(self.0).await
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
