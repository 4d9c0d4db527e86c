//! Transactions: the journal of a scope, newest first. Its lines are values of the documents
//! that transactions follow from; what changes of one is read from there.

use std::collections::BTreeMap;

use tatami_core::account::{AnyScope, Scope};
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::terminal_session::Session;
use tatami_core::time::{Timestamp, ticks};
use tatami_core::transaction::{Transaction, TransactionStatus, TransactionType};

use crate::ports::documents::{Aggregate, DocumentKind, ValueQuery};
use crate::{Engine, Failure};

/// The name of the values that are lines of the journal.
pub(crate) const JOURNAL: &str = "transaction";
/// The name of the values that list refunds and reversals.
pub(crate) const GIVEN_BACK: &str = "given-back";
/// The most transactions of one page.
const MAX_PAGE: usize = 500;
/// Lines that one query reads.
const LINES: usize = 1_000;
/// The most lines that are searched for one page.
const LOOKED_THROUGH: usize = 20_000;
/// The most documents that are read for one page.
const READ: usize = 1_000;
/// Sorts after the rest of every line.
const END: &str = "~";

/// Which transactions a search wants. Newest first.
#[derive(Clone, Debug, Default)]
pub struct TransactionQuery {
    /// At or after.
    pub from: Option<Timestamp>,
    /// At or before.
    pub to: Option<Timestamp>,
    /// Any of these; empty means all.
    pub types: Vec<TransactionType>,
    /// Any of these; empty means all.
    pub statuses: Vec<TransactionStatus>,
    /// Only those that come before this one in the listing (newer ones); the page then
    /// ends right before it.
    pub before: Option<Place>,
    /// Only those that come after this one in the listing (older ones).
    pub after: Option<Place>,
    /// At most so many.
    pub limit: usize,
}

/// A place in the journal: a cursor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(String);

impl Place {
    /// Reads what [`Place::as_str`] gave.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, rest) = text.split_once(' ')?;
        let at: Timestamp = at.parse().ok()?;
        let is_line = text.starts_with(&ticks(at)) && rest.split(' ').count() >= 5;
        is_line.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the line says about its transaction.
    pub(crate) fn read(&self) -> Option<Line<'_>> {
        let mut words = self.0.split(' ');
        let at = words.next()?.parse().ok()?;
        let (kind, outcome) = (words.next()?, words.next()?);
        Some(Line {
            at,
            kind,
            is_payment: kind == "Sale" || kind == "PreAuth",
            is_declined: outcome == "declined",
            is_done: outcome == "approved",
            minor: words.next()?.parse().ok()?,
            currency: words.next()?,
        })
    }
}

/// The words of a line.
pub(crate) struct Line<'a> {
    pub(crate) at: Timestamp,
    pub(crate) kind: &'a str,
    pub(crate) is_payment: bool,
    pub(crate) is_declined: bool,
    pub(crate) is_done: bool,
    pub(crate) currency: &'a str,
    pub(crate) minor: i64,
}

/// A page of transactions, newest first. With a filter it may hold fewer than `limit` and
/// still have a next page.
#[derive(Debug, Default)]
pub struct TransactionPage {
    pub transactions: Vec<(Place, Transaction)>,
    /// Where the page before it ends, if there may be one.
    pub before: Option<Place>,
    /// Where the page after it begins, if there may be one.
    pub after: Option<Place>,
}

/// The journal of payments, captures and refunds.
#[derive(Clone, Copy)]
pub struct Transactions<'a>(&'a Engine);

impl Engine {
    pub fn transactions(&self) -> Transactions<'_> {
        Transactions(self)
    }
}

/// A line with the id of its document.
type Entry = (Place, DocumentKind, String);

impl TransactionQuery {
    fn is_filtered(&self) -> bool {
        !self.types.is_empty() || !self.statuses.is_empty()
    }

    fn may_want(&self, place: &Place) -> bool {
        let Some(line) = place.read() else {
            return false;
        };
        let of_type = |it: &TransactionType| it.name() == line.kind;
        let of_status =
            |it: &TransactionStatus| (*it == TransactionStatus::Declined) == line.is_declined;
        (self.types.is_empty() || self.types.iter().any(of_type))
            && (self.statuses.is_empty() || self.statuses.iter().any(of_status))
    }

    fn wants(&self, transaction: &Transaction) -> bool {
        self.statuses.is_empty() || self.statuses.contains(&transaction.status)
    }

    /// What the search covers, both ends excluded.
    fn span(&self) -> (String, String) {
        let from = self.from.map(ticks).unwrap_or_default();
        let to = self.to.map(|at| ticks(at) + END);
        (from, to.unwrap_or_else(|| END.to_owned()))
    }
}

/// What was found of a page so far, from its cursor on.
#[derive(Default)]
struct Walk {
    found: Vec<(Place, Transaction)>,
    /// The last line that was looked at.
    last: Option<Place>,
    /// Whether lines follow it.
    goes_on: bool,
    looked: usize,
    /// The transactions of documents that were read.
    read: BTreeMap<String, Vec<Transaction>>,
}

impl<'a> Transactions<'a> {
    pub(crate) fn engine(self) -> &'a Engine {
        self.0
    }
}

