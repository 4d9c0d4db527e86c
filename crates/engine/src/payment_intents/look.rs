//! Looking through payments, for people: by all that a listing is filtered by.

use std::sync::Arc;

use tatami_core::account::{AnyScope, Scope};
use tatami_core::id::PaymentIntentId;
use tatami_core::payment_intent::{PaymentIntent, Status};
use tatami_core::time::Timestamp;

use super::IntentQuery;
use super::stored::{CUSTOMER, EMAIL, LAST4, REFERENCE, amount_facet, folded};
use crate::Failure;
use crate::overview::Overview;
use crate::ports::documents::{Aggregate as _, DocumentQuery, FacetFilter, ValueRange};

/// How often storage is asked for one page.
const MOST_ASKED: usize = 10;
/// Comes after all that an amount's facet goes on with.
const END: &str = "~";

/// What a user looks for. Texts are compared without regard to case.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Any of these; empty means all.
    pub statuses: Vec<Status>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// The reference, or a part of it. If it is the whole of some, only those are found.
    pub reference: String,
    /// The customer's id or e-mail address, or a part of it; the same.
    pub customer: String,
    /// A part of the source.
    pub source: String,
    /// The last four digits of the card.
    pub last4: String,
    /// Minor units, at least.
    pub least: Option<i64>,
    /// Minor units, at most.
    pub most: Option<i64>,
}

/// What was found, newest first.
#[derive(Debug, Default)]
pub struct Found {
    pub intents: Vec<Arc<PaymentIntent>>,
    /// Where to go on, if there may be more.
    pub next: Option<PaymentIntentId>,
    /// When the last payment was made that was looked at, where looking stopped before the
    /// page was full.
    pub looked_to: Option<Timestamp>,
}

impl Wanted {
    fn has(&self, intent: &PaymentIntent) -> bool {
        let holds = |text: Option<&str>, part: &str| {
            let part = folded(part);
            part.is_empty() || text.is_some_and(|text| folded(text).contains(&part))
        };
        let details = &intent.details;
        let customer = details.customer.as_ref();
        let card = intent.authorization.as_ref().map(|it| &it.card);
        let email = customer.and_then(|customer| customer.email_address.as_deref());
        let id = customer.and_then(|customer| customer.id.as_deref());
        let total = intent.total().minor;
        holds(Some(details.reference.as_str()), &self.reference)
            && (holds(email, &self.customer) || holds(id, &self.customer))
            && holds(Some(details.source()), &self.source)
            && (self.last4.is_empty() || card.is_some_and(|card| card.last4 == self.last4))
            && self.least.is_none_or(|least| total >= least)
            && self.most.is_none_or(|most| total <= most)
    }

    /// What the facets of such payments hold.
    fn facets(&self) -> Option<FacetFilter> {
        let texts = [
            ("source ", &self.source),
            ("last4 ", &self.last4),
            ("reference ", &self.reference),
            ("customer ", &self.customer),
        ];
        let texts = texts.map(|(name, text)| (name, folded(text)));
        let texts = texts.iter().filter(|(_, text)| !text.is_empty());
        let parts: Vec<_> = texts
            .flat_map(|(name, text)| [(*name).to_owned(), text.clone()])
            .collect();
        let between = (self.least.is_some() || self.most.is_some()).then(|| {
            let most = self.most.map(|most| amount_facet(most.max(0)) + END);
            let least = self.least.unwrap_or(0).max(0);
            (amount_facet(least), most.unwrap_or_else(|| END.to_owned()))
        });
        let is_filtered = between.is_some() || !parts.is_empty();
        is_filtered.then_some(FacetFilter { between, parts })
    }

    /// Values that a few payments have, the rarest first.
    fn values(&self) -> impl Iterator<Item = ValueRange> {
        let values = [
            (REFERENCE, folded(&self.reference)),
            (CUSTOMER, self.customer.trim().to_owned()),
            (EMAIL, folded(&self.customer)),
            (LAST4, folded(&self.last4)),
        ];
        let values = values.into_iter().filter(|(_, text)| !text.is_empty());
        values.map(|(name, text)| ValueRange::exactly(name, &text))
    }
}

impl Overview<'_> {
    /// A page of the payments of a scope that a user looks for. It may have fewer than
    /// `limit` and go on, where a lot was looked at.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn look(
        self,
        scope: &Scope,
        wanted: &Wanted,
        after: Option<PaymentIntentId>,
        limit: usize,
    ) -> Result<Found, Failure> {
        let mut query = DocumentQuery::from(IntentQuery {
            statuses: wanted.statuses.clone(),
            from: wanted.from,
            to: wanted.to,
            after,
            ..IntentQuery::default()
        });
        query.limit = limit;
        query.facets = wanted.facets();
        query.value = self.rarest(scope, wanted).await?;
        let mut found = Found::default();
        for _ in 0..MOST_ASKED {
            query.limit = limit - found.intents.len();
            let (intents, page) = self.0.payment_intents().page(scope, query.clone()).await?;
            let last = intents.last().map(|intent| intent.id.clone());
            let wanted = intents.into_iter().filter(|intent| wanted.has(intent));
            found.intents.extend(wanted.map(Arc::new));
            if let Some(last) = page.looked_to {
                found.next = PaymentIntentId::parse(&last).ok();
                let stored = self.0.find::<PaymentIntent>(Some(scope), &last).await?;
                found.looked_to = stored.map(|stored| stored.value.created_at);
                return Ok(found);
            }
            found.next = last.filter(|_| page.more_after);
            if found.next.is_none() || found.intents.len() == limit {
                return Ok(found);
            }
            query.after = found.next.as_ref().map(ToString::to_string);
        }
        Ok(found)
    }

    /// The rarest of the values looked for that some payment has.
    async fn rarest(self, scope: &Scope, wanted: &Wanted) -> Result<Option<ValueRange>, Failure> {
        let of = AnyScope::from(scope);
        for value in wanted.values() {
            let query = DocumentQuery {
                value: Some(value.clone()),
                limit: 1,
                may_lag: true,
                ..DocumentQuery::default()
            };
            let any = self.0.store().documents(PaymentIntent::KIND, &of, query);
            // Digits are whole or none.
            if value.name == LAST4 || !any.await?.documents.is_empty() {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }
}
