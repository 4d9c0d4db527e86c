//! What was given back: refunds, with and without a payment, and reversals, newest first.

use tatami_core::account::{AnyScope, Scope};
use tatami_core::id::PaymentIntentId;
use tatami_core::money::Money;
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::terminal_session::Session;
use tatami_core::time::Timestamp;

use crate::Failure;
use crate::ports::documents::{Aggregate as _, ValueQuery};
use crate::transactions::{GIVEN_BACK, Transactions};

/// Comes after all lines.
const END: &str = "~";

/// A refund or a reversal.
#[derive(Clone, Debug)]
pub struct GivenBack {
    /// Its id; of a refund without a payment that of its transaction.
    pub id: String,
    pub at: Timestamp,
    pub is_reversal: bool,
    pub amount: Money,
    /// The payment, and where that stands now; none of a refund without one.
    pub payment: Option<(PaymentIntentId, &'static str)>,
    pub reference: String,
    pub reason: String,
}

/// A page of what was given back.
#[derive(Debug, Default)]
pub struct GivenBackPage {
    pub given: Vec<GivenBack>,
    /// Where the next page begins, if there is one.
    pub after: Option<String>,
}

impl Transactions<'_> {
    /// What was given back at a scope, after a place that a page named.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn given_back(
        self,
        scope: &Scope,
        after: Option<&str>,
        limit: usize,
    ) -> Result<GivenBackPage, Failure> {
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
        let goes_on = lines.len() > limit;
        lines.truncate(limit);
        let after = lines.last().map(|(line, ..)| line.clone());
        let mut given = Vec::new();
        for (line, kind, document) in lines {
            let id = line.split(' ').nth(1).unwrap_or_default();
            given.extend(match kind == PaymentIntent::KIND {
                true => self.of_payment(scope, &document, id).await?,
                false => self.of_session(scope, &document).await?,
            });
        }
        Ok(GivenBackPage {
            given,
            after: after.filter(|_| goes_on),
        })
    }

    async fn of_payment(
        self,
        scope: &Scope,
        payment: &str,
        id: &str,
    ) -> Result<Option<GivenBack>, Failure> {
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
        Ok(Some(GivenBack {
            id: id.to_owned(),
            at,
            is_reversal: refund.is_none(),
            amount,
            payment: Some((intent.id.clone(), intent.status.name())),
            reference: intent.details.reference.clone(),
            reason: reason.unwrap_or_default(),
        }))
    }

    async fn of_session(self, scope: &Scope, session: &str) -> Result<Option<GivenBack>, Failure> {
        let stored = self.engine().find::<Session>(Some(scope), session).await?;
        let transaction = stored.and_then(|stored| stored.value.transaction());
        Ok(transaction.map(|it| GivenBack {
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
