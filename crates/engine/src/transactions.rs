//! Transactions: the journal of a scope, newest first. Its lines are values of the documents
//! that transactions follow from; what changes of one is read from there.

use std::collections::{BTreeMap, BTreeSet};

use tatami_core::account::{AnyScope, Scope};
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::terminal_session::Session;
use tatami_core::time::{Timestamp, ticks};
use tatami_core::transaction::{Transaction, TransactionStatus, TransactionType};

use crate::ports::documents::{Aggregate, Document, DocumentKind, ValueQuery};
use crate::ports::store::Stored;
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
/// The most documents that one query reads.
const READ_AT_ONCE: usize = 50;
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
        let at = words.next()?;
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
    pub(crate) at: &'a str,
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

impl Walk {
    /// The transaction of a line, if it is wanted.
    fn wanted(
        &self,
        query: &TransactionQuery,
        (place, _, id): &Entry,
    ) -> Option<(Place, Transaction)> {
        let mut all = self.read.get(id).into_iter().flatten();
        let transaction = all.find(|it| it.line() == place.0 && query.wants(it))?;
        Some((place.clone(), transaction.clone()))
    }
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
            for (at, line) in lines.iter().enumerate() {
                let may_want = query.may_want(&line.0);
                let is_to_read = may_want && !walk.read.contains_key(&line.2);
                let is_enough =
                    walk.looked == LOOKED_THROUGH || is_to_read && walk.read.len() >= READ;
                if walk.found.len() == limit || is_enough {
                    walk.goes_on = true;
                    return Ok(walk);
                }
                walk.looked += 1;
                walk.last = Some(line.0.clone());
                if is_to_read {
                    self.read(scope, query, &lines[at..], &mut walk).await?;
                }
                if may_want {
                    walk.found.extend(walk.wanted(query, line));
                }
            }
            if is_last {
                return Ok(walk);
            }
        }
    }

    /// Reads the documents of the first of these lines that are not read yet.
    async fn read(
        self,
        scope: &Scope,
        query: &TransactionQuery,
        lines: &[Entry],
        walk: &mut Walk,
    ) -> Result<(), Failure> {
        let lacks = |(place, _, id): &&Entry| !walk.read.contains_key(id) && query.may_want(place);
        let most = READ_AT_ONCE.min(READ.saturating_sub(walk.read.len()));
        let wanted: Vec<_> = lines.iter().filter(lacks).take(most).collect();
        for kind in [PaymentIntent::KIND, Session::KIND] {
            let of_kind = wanted.iter().filter(|(_, it, _)| *it == kind);
            let ids: BTreeSet<_> = of_kind.map(|(_, _, id)| id.clone()).collect();
            // Of one that is gone there are none.
            let none = ids.iter().map(|id| (id.clone(), Vec::new()));
            walk.read.extend(none);
            walk.read.extend(self.of_documents(scope, kind, ids).await?);
        }
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
        (above, below): (&str, &str),
        limit: usize,
    ) -> Result<Vec<Place>, Failure> {
        let query = ValueQuery {
            kind: PaymentIntent::KIND,
            name: JOURNAL,
            above: above.to_owned(),
            below: below.to_owned(),
            ascending: false,
            limit,
        };
        let scope = AnyScope::from(scope);
        let values = self.0.store().values(&scope, query).await?;
        Ok(values.into_iter().map(|(value, _)| Place(value)).collect())
    }

    /// The transactions of each of these documents.
    async fn of_documents(
        self,
        scope: &Scope,
        kind: DocumentKind,
        ids: BTreeSet<String>,
    ) -> Result<Vec<(String, Vec<Transaction>)>, Failure> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let (scope, ids) = (AnyScope::from(scope), ids.into_iter().collect());
        let found = self.0.store().documents_by_id(kind, &scope, ids).await?;
        let transactions = |it: Stored<Document>| {
            let all = if kind == PaymentIntent::KIND {
                it.value.read::<PaymentIntent>()?.transactions()
            } else {
                let session = it.value.read::<Session>()?;
                session.transaction().into_iter().collect()
            };
            Ok((it.value.id, all))
        };
        found.into_iter().map(transactions).collect()
    }
}
