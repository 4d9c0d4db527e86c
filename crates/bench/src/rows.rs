//! The rows of the table: what is measured and what is wanted. To add one, write a
//! function of a [`Subject`] that gives a number, and name it here.

use std::pin::Pin;

use Wanted::{AtLeast, AtLeastOfOld, AtMost, AtMostOfOld, Nothing};

use crate::client::Result;
use crate::operation::Operation::{Create, Pay, Read, Search};
use crate::subject::{Database, Subject};
use crate::{jobs, nodes, webhooks};

/// What a measured value must be.
#[derive(Clone, Copy)]
pub enum Wanted {
    /// At least this share of the old build's.
    AtLeastOfOld(f64),
    /// At most this share of the old build's.
    AtMostOfOld(f64),
    /// At least this, whatever the old build does.
    AtLeast(f64),
    /// At most this, whatever the old build does.
    AtMost(f64),
    /// Anything: it is only shown.
    Nothing,
}

/// A measurement that is under way.
pub type Measuring<'a> = Pin<Box<dyn Future<Output = Result<f64>> + 'a>>;
type Measure = for<'a> fn(&'a mut Subject<'_>) -> Measuring<'a>;

/// A row.
pub struct Row {
    /// Its name, by which `--only` picks it.
    pub name: &'static str,
    /// What its values are, with their unit.
    pub what: &'static str,
    /// What is wanted on each database; it is not measured on others.
    pub wanted: Vec<(Database, Wanted)>,
    /// Whether the old build is measured too.
    pub of_old: bool,
    /// Whether the first round is enough.
    pub once: bool,
    /// Measures it once.
    pub measure: Measure,
}

impl Row {
    fn new(name: &'static str, what: &'static str, measure: Measure) -> Self {
        Self {
            name,
            what,
            wanted: Vec::new(),
            of_old: true,
            once: false,
            measure,
        }
    }

    fn on_sqlite(mut self, wanted: Wanted) -> Self {
        self.wanted.push((Database::Sqlite, wanted));
        self
    }

    fn on_postgres(mut self, wanted: Wanted) -> Self {
        self.wanted.push((Database::Postgres, wanted));
        self
    }

    fn on_both(self, wanted: Wanted) -> Self {
        self.on_sqlite(wanted).on_postgres(wanted)
    }

    const fn without_old(mut self) -> Self {
        self.of_old = false;
        self
    }

    const fn once(mut self) -> Self {
        self.once = true;
        self
    }
}

/// All rows, in the order in which they are measured.
pub fn rows() -> Vec<Row> {
    let full = AtLeast(0.85);
    vec![
        Row::new("first-answer", "start to first answer, ms", |s| {
            Box::pin(async { Ok(s.target.start().await?.0) })
        })
        .on_both(Nothing),
        Row::new("idle-memory", "memory when idle, MB", |s| {
            Box::pin(async { Ok(s.target.start().await?.1) })
        })
        .on_both(AtMost(25.0)),
        Row::new("payment", "full payments a second", |s| {
            Box::pin(s.rate(Pay))
        })
        .on_sqlite(AtLeastOfOld(0.9))
        .on_postgres(AtLeastOfOld(1.5)),
        Row::new(
            "payment-p99",
            "p99 of full payments at half load, ms",
            |s| Box::pin(s.p99_at_half()),
        )
        .on_both(AtMostOfOld(1.25)),
        Row::new("create", "creates a second", |s| Box::pin(s.rate(Create)))
            .on_both(AtLeastOfOld(0.7)),
        Row::new("read", "reads a second", |s| Box::pin(s.rate(Read))).on_both(AtLeastOfOld(0.7)),
        Row::new("search", "searches a second", |s| Box::pin(s.rate(Search)))
            .on_both(AtLeastOfOld(0.7)),
        Row::new("webhooks", "webhooks a second", |s| {
            Box::pin(webhooks::rate(s))
        })
        .on_both(AtLeastOfOld(0.6)),
        Row::new("full-payment", "full payments when full, of empty", |s| {
            Box::pin(s.share_when_full(Pay))
        })
        .on_both(full)
        .without_old(),
        Row::new("full-create", "creates when full, of empty", |s| {
            Box::pin(s.share_when_full(Create))
        })
        .on_both(full)
        .without_old(),
        Row::new("full-read", "reads when full, of empty", |s| {
            Box::pin(s.share_when_full(Read))
        })
        .on_both(full)
        .without_old(),
        Row::new("full-search", "searches when full, of empty", |s| {
            Box::pin(s.share_when_full(Search))
        })
        .on_both(full)
        .without_old(),
        // After all that fills memory.
        Row::new("peak-memory", "memory at most, MB", |s| {
            Box::pin(async { s.peak_mb() })
        })
        .on_both(AtMost(120.0)),
        Row::new("nodes", "full payments of two nodes, of one", |s| {
            Box::pin(nodes::gain(s.target))
        })
        .on_postgres(AtLeast(1.4)),
        Row::new("due-jobs", "lateness beside slow due jobs, s", |s| {
            Box::pin(jobs::lateness(s.target))
        })
        .on_both(AtMost(1.0))
        .without_old()
        .once(),
    ]
}
