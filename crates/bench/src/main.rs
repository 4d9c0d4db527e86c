//! `tatami-bench`: the measurements of `docs/performance.md`. `cargo xtask
//! bench` builds everything and runs it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use tatami_bench::cluster::Cluster;
use tatami_bench::fault::{Fault, Result, fault};
use tatami_bench::load::{Bounds, closed, stock};
use tatami_bench::operation::Operation;
use tatami_bench::plan::{Database, Plan};
use tatami_bench::report::report;
use tatami_bench::results::Results;
use tatami_bench::round::{Full, Ground, program};
use tatami_bench::seed;
use tatami_bench::shop::Shop;

/// No measurement makes more requests than this.
const MAX_REQUESTS: usize = 1_000_000;

/// Measures the program beside bare servers.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run rounds and print the table.
    Run(Wishes),
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
    },
}

#[derive(Args)]
struct Wishes {
    /// The program, built in release.
    #[arg(long)]
    program: PathBuf,
    /// The bare servers [default: tatami-bare beside this program].
    #[arg(long)]
    bare: Option<PathBuf>,
    /// A folder on a disk for the data [default: beside this program].
    #[arg(long)]
    folder: Option<PathBuf>,
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
        Task::Load {
            address,
            operation,
            seconds,
            connections,
        } => {
            let bounds = Bounds {
                connections,
                time: Duration::from_secs(seconds),
                requests: MAX_REQUESTS,
            };
            load(address, self::operation(&operation)?, bounds).await
        }
    }
}

fn operation(word: &str) -> Result<Operation> {
    Operation::named(word).map_or_else(|| fault(format!("there is no operation '{word}'")), Ok)
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
        None | Some("sqlite") => vec![Database::Sqlite],
        Some("postgres") => vec![Database::Postgres],
        Some(other) => return fault(format!("there is no database '{other}'")),
    };
    let seconds = wishes
        .seconds
        .unwrap_or(if wishes.quick { 1.0 } else { 4.0 });
    Ok(Plan {
        bare: wishes.bare.unwrap_or_else(|| here.join("tatami-bare")),
        folder: wishes.folder.unwrap_or_else(|| here.to_owned()),
        program: wishes.program,
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
    let folder = tempfile::Builder::new()
        .prefix("tatami-bench-")
        .tempdir_in(&plan.folder)?;
    folder.path().clone_into(&mut plan.folder);
    let postgres = plan.databases.contains(&Database::Postgres);
    let ground = Ground {
        plan: &plan,
        cluster: match postgres {
            true => Some(Cluster::start(&plan.folder.join("cluster")).await?),
            false => None,
        },
        full: fill(&plan).await?,
    };
    let mut results = Results::default();
    for n in 0..plan.rounds {
        eprintln!("round {} of {}", n + 1, plan.rounds);
        ground.round(n, &mut results).await?;
    }
    println!("{}", report(&results));
    Ok(())
}

/// The full installation, if one is wanted.
async fn fill(plan: &Plan) -> Result<Option<Full>> {
    if plan.full == 0 || !plan.databases.contains(&Database::Sqlite) {
        return Ok(None);
    }
    let folder = plan.folder.join("full");
    // The first start makes the development account.
    program(plan, &folder, None)?.stop()?;
    let seeded = seed::fill(seed::sqlite(&folder)?, plan.full, plan.filling).await?;
    let (count, seconds) = (seeded.count, seeded.took.as_secs_f64());
    eprintln!("{count} intents were stored in {seconds:.0} seconds");
    let known = seeded.known;
    Ok(Some(Full { folder, known }))
}

async fn load(address: SocketAddr, operation: Operation, bounds: Bounds) -> Result<()> {
    let shop = Arc::new(Shop::new(address, Vec::new()));
    stock(&shop, bounds).await?;
    let load = closed(&shop, operation, bounds).await?;
    let rate = load.rate();
    let [p50, p99] = load.latencies.quantiles_ms([0.5, 0.99]);
    println!("{rate:.0} a second, p50 {p50:.2} ms, p99 {p99:.2} ms");
    Ok(())
}
