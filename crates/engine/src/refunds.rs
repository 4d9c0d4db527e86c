//! The list of refunds, with and without a payment, and reversals, newest first.

use tatami_core::account::{AnyScope, Scope};
use tatami_core::id::PaymentIntentId;
use tatami_core::money::Money;
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::terminal_session::Session;
use tatami_core::time::Timestamp;

use crate::Failure;
use crate::ports::documents::{Aggregate as _, ValueQuery};
use crate::transactions::{GIVEN_BACK, Transactions};

/// Sorts after every line.
const END: &str = "~";

/// A refund or a reversal.
#[derive(Clone, Debug)]
pub struct RefundEntry {
    /// The id of the refund or reversal; without a payment, the id of the transaction.
    pub id: String,
    pub at: Timestamp,
    pub is_reversal: bool,
    pub amount: Money,
    /// The payment and its present status; `None` for a refund without a payment.
    pub payment: Option<(PaymentIntentId, &'static str)>,
    pub reference: String,
    pub reason: String,
}

/// A page of refunds and reversals.
#[derive(Debug, Default)]
pub struct RefundPage {
    pub entries: Vec<RefundEntry>,
    /// Where the next page begins, if there is one.
    pub after: Option<String>,
}

impl Transactions<'_> {
    /// The refunds and reversals of a scope, after the place where an earlier page ended.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn refunds(
        self,
        scope: &Scope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<RefundPage, Failure> {
        let mut lines = Vec::new();
        for kind in [PaymentIntent::KIND, Session::KIND] {
            let query = ValueQuery {
                kind,
                name: GIVEN_BACK,
                above: String::new(),
                below: after.unwrap_or(END).to_owned(),
                ascending: false,
                limit: limit + 1,
            };
            let of = AnyScope::from(scope);
            let found = self.engine().store().values(&of, query).await?;
            lines.extend(found.into_iter().map(|(line, id)| (line, kind, id)));
        }
        lines.sort_by(|a, b| b.0.cmp(&a.0));
        let has_more = lines.len() > limit;
        lines.truncate(limit);
        let after = lines.last().map(|(line, ..)| line.clone());
        let mut entries = Vec::new();
        for (line, kind, document) in lines {
            let id = line.split(' ').nth(1).unwrap_or_default();
            entries.extend(match kind == PaymentIntent::KIND {
                true => self.of_payment(scope, &document, id).await?,
                false => self.of_session(scope, &document).await?,
            });
        }
        Ok(RefundPage {
            entries,
            after: after.filter(|_| has_more),
        })
    }

    async fn of_payment(
        self,
        scope: &Scope,
        payment: &str,
        id: &str,
    ) -> Result<Option<RefundEntry>, Failure> {
        let stored = self.engine().find::<PaymentIntent>(Some(scope), payment);
        let Some(stored) = stored.await? else {
            return Ok(None);
        };
        let intent = stored.value;
        let refund = intent.refunds.iter().find(|it| it.id.as_str() == id);
        let reversal = intent.reversal.as_ref().filter(|it| it.id.as_str() == id);
        let paid = intent.authorization.as_ref().map(|it| it.amount);
        let (at, amount, reason) = match (refund, reversal) {
            (Some(refund), _) => {
                let amount = Money::new(refund.amount, intent.amount.currency);
                (refund.at, amount, refund.reason.clone())
            }
            (None, Some(reversal)) => (reversal.at, paid.unwrap_or_else(|| intent.total()), None),
            (None, None) => return Ok(None),
        };
        Ok(Some(RefundEntry {
            id: id.to_owned(),
            at,
            is_reversal: refund.is_none(),
            amount,
            payment: Some((intent.id.clone(), intent.status.name())),
            reference: intent.details.reference.clone(),
            reason: reason.unwrap_or_default(),
        }))
    }

    async fn of_session(
        self,
        scope: &Scope,
        session: &str,
    ) -> Result<Option<RefundEntry>, Failure> {
        let stored = self.engine().find::<Session>(Some(scope), session).await?;
        let transaction = stored.and_then(|stored| stored.value.transaction());
        Ok(transaction.map(|it| RefundEntry {
            id: it.id,
            at: it.at,
            is_reversal: false,
            amount: it.total,
            payment: None,
            reference: it.reference,
            reason: String::new(),
        }))
    }
}
