//! The rows of the table: what is measured and what is wanted. To add one, write a
//! function of a [`Subject`] that gives a number, and name it in [`Measurement`],
//! [`measure`] and [`ROWS`].

use Measurement::{
    DueJobs, FirstAnswer, Full, Idle, Logged, Nodes, P99AtHalf, Peak, PosIdle, PosRate, PosRequest,
    Rate, Webhooks,
};
use Wanted::{AtLeast, AtLeastOfOld, AtMost, AtMostOfOld, Nothing};

use crate::client::Result;
use crate::operation::Operation::{self, Create, Pay, Read, Search};
use crate::subject::{Database, Subject};
use crate::{jobs, nodes, pos, request_log, webhooks};

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

/// What is measured.
#[derive(Clone, Copy)]
pub enum Measurement {
    FirstAnswer,
    Idle,
    Rate(Operation),
    P99AtHalf,
    Webhooks,
    /// With many intents, as a share of the rate without them.
    Full(Operation),
    Peak,
    Nodes,
    DueJobs,
    /// With the request log, as a share of the rate without it.
    Logged(Operation),
    /// Memory with many idle connections of POS systems.
    PosIdle,
    /// A request through the gateway, in this process.
    PosRequest,
    /// Requests a second through the gateway, of what a bare echo answers.
    PosRate,
}

/// A row.
pub struct Row {
    /// Its name, by which `--only` picks it.
    pub name: &'static str,
    /// What its values are, with their unit.
    pub what: &'static str,
    pub measurement: Measurement,
    /// What is wanted; without it the row is not measured on that database.
    on_sqlite: Option<Wanted>,
    on_postgres: Option<Wanted>,
}

const fn row(
    name: &'static str,
    what: &'static str,
    measurement: Measurement,
    on_sqlite: Option<Wanted>,
    on_postgres: Option<Wanted>,
) -> Row {
    Row {
        name,
        what,
        measurement,
        on_sqlite,
        on_postgres,
    }
}

/// A row of which the same is wanted on each database.
const fn both(name: &'static str, what: &'static str, of: Measurement, wanted: Wanted) -> Row {
    row(name, what, of, Some(wanted), Some(wanted))
}

/// All rows, in the order in which they are measured: memory after what fills it.
#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    both("first-answer", "start to first answer, ms", FirstAnswer, Nothing),
    both("idle-memory", "memory when idle, MB", Idle, AtMost(25.0)),
    row("payment", "full payments a second", Rate(Pay), Some(AtLeastOfOld(0.9)), Some(AtLeastOfOld(1.5))),
    both("payment-p99", "p99 of full payments at half load, ms", P99AtHalf, AtMostOfOld(1.25)),
    both("create", "creates a second", Rate(Create), AtLeastOfOld(0.7)),
    both("read", "reads a second", Rate(Read), AtLeastOfOld(0.7)),
    both("search", "searches a second", Rate(Search), AtLeastOfOld(0.7)),
    both("webhooks", "webhooks a second", Webhooks, AtLeastOfOld(0.6)),
    both("full-payment", "full payments when full, of empty", Full(Pay), AtLeast(0.85)),
    both("full-create", "creates when full, of empty", Full(Create), AtLeast(0.85)),
    both("full-read", "reads when full, of empty", Full(Read), AtLeast(0.85)),
    both("full-search", "searches when full, of empty", Full(Search), AtLeast(0.85)),
    both("peak-memory", "memory at most, MB", Peak, AtMost(120.0)),
    row("nodes", "full payments of two nodes, of one", Nodes, None, Some(AtLeast(1.4))),
    both("due-jobs", "lateness beside slow due jobs, s", DueJobs, AtMost(1.0)),
    both("log-create", "creates with the request log, of without", Logged(Create), AtLeast(0.97)),
    both("log-payment", "full payments with the request log, of without", Logged(Pay), AtLeast(0.97)),
    both("pos-idle", "memory with 10,000 idle POS connections, MB", PosIdle, AtMost(500.0)),
    row("pos-request", "median of requests to a POS, ms", PosRequest, Some(AtMost(1.0)), None),
    row("pos-rate", "requests to POS systems, of a bare echo", PosRate, Some(AtLeast(0.5)), None),
];

impl Row {
    /// What is wanted on a database, if it is measured there.
    pub const fn wanted(&self, database: Database) -> Option<Wanted> {
        match database {
            Database::Sqlite => self.on_sqlite,
            Database::Postgres => self.on_postgres,
        }
    }

    /// Whether it is measured in a round. Some take minutes, so once is enough, and
    /// of the old build nothing is measured that is not compared with it.
    pub const fn is_due(&self, round: usize, is_old: bool) -> bool {
        match self.measurement {
            DueJobs => round == 0 && !is_old,
            Full(_) | Logged(_) | PosIdle | PosRequest | PosRate => !is_old,
            _ => true,
        }
    }
}

/// Measures once.
pub async fn measure(measurement: Measurement, subject: &mut Subject<'_>) -> Result<f64> {
    match measurement {
        FirstAnswer => Ok(subject.target.start().await?.0),
        Idle => Ok(subject.target.start().await?.1),
        Rate(operation) => subject.rate(operation).await,
        P99AtHalf => subject.p99_at_half().await,
        Webhooks => webhooks::rate(subject).await,
        Full(operation) => subject.share_when_full(operation).await,
        Peak => subject.peak_mb(),
        Nodes => nodes::gain(subject.target).await,
        DueJobs => jobs::lateness(subject.target).await,
        Logged(operation) => request_log::share(subject.target, operation).await,
        PosIdle => pos::idle_mb(subject.target).await,
        PosRequest => pos::median_ms().await,
        PosRate => pos::share_of_echo(subject.target.plan.time).await,
    }
}
