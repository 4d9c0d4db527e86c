//! `tatami-bench`: the measurements of `docs/performance.md`. `cargo xtask
//! bench` builds everything and runs it.

#![allow(clippy::expect_used, clippy::float_arithmetic, reason = "figures")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use tatami_bench::fault::{Fault, Result, fault};
use tatami_bench::load::{Bounds, STOCK, closed, paced, stock};
use tatami_bench::operation::Operation;
use tatami_bench::overload;
use tatami_bench::plan::{Database, Plan};
use tatami_bench::recovery;
use tatami_bench::report::report;
use tatami_bench::results::Results;
use tatami_bench::round::{Full, Ground};
use tatami_bench::shop::Shop;
use tatami_testkit::PostgresCluster;

/// No measurement makes more requests than this.
const MAX_REQUESTS: usize = 1_000_000;

/// How long an installation may take to be filled before it is killed.
const FILLING: Duration = Duration::from_secs(900);

/// Measures the program beside bare servers. Data goes to the machine's folder
/// for temporary files (`TMPDIR`), which must be on a disk.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run rounds and print the table.
    Run(Wishes),
    /// Kill the program under load, and tell how soon it answers again.
    Recover {
        /// The program.
        #[arg(long)]
        program: PathBuf,
        /// Open intents that are stored before.
        #[arg(long, default_value_t = 100_000)]
        full: usize,
        /// How often it is killed on each database.
        #[arg(long, default_value_t = 9)]
        kills: usize,
        /// Callers, each with one connection.
        #[arg(long, default_value_t = 64)]
        connections: usize,
    },
    /// Ask for twice of what can be served, and tell what becomes of it.
    Overload {
        /// The program.
        #[arg(long)]
        program: PathBuf,
        /// How long to measure.
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// sqlite or postgres.
        #[arg(long, default_value = "sqlite")]
        database: String,
        /// create, read, search or payment.
        #[arg(long, default_value = "create")]
        operation: String,
    },
    /// Put load on a server that is running, for a profiler beside it.
    Load {
        /// Where it is.
        address: SocketAddr,
        /// create, read, search or payment.
        operation: String,
        /// For how long.
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// Callers, each with one connection.
        #[arg(long, default_value_t = 64)]
        connections: usize,
        /// Intents to make before.
        #[arg(long, default_value_t = STOCK)]
        stock: usize,
        /// Requests that arrive a second [default: each when one is answered].
        #[arg(long)]
        rate: Option<f64>,
    },
}

