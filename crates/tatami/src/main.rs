//! The Tatami program: command line, configuration, wiring, start and stop.

mod admin;
mod cli;
mod config;
mod demo_pos;
mod folder;
mod key;
mod logs;
mod meter;
mod moving;
mod paced;
mod reference;
mod routes;
mod serve;
mod server;
mod traces;
mod vault;
mod wallets;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

/// Requests allocate much and briefly, on all threads; the system's allocator
/// takes a tenth longer for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many tasks a thread runs before it looks for those that others have woken.
/// Requests whose commit is made are among them: at the runtime's own measure, a
/// machine with more to do than it can lets those wait longest that are nearly
/// done. Looking after every task costs more than it gives.
const WOKEN_AFTER: u32 = 4;
/// How many connections that have something to say are heard together.
const HEARD_TOGETHER: usize = 64;
/// How many tasks a thread runs before others are heard, as long as it has any:
/// who was heard has an answer first. With more of them in line, a machine that
/// has more to do than it can spends its time on refusing.
const HEARD_AFTER: u32 = 256;

/// Why the program ends: one sentence for the operator.
#[derive(Debug)]
pub struct Fault(pub String);

impl<E: std::fmt::Display> From<E> for Fault {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .global_queue_interval(WOKEN_AFTER)
        .max_io_events_per_tick(HEARD_TOGETHER)
        .event_interval(HEARD_AFTER)
        .build();
    let run = |runtime: tokio::runtime::Runtime| runtime.block_on(run(cli));
    let ended = runtime.map_err(Fault::from).and_then(run);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(Fault(why)) => {
            eprintln!("tatami: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: cli::Cli) -> Result<(), Fault> {
    match cli.command.unwrap_or_default() {
        cli::Command::Serve(flags) => serve::run(config::Config::of_serve(*flags)?).await,
        cli::Command::DemoPos(flags) => demo_pos::run(flags).await,
        cli::Command::Accounts { command, place } => admin::accounts(command, place).await,
        cli::Command::Attempts { command, place } => admin::attempts(command, place).await,
        cli::Command::Jobs { command, place } => admin::jobs(command, place).await,
        cli::Command::Users { command, place } => admin::users(command, place).await,
        cli::Command::Keys { command, place } => admin::keys(command, place).await,
        cli::Command::Vault { command, place } => vault::run(command, place).await,
        cli::Command::Backup {
            folder,
            with_key,
            place,
        } => moving::backup(&config::Home::of(place)?, &folder, with_key),
        cli::Command::Restore {
            folder,
            replace,
            without_key,
            place,
        } => moving::restore(&config::Home::of(place)?, &folder, replace, without_key),
        cli::Command::Export { file, place } => {
            moving::export(&config::Home::of(place)?, &file).await
        }
        cli::Command::Import {
            file,
            without_key,
            place,
        } => moving::import(&config::Home::of(place)?, &file, without_key).await,
    }
}