impl Transactions<'_> {
    /// A page of a scope's transactions.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn search(
        self,
        scope: &Scope,
        query: &TransactionQuery,
    ) -> Result<TransactionPage, Failure> {
        let (low, high) = query.span();
        let walk = self.walk(scope, query, (&low, &high)).await?;
        let goes_on = walk.last.filter(|_| walk.goes_on);
        let mut transactions = walk.found;
        let (before, after) = if let Some(cursor) = &query.before {
            transactions.reverse();
            let oldest = transactions.last().map_or(cursor, |(place, _)| place);
            let is_there = !self
                .lines(scope, (&low, &oldest.0), false, 1)
                .await?
                .is_empty();
            (goes_on, is_there.then(|| oldest.clone()))
        } else if let Some(cursor) = &query.after {
            let newest = transactions.first().map_or(cursor, |(place, _)| place);
            let is_there = !self
                .lines(scope, (&newest.0, &high), true, 1)
                .await?
                .is_empty();
            (is_there.then(|| newest.clone()), goes_on)
        } else {
            (None, goes_on)
        };
        Ok(TransactionPage {
            transactions,
            before,
            after,
        })
    }

    /// Walks through the journal until a page is full, or enough was looked at.
    async fn walk(
        self,
        scope: &Scope,
        query: &TransactionQuery,
        (low, high): (&str, &str),
    ) -> Result<Walk, Failure> {
        let limit = query.limit.clamp(1, MAX_PAGE);
        let at_once = if query.is_filtered() {
            LINES
        } else {
            limit + 1
        };
        let backwards = query.before.is_some();
        let mut walk = Walk::default();
        loop {
            let last = walk.last.as_ref();
            let newest = query
                .before
                .as_ref()
                .map(|_| last.or(query.before.as_ref()));
            let above = newest
                .flatten()
                .map_or(low, |place| place.0.as_str().max(low));
            let oldest = if backwards {
                None
            } else {
                last.or(query.after.as_ref())
            };
            let below = oldest.map_or(high, |place| place.0.as_str().min(high));
            let lines = self
                .lines(scope, (above, below), backwards, at_once)
                .await?;
            let is_last = lines.len() < at_once;
            for line in lines {
                let is_enough = walk.looked == LOOKED_THROUGH || walk.read.len() == READ;
                if walk.found.len() == limit || is_enough {
                    walk.goes_on = true;
                    return Ok(walk);
                }
                self.look_at(scope, query, line, &mut walk).await?;
            }
            if is_last {
                return Ok(walk);
            }
        }
    }

    async fn look_at(
        self,
        scope: &Scope,
        query: &TransactionQuery,
        (place, kind, id): Entry,
        walk: &mut Walk,
    ) -> Result<(), Failure> {
        walk.looked += 1;
        walk.last = Some(place.clone());
        if !query.may_want(&place) {
            return Ok(());
        }
        if !walk.read.contains_key(&id) {
            let all = self.of_document(scope, kind, &id).await?;
            walk.read.insert(id.clone(), all);
        }
        let mut all = walk.read.get(&id).into_iter().flatten();
        let transaction = all.find(|it| it.line() == place.0 && query.wants(it));
        walk.found
            .extend(transaction.cloned().map(|it| (place, it)));
        Ok(())
    }

    /// Lines between two texts, of payments and of sessions of card machines.
    async fn lines(
        self,
        scope: &Scope,
        (above, below): (&str, &str),
        ascending: bool,
        limit: usize,
    ) -> Result<Vec<Entry>, Failure> {
        let scope = AnyScope::from(scope);
        let mut lines = Vec::new();
        for kind in [PaymentIntent::KIND, Session::KIND] {
            let query = ValueQuery {
                kind,
                name: JOURNAL,
                above: above.to_owned(),
                below: below.to_owned(),
                ascending,
                limit,
            };
            let values = self.0.store().values(&scope, query).await?;
            let values = values.into_iter();
            lines.extend(values.map(|(value, id)| (Place(value), kind, id)));
        }
        lines.sort_by(|a, b| a.0.cmp(&b.0));
        if !ascending {
            lines.reverse();
        }
        lines.truncate(limit);
        Ok(lines)
    }

    /// The lines of payments between two texts, newest first.
    pub(crate) async fn places(
        self,
        scope: &Scope,
        between: (&str, &str),
        limit: usize,
    ) -> Result<Vec<Place>, Failure> {
        let lines = self.lines(scope, between, false, limit).await?;
        Ok(lines.into_iter().map(|(place, ..)| place).collect())
    }

    async fn of_document(
        self,
        scope: &Scope,
        kind: DocumentKind,
        id: &str,
    ) -> Result<Vec<Transaction>, Failure> {
        if kind == PaymentIntent::KIND {
            let intent = self.0.find::<PaymentIntent>(Some(scope), id).await?;
            return Ok(intent.map_or_else(Vec::new, |it| it.value.transactions()));
        }
        let session = self.0.find::<Session>(Some(scope), id).await?;
        Ok(session
            .and_then(|it| it.value.transaction())
            .into_iter()
            .collect())
    }
}
