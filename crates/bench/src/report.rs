//! The table, and what was wanted.

use std::fmt::Write as _;

use crate::operation::Operation::{Create, Pay, Read, Search};
use crate::plan::Database;
use crate::results::{Measure, Part, Results, Subject, Task};

/// Durable commits of a full payment: the intent is created, the attempt is
/// opened, the acquirer books it, the attempt is closed.
const COMMITS_OF_A_PAYMENT: f64 = 4.0;

const RATE: Part = |m: &Measure| m.rate;
const P50: Part = |m: &Measure| m.p50_ms;
const P99: Part = |m: &Measure| m.p99_ms;
const CPU: Part = |m: &Measure| m.cpu_s;
const PEAK: Part = |m: &Measure| m.peak_mb;

impl Subject {
    fn name(self) -> String {
        match self {
            Self::Memory => "(a) from memory".to_owned(),
            Self::Bare(database) => format!("(b) on {}", database.name()),
            Self::Program(database) => format!("Tatami on {}", database.name()),
            Self::Earlier(database) => format!("earlier on {}", database.name()),
            Self::Full(database) => format!("Tatami on {}, full", database.name()),
        }
    }

    /// The bare server that it is compared with.
    const fn bare(self) -> Option<Self> {
        match self {
            Self::Memory => None,
            Self::Bare(d) | Self::Program(d) | Self::Earlier(d) | Self::Full(d) => {
                Some(Self::Bare(d))
            }
        }
    }
}

impl Task {
    fn name(self) -> String {
        match self {
            Self::Most(operation) => operation.name().to_owned(),
            Self::Half(operation) => format!("{} at half", operation.name()),
            Self::Webhooks => "webhooks".to_owned(),
            Self::Start => "cold start".to_owned(),
        }
    }
}

/// The whole report as text.
pub fn report(results: &Results) -> String {
    format!("{}\n{}{}", table(results), gained(results), wanted(results))
}

/// What has changed since an earlier build, where there is one.
fn gained(results: &Results) -> String {
    let mut text = String::new();
    for (task, subject) in results.measured() {
        let Subject::Earlier(database) = subject else {
            continue;
        };
        let ratio = |part| results.ratio((task, Subject::Program(database)), (task, subject), part);
        let of = [("rate", RATE), ("p99", P99), ("CPU", CPU), ("memory", PEAK)];
        let of = of.map(|(what, part)| (what, ratio(part)));
        let of = of.iter().filter(|(_, ratio)| ratio.is_finite());
        let of: Vec<String> = of
            .map(|(what, ratio)| format!("{what} {ratio:.2}"))
            .collect();
        let _ = writeln!(
            text,
            "{}: {}, of the earlier build: {}",
            database.name(),
            task.name(),
            of.join(", ")
        );
    }
    text
}

fn table(results: &Results) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "| {:<21} | {:<23} | {:>7} | {:>7} | {:>7} | {:>9} | {:>7} | {:>6} | {:>6} | {:>6} | {:>6} |",
        "what",
        "server",
        "req/s",
        "p50 ms",
        "p99 ms",
        "CPU s/1k",
        "peak MB",
        "r/(a)",
        "r/(b)",
        "p99/b",
        "CPU/b",
    );
    let columns = [21, 23, 7, 7, 7, 9, 7, 6, 6, 6, 6];
    let rules = columns.map(|width| "-".repeat(width + 2));
    let _ = writeln!(text, "|{}|", rules.join("|"));
    for (task, subject) in results.measured() {
        let of = |part| results.median(task, subject, part);
        let to = |other: Option<Subject>, part| {
            let other = other.filter(|o| *o != subject);
            other.map_or(f64::NAN, |o| {
                results.ratio((task, subject), (task, o), part)
            })
        };
        let bare = subject.bare();
        let _ = writeln!(
            text,
            "| {:<21} | {:<23} | {:>7} | {:>7} | {:>7} | {:>9} | {:>7} | {:>6} | {:>6} | {:>6} | {:>6} |",
            task.name(),
            subject.name(),
            number(of(RATE), 0),
            number(of(P50), 2),
            number(of(P99), 2),
            number(of(CPU), 3),
            number(of(PEAK), 1),
            number(to(Some(Subject::Memory), RATE), 2),
            number(to(bare, RATE), 2),
            number(to(bare, P99), 2),
            number(to(bare, CPU), 2),
        );
    }
    text
}

fn number(value: f64, digits: usize) -> String {
    if value.is_finite() {
        format!("{value:.digits$}")
    } else {
        String::new()
    }
}

/// What the project set itself, beside what was measured.
fn wanted(results: &Results) -> String {
    let mut text = String::new();
    for database in [Database::Sqlite, Database::Postgres] {
        let on_postgres = database == Database::Postgres;
        let pick = |sqlite: f64, postgres: f64| if on_postgres { postgres } else { sqlite };
        let (program, bare) = (Subject::Program(database), Subject::Bare(database));
        let full = Subject::Full(database);
        let ratio = |task, this, other, part| results.ratio((task, this), (task, other), part);
        let most = |operation| ratio(Task::Most(operation), program, bare, RATE);
        let kept = |operation| ratio(Task::Most(operation), full, program, RATE);
        let payments = results.ratio((Task::Most(Pay), program), (Task::Most(Create), bare), RATE);
        let start = |subject| results.median(Task::Start, subject, P50);
        let idle = |subject| results.median(Task::Start, subject, PEAK);
        let peak = |subject| {
            let all = results.measured().filter(|(_, s)| *s == subject);
            all.map(|(task, _)| results.median(task, subject, PEAK))
                .fold(f64::NAN, f64::max)
        };
        let at_least = [
            ("create, of (b)", most(Create), pick(0.8, 1.5)),
            ("read, of (b)", most(Read), 0.8),
            (
                "full payment, of what (b) could commit",
                payments * COMMITS_OF_A_PAYMENT,
                0.5,
            ),
            (
                "webhooks a second",
                results.median(Task::Webhooks, program, RATE),
                3000.0,
            ),
            ("create when full, of empty", kept(Create), 0.9),
            ("read when full, of empty", kept(Read), 0.9),
            ("search when full, of empty", kept(Search), 0.9),
        ];
        let at_most = [
            (
                "p99 of create at half, of (b)",
                ratio(Task::Half(Create), program, bare, P99),
                1.5,
            ),
            (
                "p99 of read at half, of (b)",
                ratio(Task::Half(Read), program, bare, P99),
                1.5,
            ),
            ("MB when idle", idle(program), pick(25.0, 30.0)),
            ("MB at most", peak(program), pick(100.0, 120.0)),
            ("MB at most when full", peak(full), pick(100.0, 120.0)),
            ("ms to the first answer", start(program), pick(100.0, 300.0)),
            (
                "ms to the first answer when full",
                start(full),
                pick(150.0, 300.0),
            ),
        ];
        let least = at_least.map(|(what, is, limit)| (what, is, "at least", limit, is >= limit));
        let most = at_most.map(|(what, is, limit)| (what, is, "at most", limit, is <= limit));
        for (what, is, bound, limit, met) in least.into_iter().chain(most) {
            if is.is_finite() {
                let met = if met { "met" } else { "NOT MET" };
                let name = database.name();
                let _ = writeln!(text, "{name}: {what}: {is:.2} ({bound} {limit}): {met}");
            }
        }
    }
    text
}
