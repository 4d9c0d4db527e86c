//! Which part of a listing a query looks at, on either database. Ids are by
//! time, so a listing is by id, a page is a range of ids, and dates narrow that
//! range before they are compared.

use tatami_core::account::AnyScope;
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_engine::ports::documents::{Document, DocumentKind, DocumentPage, DocumentQuery};
use tatami_engine::ports::store::{PAGE_BYTES, Stored};

use crate::values::{ticks, ticks_up};

/// The most documents of one page.
const MAX_PAGE: usize = 1000;
/// Comes after every id.
const AFTER_ALL_IDS: &str = "~";
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
            cursor: before.is_some() || after.is_some(),
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