#[derive(Args)]
struct Wishes {
    /// The program, built in release.
    #[arg(long)]
    program: PathBuf,
    /// An earlier build of it, to be compared with.
    #[arg(long)]
    against: Option<PathBuf>,
    /// The bare servers [default: tatami-bare beside this program].
    #[arg(long)]
    bare: Option<PathBuf>,
    /// A first impression: one round of short measurements.
    #[arg(long)]
    quick: bool,
    /// Rounds [default: 5, or 1 if quick].
    #[arg(long)]
    rounds: Option<usize>,
    /// Seconds of each measurement [default: 4, or 1 if quick].
    #[arg(long)]
    seconds: Option<f64>,
    /// Callers, each with one connection.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// sqlite or postgres [default: all that the program knows].
    #[arg(long)]
    database: Option<String>,
    /// Which of create, read, search and payment [default: all].
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Webhooks of one measurement; 0 for none.
    #[arg(long, default_value_t = 20_000)]
    webhooks: usize,
    /// Intents of the full installation; 0 for none [default: 1,000,000, or 0 if quick].
    #[arg(long)]
    full: Option<usize>,
    /// Seconds that filling it may take.
    #[arg(long, default_value_t = 900)]
    filling: u64,
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let done = runtime
        .map_err(Fault::from)
        .and_then(|runtime| runtime.block_on(run(Cli::parse().command)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Fault(why)) => {
            eprintln!("\nFAILED: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(task: Task) -> Result<()> {
    match task {
        Task::Run(wishes) => measure(plan(wishes)?).await,
        Task::Recover {
            program,
            full,
            kills,
            connections,
        } => recover(&program, full, kills, connections).await,
        Task::Overload {
            program,
            seconds,
            database,
            operation,
        } => {
            let folder = tempfile::Builder::new().prefix("tatami-bench-").tempdir()?;
            let bounds = Bounds {
                connections: 64,
                time: Duration::from_secs(seconds),
                requests: MAX_REQUESTS,
            };
            let operation = self::operation(&operation)?;
            let on_postgres = databases(&database)? == [Database::Postgres];
            let cluster = on_postgres.then(PostgresCluster::start);
            let url = cluster.as_ref().map(PostgresCluster::new_database);
            let (folder, url) = (folder.path(), url.as_deref());
            let told = overload::measure(&program, folder, url, operation, bounds).await?;
            println!("{told}");
            Ok(())
        }
        Task::Load {
            address,
            operation,
            seconds,
            connections,
            stock,
            rate,
        } => {
            let bounds = Bounds {
                connections,
                time: Duration::from_secs(seconds),
                requests: MAX_REQUESTS,
            };
            load(address, self::operation(&operation)?, stock, bounds, rate).await
        }
    }
}

fn operation(word: &str) -> Result<Operation> {
    Operation::named(word).map_or_else(|| fault(format!("there is no operation '{word}'")), Ok)
}

fn databases(word: &str) -> Result<Vec<Database>> {
    match word {
        "sqlite" => Ok(vec![Database::Sqlite]),
        "postgres" => Ok(vec![Database::Postgres]),
        other => fault(format!("there is no database '{other}'")),
    }
}

fn plan(wishes: Wishes) -> Result<Plan> {
    let here = std::env::current_exe()?;
    let here = here.parent().unwrap_or(Path::new("."));
    let operations: Result<Vec<Operation>> = wishes.only.iter().map(|w| operation(w)).collect();
    let mut operations = operations?;
    if operations.is_empty() {
        operations.extend(Operation::ALL);
    }
    let all = [Database::Sqlite, Database::Postgres];
    let databases: Vec<Database> = match wishes.database.as_deref() {
        None if Plan::knows_postgres(&wishes.program) => all.into(),
        None => vec![Database::Sqlite],
        Some(word) => databases(word)?,
    };
    let seconds = wishes
        .seconds
        .unwrap_or(if wishes.quick { 1.0 } else { 4.0 });
    Ok(Plan {
        bare: wishes.bare.unwrap_or_else(|| here.join("tatami-bare")),
        folder: std::env::temp_dir(),
        program: wishes.program,
        earlier: wishes.against,
        databases,
        operations,
        rounds: wishes.rounds.unwrap_or(if wishes.quick { 1 } else { 5 }),
        bounds: Bounds {
            connections: wishes.connections.clamp(1, 1000),
            time: Duration::try_from_secs_f64(seconds)?,
            requests: MAX_REQUESTS,
        },
        webhooks: wishes.webhooks,
        full: wishes
            .full
            .unwrap_or(if wishes.quick { 0 } else { 1_000_000 }),
        filling: Duration::from_secs(wishes.filling),
    })
}

async fn measure(mut plan: Plan) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("tatami-bench-").tempdir()?;
    folder.path().clone_into(&mut plan.folder);
    let postgres = plan.databases.contains(&Database::Postgres);
    let mut ground = Ground {
        plan: &plan,
        cluster: postgres.then(PostgresCluster::start),
        full: Vec::new(),
    };
    if plan.full > 0 {
        for database in plan.databases.iter().copied() {
            let full = fill(&ground, database).await?;
            ground.full.push(full);
        }
    }
    let mut results = Results::default();
    for n in 0..plan.rounds {
        eprintln!("round {} of {}", n + 1, plan.rounds);
        ground.round(n, &mut results).await?;
    }
    println!("{}", report(&results));
    Ok(())
}

/// An installation with many intents.
async fn fill(ground: &Ground<'_>, database: Database) -> Result<Full> {
    let plan = ground.plan;
    let empty = Full {
        database,
        folder: plan.folder.join(format!("full-{}", database.name())),
        url: ground.url(database),
        known: Vec::new(),
    };
    let (full, _) = recovery::fill(&plan.program, empty, plan.full, plan.filling).await?;
    Ok(full)
}

async fn recover(program: &Path, count: usize, kills: usize, connections: usize) -> Result<()> {
    let folder = tempfile::Builder::new().prefix("tatami-bench-").tempdir()?;
    let cluster = PostgresCluster::start();
    let mut all_good = true;
    for (database, url) in [
        (Database::Sqlite, None),
        (Database::Postgres, Some(cluster.new_database())),
    ] {
        let empty = Full {
            database,
            folder: folder.path().join(database.name()),
            url,
            known: Vec::new(),
        };
        let (full, seeded) = recovery::fill(program, empty, count, FILLING).await?;
        let all_ms = recovery::measure(program, &full, kills, connections).await?;
        let (sentence, good) = recovery::told(&full, seeded.count, all_ms);
        println!("{sentence}");
        all_good &= good;
    }
    if all_good {
        Ok(())
    } else {
        fault("a start took too long")
    }
}

async fn load(
    address: SocketAddr,
    operation: Operation,
    intents: usize,
    bounds: Bounds,
    rate: Option<f64>,
) -> Result<()> {
    let shop = Arc::new(Shop::new(address, Vec::new()));
    stock(&shop, intents, bounds).await?;
    let load = match rate {
        Some(rate) => paced(&shop, operation, bounds, rate).await?,
        None => closed(&shop, operation, bounds).await?,
    };
    let rate = load.rate();
    let [p50, p99] = load.latencies.quantiles_ms([0.5, 0.99]);
    println!("{rate:.0} a second, p50 {p50:.2} ms, p99 {p99:.2} ms");
    Ok(())
}
