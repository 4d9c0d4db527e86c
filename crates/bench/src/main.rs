//! `tatami-bench`: compares two builds of the program on this machine, and prints
//! the table of `docs/performance.md`. `cargo xtask bench` builds what it needs and
//! runs it.

#![allow(clippy::float_arithmetic, reason = "figures, not money")]

mod client;
mod jobs;
mod load;
mod nodes;
mod operation;
mod pos;
mod receiver;
mod report;
mod request_log;
mod rows;
mod server;
mod subject;
mod webhooks;

use std::cell::{Cell, OnceCell};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tatami_testkit::PostgresCluster;

use crate::client::Result;
use crate::report::{Values, table};
use crate::rows::{ROWS, Row, measure};
use crate::subject::{Database, Plan, Subject, Target};

/// Callers of a load, each with one connection.
const CONNECTIONS: usize = 64;

/// Compares two builds of the program on this machine.
///
/// Data goes to the folder for temporary files (`TMPDIR`), which must be on a disk.
#[derive(Parser)]
struct Cli {
    /// The program, built in release.
    #[arg(long)]
    new: PathBuf,
    /// An older build of it; without one only the absolute figures are given.
    #[arg(long)]
    old: Option<PathBuf>,
    /// A first impression: one short round with few intents and jobs.
    #[arg(long)]
    quick: bool,
    /// Only the rows whose names begin so, for example `payment,full-read`.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Only this database: sqlite or postgres.
    #[arg(long, value_parser = ["sqlite", "postgres"])]
    database: Option<String>,
    /// Rounds [default: 5, or 1 if quick].
    #[arg(long)]
    rounds: Option<usize>,
    /// Seconds of each load [default: 3, or 1 if quick].
    #[arg(long)]
    seconds: Option<u64>,
    /// Intents of the full installation [default: 1000000, or 20000 if quick].
    #[arg(long)]
    intents: Option<usize>,
    /// Jobs that come due together [default: 10000, or 1000 if quick].
    #[arg(long)]
    jobs: Option<usize>,
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(Cli::parse())),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("\nFAILED: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Measures and prints the table. Whether everything could be measured.
async fn run(cli: Cli) -> Result<bool> {
    let choose = |full: usize, quick: usize| if cli.quick { quick } else { full };
    let picks = |row: &&Row| cli.only.iter().any(|name| row.name.starts_with(name));
    let rows: Vec<&Row> = match cli.only[..] {
        [] => ROWS.iter().collect(),
        _ => ROWS.iter().filter(picks).collect(),
    };
    if rows.is_empty() {
        let names: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
        return Err(format!("there are only these rows: {}", names.join(", ")).into());
    }
    let databases = match cli.database.as_deref() {
        Some("sqlite") => vec![Database::Sqlite],
        Some(_) => vec![Database::Postgres],
        None => vec![Database::Sqlite, Database::Postgres],
    };
    let folder = tempfile::Builder::new().prefix("tatami-bench-").tempdir()?;
    let plan = Plan {
        folder: folder.path().to_owned(),
        postgres: databases
            .contains(&Database::Postgres)
            .then(PostgresCluster::start),
        time: Duration::from_secs(cli.seconds.unwrap_or(if cli.quick { 1 } else { 3 })),
        connections: CONNECTIONS,
        intents: cli.intents.unwrap_or(choose(1_000_000, 20_000)),
        jobs: cli.jobs.unwrap_or(choose(10_000, 1_000)),
        accounts: choose(100, 10),
        made: Cell::new(0),
    };
    let builds = [
        Some((false, &cli.new)),
        cli.old.as_ref().map(|old| (true, old)),
    ];
    let rounds = cli.rounds.unwrap_or(choose(5, 1));
    let mut all = Vec::new();
    for database in databases {
        let targets: Vec<Target<'_>> = builds
            .iter()
            .flatten()
            .map(|(is_old, program)| Target {
                plan: &plan,
                is_old: *is_old,
                program,
                database,
                full: OnceCell::new(),
            })
            .collect();
        all.extend(on_database(&rows, database, &targets, rounds).await?);
    }
    println!("{}", table(&all));
    Ok(all.iter().all(|values| values.failure.is_none()))
}

/// All rounds on one database.
async fn on_database<'a>(
    rows: &[&'a Row],
    database: Database,
    targets: &[Target<'_>],
    rounds: usize,
) -> Result<Vec<Values<'a>>> {
    let measured = rows.iter().filter_map(|row| {
        let wanted = row.wanted(database)?;
        Some(Values::new(row, database, wanted))
    });
    let mut all: Vec<Values<'_>> = measured.collect();
    for round in 0..rounds {
        eprintln!("{}: round {} of {rounds}", database.name(), round + 1);
        let payments = Cell::new(f64::INFINITY);
        let mut subjects = Vec::new();
        for target in targets {
            subjects.push(Subject::open(target, &payments).await?);
        }
        if round % 2 == 1 {
            subjects.reverse();
        }
        for values in &mut all {
            // They alternate in going first.
            subjects.reverse();
            if values.failure.is_some() {
                continue;
            }
            if let Err(why) = take(values, round, &mut subjects).await {
                eprintln!("  {}: {why}", values.row.name);
                values.failure = Some(why.to_string());
            }
        }
    }
    Ok(all)
}

/// Takes the values of a row in a round, of each build.
async fn take(values: &mut Values<'_>, round: usize, subjects: &mut [Subject<'_>]) -> Result<()> {
    for subject in subjects {
        let is_old = subject.target.is_old;
        if !values.row.is_due(round, is_old) {
            continue;
        }
        let value = measure(values.row.measurement, subject).await;
        let value = value.inspect_err(|_| eprintln!("{}", subject.server.last_lines()))?;
        let build = if is_old { "old" } else { "new" };
        eprintln!("  {} ({build}): {value:.2}", values.row.what);
        match is_old {
            true => values.old.push(value),
            false => values.new.push(value),
        }
    }
    Ok(())
}
