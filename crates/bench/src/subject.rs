//! What is measured: a build of the program on a database.

use std::cell::{Cell, OnceCell};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tatami_testkit::PostgresCluster;

use crate::client::{Connection, Result};
use crate::load::{Bounds, Load, run};
use crate::operation::{Operation, Shop};
use crate::server::{Installation, Server};

/// No load makes more requests than this.
const MAX_REQUESTS: usize = 10_000_000;
/// How long the full installation may take to be filled.
const FILLING: Duration = Duration::from_secs(1_800);
/// Intents that are made for reading and searching where none are there.
const STOCK: usize = 2_000;
/// How long a program that has just started is left alone before it counts as idle.
const SETTLING: Duration = Duration::from_secs(1);

/// A database that the program runs on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

impl Database {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// How much is measured, and where.
pub struct Plan {
    /// Where data is written.
    pub folder: PathBuf,
    pub postgres: Option<PostgresCluster>,
    /// How long each load lasts.
    pub time: Duration,
    pub connections: usize,
    /// Intents of the full installation.
    pub intents: usize,
    /// Jobs that come due together, and the accounts that they are of.
    pub jobs: usize,
    pub accounts: usize,
    /// How many installations were made so far.
    pub made: Cell<usize>,
}

impl Plan {
    /// A load of that length.
    pub const fn bounds(&self, time: Duration) -> Bounds {
        Bounds {
            connections: self.connections,
            time,
            requests: MAX_REQUESTS,
            rate: None,
        }
    }
}

/// A build of the program on a database. It lives as long as the benchmark.
pub struct Target<'a> {
    pub plan: &'a Plan,
    pub is_old: bool,
    pub program: &'a PathBuf,
    pub database: Database,
    /// The installation with many intents, once it is filled.
    pub full: OnceCell<(Installation, Arc<Shop>)>,
}

/// A target in one round, with a server on an installation of its own.
pub struct Subject<'a> {
    pub target: &'a Target<'a>,
    pub shop: Arc<Shop>,
    pub server: Server,
    /// A server on the installation with many intents, once it was needed.
    full: Option<(Server, Arc<Shop>)>,
    /// The fewest full payments a second in this round, of either build.
    payments: &'a Cell<f64>,
    // Dropped, and so deleted, when the server has ended.
    _installation: Installation,
}

impl Target<'_> {
    /// A new, empty installation.
    pub fn installation(&self) -> Installation {
        let number = self.plan.made.replace(self.plan.made.get() + 1);
        let cluster = self.plan.postgres.as_ref();
        let cluster = cluster.filter(|_| self.database == Database::Postgres);
        Installation {
            folder: self.plan.folder.join(number.to_string()),
            url: cluster.map(PostgresCluster::new_database),
        }
    }

    /// Starts on an empty installation: milliseconds from the start of the process to
    /// its first answer, and the MB that it holds when idle.
    pub async fn start(&self) -> Result<(f64, f64)> {
        let installation = self.installation();
        let server = installation.serve(self.program, None)?;
        let mut over = Connection::open(server.address).await?;
        let page = over.post("/payment-intents/search", r#"{"cursor":{"limit":1}}"#);
        page.await?;
        let took = server.started.elapsed();
        tokio::time::sleep(SETTLING).await;
        Ok((took.as_secs_f64() * 1000.0, server.memory_mb("VmRSS")?))
    }

    /// Puts load on a server, after a quarter of the time to warm up.
    pub async fn load(
        &self,
        shop: &Arc<Shop>,
        operation: Operation,
        rate: Option<f64>,
    ) -> Result<Load> {
        let bounds = |time| Bounds {
            rate,
            ..self.plan.bounds(time)
        };
        run(shop, operation, bounds(self.plan.time / 4)).await?;
        run(shop, operation, bounds(self.plan.time)).await
    }

    async fn fill(&self) -> Result<(Installation, Arc<Shop>)> {
        let (started, installation) = (Instant::now(), self.installation());
        let server = installation.serve(self.program, None)?;
        let shop = Shop::new(server.address, self.plan.intents);
        let mut bounds = self.plan.bounds(FILLING);
        bounds.requests = self.plan.intents;
        let made = run(&shop, Operation::Create, bounds).await?.count();
        if made < self.plan.intents {
            return Err("the installation could not be filled in time".into());
        }
        let took = started.elapsed().as_secs_f64();
        eprintln!("  {made} intents in {took:.0} s");
        Ok((installation, shop))
    }
}

impl<'a> Subject<'a> {
    /// Starts a server for a round.
    pub async fn open(target: &'a Target<'a>, payments: &'a Cell<f64>) -> Result<Self> {
        let installation = target.installation();
        let server = installation.serve(target.program, None)?;
        let shop = Shop::new(server.address, 0);
        let mut bounds = target.plan.bounds(FILLING);
        bounds.requests = STOCK;
        run(&shop, Operation::Create, bounds).await?;
        Ok(Self {
            target,
            shop,
            server,
            full: None,
            payments,
            _installation: installation,
        })
    }

    /// Operations a second.
    pub async fn rate(&self, operation: Operation) -> Result<f64> {
        let load = self.target.load(&self.shop, operation, None).await?;
        if matches!(operation, Operation::Pay) {
            self.payments.set(self.payments.get().min(load.rate()));
        }
        Ok(load.rate())
    }

    /// The p99 of full payments in milliseconds, at half of what the slower build
    /// takes: both get the same load.
    pub async fn p99_at_half(&self) -> Result<f64> {
        if self.payments.get().is_infinite() {
            self.rate(Operation::Pay).await?;
        }
        let half = Some(self.payments.get() / 2.0);
        let load = self.target.load(&self.shop, Operation::Pay, half).await?;
        Ok(load.p99_ms())
    }

    /// Operations a second with many intents, as a share of those without.
    pub async fn share_when_full(&mut self, operation: Operation) -> Result<f64> {
        if self.full.is_none() {
            self.full = Some(self.serve_full().await?);
        }
        let (_, shop) = self.full.as_ref().ok_or("there is no full installation")?;
        let full = self.target.load(shop, operation, None).await?.rate();
        Ok(full / self.rate(operation).await?)
    }

    async fn serve_full(&self) -> Result<(Server, Arc<Shop>)> {
        if self.target.full.get().is_none() {
            let filled = self.target.fill().await?;
            self.target.full.get_or_init(|| filled);
        }
        let full = self.target.full.get();
        let (installation, shop) = full.ok_or("there is no full installation")?;
        let server = installation.serve(self.target.program, None)?;
        let shop = shop.moved(server.address);
        Ok((server, shop))
    }

    /// The most memory that the servers of this round have held, in MB.
    pub fn peak_mb(&self) -> Result<f64> {
        let full = match &self.full {
            Some((server, _)) => server.memory_mb("VmHWM")?,
            None => 0.0,
        };
        Ok(self.server.memory_mb("VmHWM")?.max(full))
    }
}
