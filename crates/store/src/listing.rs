//! Which part of a listing a query looks at, on either database. Ids are by
//! time, so a listing is by id, a page is a range of ids, and dates narrow that
//! range before they are compared.

use tatami_core::account::AnyScope;
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::documents::{
    Document, DocumentKind, DocumentPage, DocumentQuery, FacetFilter,
};
use tatami_engine::ports::store::{PAGE_BYTES, Stored};

use crate::values::{ticks, ticks_up};

/// The most documents of one page.
const MAX_PAGE: usize = 1000;
/// Comes after every id.
const AFTER_ALL_IDS: &str = "~";
/// How many documents a filter looks at for one page: so many entries of an index are
/// read in some tens of milliseconds.
const LOOKED_AT: usize = 100_000;
const MILLISECOND: SignedDuration = SignedDuration::from_millis(1);
/// Ids distinguish times before this, in milliseconds since 1970.
const ID_TIMES_END_MS: i64 = 1 << 42;

/// Ids between two of them, exclusive.
pub type Range = (String, String);

/// Where a page of a listing lies: from the newest on, or backwards from the
/// oldest on.
pub struct Listing {
    /// Ticks of creation, inclusive.
    pub created: (i64, i64),
    /// All that the query could find.
    all: Range,
    /// What the page is the beginning of.
    pub range: Range,
    /// Whether to read from the oldest on.
    pub backwards: bool,
    limit: usize,
    cursor: bool,
    /// The facets that are wanted.
    pub facets: Option<Facets>,
}

/// Facets that a listing is filtered by.
pub struct Facets {
    /// From where they sort.
    pub from: String,
    /// Up to where they sort.
    pub to: String,
    /// What they hold, in this order.
    parts: Vec<String>,
    /// How many documents are looked at, of each status.
    pub looked_at: usize,
}

impl Facets {
    fn of(filter: &FacetFilter, statuses: usize) -> Self {
        let (from, to) = filter
            .between
            .clone()
            .unwrap_or_else(|| (String::new(), AFTER_ALL_IDS.to_owned()));
        Self {
            from,
            to,
            parts: filter.parts.clone(),
            looked_at: LOOKED_AT / statuses.max(1),
        }
    }

    /// A pattern of what they hold, as `GLOB` takes it.
    pub fn glob(&self) -> String {
        self.pattern('*', |c| match c {
            '*' | '?' | '[' => format!("[{c}]"),
            c => c.to_string(),
        })
    }

    /// The same, as `LIKE` takes it.
    pub fn like(&self) -> String {
        self.pattern('%', |c| match c {
            '%' | '_' | '\\' => format!("\\{c}"),
            c => c.to_string(),
        })
    }

    fn pattern(&self, any: char, escaped: fn(char) -> String) -> String {
        let mut pattern = any.to_string();
        for part in &self.parts {
            pattern.extend(part.chars().filter(|c| *c != '\0').map(escaped));
            pattern.push(any);
        }
        pattern
    }
}

impl Listing {
    /// Where the page of a query lies.
    pub fn of(kind: DocumentKind, scope: &AnyScope, query: &DocumentQuery) -> Self {
        let floor = |at: Timestamp| {
            (0..ID_TIMES_END_MS)
                .contains(&at.as_millisecond())
                .then(|| kind.floor(scope, at))
                .flatten()
        };
        // An id knows the time less exactly: a little wider, and then compared.
        let low = query
            .from
            .and_then(|at| floor(at.checked_sub(MILLISECOND).ok()?));
        let high = query
            .to
            .and_then(|at| floor(at.checked_add(MILLISECOND).ok()?));
        let low = low.unwrap_or_default();
        let high = high.unwrap_or_else(|| AFTER_ALL_IDS.to_owned());
        let (before, after) = (query.before.as_ref(), query.after.as_ref());
        Self {
            created: (
                query.from.map_or(i64::MIN, ticks_up),
                query.to.map_or(i64::MAX, ticks),
            ),
            range: (
                before.map_or_else(|| low.clone(), |id| id.max(&low).clone()),
                after.map_or_else(|| high.clone(), |id| id.min(&high).clone()),
            ),
            all: (low, high),
            backwards: before.is_some(),
            limit: query.limit.clamp(1, MAX_PAGE),
            cursor: (before.is_some() || after.is_some()) && query.facets.is_none(),
            facets: query
                .facets
                .as_ref()
                .filter(|_| query.owner.is_none())
                .map(|filter| Facets::of(filter, query.statuses.len())),
        }
    }

    /// How many documents to read: one more than the page holds tells whether
    /// the listing goes on.
    pub fn reads(&self) -> usize {
        self.limit + 1
    }

    /// The page of what was read. Whether there is more behind it is to be
    /// looked up in [`Listing::behind`].
    pub fn page(&self, mut documents: Vec<Stored<Document>>) -> DocumentPage {
        let mut bytes = 0;
        let fits = documents.iter().take_while(|record| {
            let fits = bytes < PAGE_BYTES;
            bytes += record.value.body.len();
            fits
        });
        let fits = fits.count().min(self.limit);
        let goes_on = documents.len() > fits;
        documents.truncate(fits);
        if self.backwards {
            documents.reverse();
        }
        DocumentPage {
            documents,
            more_before: self.backwards && goes_on,
            more_after: !self.backwards && goes_on,
            looked_to: None,
        }
    }

    /// The part of the listing behind a page, on the side of the cursor. Behind
    /// an empty page is all that there is.
    pub fn behind(&self, page: &DocumentPage) -> Option<Range> {
        let (low, high) = self.all.clone();
        let id = |record: &Stored<Document>| record.value.id.clone();
        let range = match (
            self.backwards,
            page.documents.first(),
            page.documents.last(),
        ) {
            (true, _, Some(oldest)) => (low, id(oldest)),
            (false, Some(newest), _) => (id(newest), high),
            _ => (low, high),
        };
        self.cursor.then_some(range)
    }

    /// The page of a filtered listing, of which nothing was looked at beyond that id.
    pub fn looked_to(&self, mut page: DocumentPage, floor: String) -> DocumentPage {
        if !page.more_after && !floor.is_empty() {
            page.looked_to = Some(floor);
        }
        page
    }

    /// The page, knowing whether there is more behind it.
    pub fn with_behind(&self, mut page: DocumentPage, more: bool) -> DocumentPage {
        if self.backwards {
            page.more_after = more;
        } else {
            page.more_before = more;
        }
        page
    }
}
