//! Looking through payments, for people: by more than what they are indexed by, within a
//! bound.

use std::sync::Arc;

use tatami_core::account::Scope;
use tatami_core::id::{PaymentIntentId, RefundId};
use tatami_core::payment_intent::{PaymentIntent, Status};
use tatami_core::time::Timestamp;

use super::{IntentQuery, MAX_PAGE};
use crate::Failure;
use crate::overview::Overview;

/// Payments on a page.
const SHOWN: usize = 25;
/// Payments that are looked through for one page.
const LOOKED_THROUGH: usize = 2_000;

/// What a user looks for. Texts are compared without regard to case.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Any of these; empty means all.
    pub statuses: Vec<Status>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// A part of the reference.
    pub reference: String,
    /// A part of the customer's id or e-mail address.
    pub customer: String,
    pub source: String,
    /// The last four digits of the card.
    pub last4: String,
    /// Minor units.
    pub amount: Option<i64>,
}

/// What was found, newest first.
#[derive(Debug, Default)]
pub struct Found {
    pub intents: Vec<Arc<PaymentIntent>>,
    /// Where to go on, if there may be more.
    pub next: Option<PaymentIntentId>,
    /// How many were looked through.
    pub looked_through: usize,
}

/// Payments of a day, as far as they were counted.
#[derive(Clone, Debug, Default)]
pub struct Day {
    /// Payments that were approved.
    pub approved: u64,
    /// Those that were declined and are not approved since.
    pub declined: u64,
    /// What was approved, in minor units, for each currency that there was.
    pub sums: Vec<tatami_core::money::Money>,
    /// Approved payments of each hour since the start.
    pub hours: [u64; 24],
    /// Whether there are more than were counted.
    pub has_more: bool,
}

impl Wanted {
    fn has(&self, intent: &PaymentIntent) -> bool {
        let holds = |text: Option<&str>, part: &str| {
            part.is_empty()
                || text.is_some_and(|text| text.to_lowercase().contains(&part.to_lowercase()))
        };
        let details = &intent.details;
        let customer = details.customer.as_ref();
        let last4 = intent
            .authorization
            .as_ref()
            .map(|it| it.card.last4.as_str());
        let email = customer.and_then(|customer| customer.email_address.as_deref());
        let id = customer.and_then(|customer| customer.id.as_deref());
        holds(Some(details.reference.as_str()), &self.reference)
            && (holds(email, &self.customer) || holds(id, &self.customer))
            && holds(Some(details.source()), &self.source)
            && (self.last4.is_empty() || last4 == Some(self.last4.as_str()))
            && self
                .amount
                .is_none_or(|amount| intent.total().minor == amount)
    }
}

impl Overview<'_> {
    /// A page of the payments of a scope that a user looks for.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn look(
        self,
        scope: &Scope,
        wanted: &Wanted,
        mut after: Option<PaymentIntentId>,
    ) -> Result<Found, Failure> {
        let mut found = Found::default();
        while found.looked_through < LOOKED_THROUGH {
            let query = IntentQuery {
                statuses: wanted.statuses.clone(),
                from: wanted.from,
                to: wanted.to,
                after,
                limit: MAX_PAGE,
                ..IntentQuery::default()
            };
            let (intents, page) = self.0.payment_intents().page(scope, query.into()).await?;
            let read = intents.len();
            for (n, intent) in intents.into_iter().enumerate() {
                found.looked_through += 1;
                let is_last = n + 1 == read && !page.more_after;
                let id = intent.id.clone();
                if wanted.has(&intent) {
                    found.intents.push(Arc::new(intent));
                }
                if found.intents.len() == SHOWN {
                    found.next = (!is_last).then_some(id);
                    return Ok(found);
                }
                found.next = (!is_last).then_some(id);
            }
            if !page.more_after {
                found.next = None;
                return Ok(found);
            }
            after = found.next.clone();
        }
        Ok(found)
    }

    /// The payment that an id of any kind leads to: its own, or that of a refund.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn by_any_id(
        self,
        scope: &Scope,
        id: &str,
    ) -> Result<Option<PaymentIntentId>, Failure> {
        if let Ok(id) = PaymentIntentId::parse(id) {
            return Ok(self
                .0
                .payment_intents()
                .find(scope, &id)
                .await?
                .map(|stored| stored.value.id));
        }
        let Ok(refund) = RefundId::parse(id) else {
            return Ok(None);
        };
        match self.0.payment_intents().get_refund(scope, &refund).await {
            Ok((intent, _)) => Ok(Some(intent.id)),
            Err(Failure::Refused(_)) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// The payments since the start of a day, the newest ones up to a bound.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn day(self, scope: &Scope, start: Timestamp) -> Result<Day, Failure> {
        let (mut day, mut after, mut read) = (Day::default(), None, 0);
        loop {
            let query = IntentQuery {
                from: Some(start),
                after,
                limit: MAX_PAGE,
                ..IntentQuery::default()
            };
            let (intents, page) = self.0.payment_intents().page(scope, query.into()).await?;
            after = intents.last().map(|intent| intent.id.clone());
            read += intents.len();
            for intent in &intents {
                day.count(intent, start);
            }
            day.has_more = page.more_after && read >= LOOKED_THROUGH;
            if !page.more_after || day.has_more || after.is_none() {
                return Ok(day);
            }
        }
    }
}

impl Day {
    fn count(&mut self, intent: &PaymentIntent, start: Timestamp) {
        use tatami_core::payment_intent::PaymentEventKind::Declined;
        let Some(authorization) = &intent.authorization else {
            let was_declined = intent
                .payment_events
                .iter()
                .any(|event| event.kind == Declined);
            self.declined += u64::from(was_declined);
            return;
        };
        self.approved += 1;
        let hour = authorization
            .at
            .duration_since(start)
            .as_hours()
            .clamp(0, 23);
        self.hours[usize::try_from(hour).unwrap_or(0)] += 1;
        let amount = authorization.amount;
        match self
            .sums
            .iter_mut()
            .find(|sum| sum.currency == amount.currency)
        {
            Some(sum) => *sum = sum.plus(amount).unwrap_or(*sum),
            None => self.sums.push(amount),
        }
    }
}
