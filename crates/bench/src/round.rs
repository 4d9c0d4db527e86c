//! A round: all servers are started, and each operation is measured on one
//! after the other, so that what a ratio compares was measured side by side.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tatami_testkit::PostgresCluster;

use crate::fault::{Fault, Result};
use crate::load::{Load, STOCK, closed, paced, stock};
use crate::operation::Operation;
use crate::plan::{Database, Plan};
use crate::results::{Measure, Results, Subject, Task};
use crate::server::Server;
use crate::shop::{Known, Shop};
use crate::{cold, webhooks};

/// An installation with many intents.
pub struct Full {
    /// What it runs on.
    pub database: Database,
    /// Its folder.
    pub folder: PathBuf,
    /// Its database, if that is not in the folder.
    pub url: Option<String>,
    /// Some of them.
    pub known: Vec<Known>,
}

/// What rounds stand on.
pub struct Ground<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Where PostgreSQL is.
    pub cluster: Option<PostgresCluster>,
    /// The full installations.
    pub full: Vec<Full>,
}

/// A server that is up.
struct Standing {
    subject: Subject,
    server: Server,
    shop: Arc<Shop>,
}

/// Starts the program in a folder.
///
/// # Errors
/// If it does not come up.
pub fn program(build: &Path, folder: &Path, database: Option<&str>) -> Result<Server> {
    let mut command = Command::new(build);
    // One client makes all requests, with one key.
    command.args([
        "serve",
        "--rate-per-key",
        "0",
        "--listen",
        "127.0.0.1:0",
        "--data",
    ]);
    command.arg(folder);
    if let Some(url) = database {
        command.args(["--database", url]);
    }
    std::fs::create_dir_all(folder)?;
    Server::start(command, &folder.join("log"))
}

impl Ground<'_> {
    /// Measures everything once.
    ///
    /// # Errors
    /// With the first wrong answer, whoever gave it.
    pub async fn round(&self, n: usize, results: &mut Results) -> Result<()> {
        let folder = self.plan.folder.join(format!("round-{n}"));
        std::fs::create_dir_all(&folder)?;
        let mut standing = self.start(n, &folder, results).await?;
        let count = standing.len();
        for operation in self.plan.operations.iter().copied() {
            // Another one goes first each time.
            standing.rotate_left(n.min(1) % count.max(1));
            for one in &standing {
                if has(one.subject, operation) {
                    let measure = self.most(one, operation).await?;
                    results.add(n, Task::Most(operation), one.subject, measure);
                }
            }
        }
        for operation in [Operation::Create, Operation::Read] {
            self.half(n, &standing, operation, results).await?;
        }
        for one in &standing {
            if matches!(one.subject, Subject::Program(_) | Subject::Earlier(_))
                && self.plan.webhooks > 0
            {
                let measure = webhooks::measure(self.plan, &one.server, &one.shop);
                let measure = measure.await.map_err(|f| told(one, f))?;
                results.add(n, Task::Webhooks, one.subject, measure);
            }
        }
        standing.into_iter().try_for_each(|one| one.server.stop())?;
        Ok(std::fs::remove_dir_all(folder)?)
    }

    async fn start(&self, n: usize, folder: &Path, results: &mut Results) -> Result<Vec<Standing>> {
        let mut standing = vec![self.bare(Subject::Memory, folder, &["memory"])?];
        for database in self.plan.databases.iter().copied() {
            let place = folder.join(database.name());
            std::fs::create_dir_all(&place)?;
            let bare = self.url(database);
            let bare = bare.unwrap_or_else(|| place.join("bare.db").display().to_string());
            let kind = match database {
                Database::Sqlite => "sqlite",
                Database::Postgres => "postgres",
            };
            standing.push(self.bare(Subject::Bare(database), &place, &[kind, &bare])?);
            let builds = [
                (Subject::Program(database), Some(&self.plan.program)),
                (Subject::Earlier(database), self.plan.earlier.as_ref()),
            ];
            for (number, (subject, build)) in builds.into_iter().enumerate() {
                let Some(build) = build else { continue };
                let place = place.join(format!("program-{number}"));
                let server = program(build, &place, self.url(database).as_deref())?;
                results.add(n, Task::Start, subject, cold::measure(&server).await?);
                standing.push(Standing::new(subject, server, Vec::new()));
            }
        }
        for full in &self.full {
            let server = program(&self.plan.program, &full.folder, full.url.as_deref())?;
            let subject = Subject::Full(full.database);
            results.add(n, Task::Start, subject, cold::measure(&server).await?);
            standing.push(Standing::new(subject, server, full.known.clone()));
        }
        Ok(standing)
    }

    /// The URL of a new database, for what runs on PostgreSQL.
    pub fn url(&self, database: Database) -> Option<String> {
        let cluster = self.cluster.as_ref();
        let cluster = cluster.filter(|_| database == Database::Postgres);
        cluster.map(PostgresCluster::new_database)
    }

    fn bare(&self, subject: Subject, folder: &Path, arguments: &[&str]) -> Result<Standing> {
        let mut command = Command::new(&self.plan.bare);
        command.args(arguments);
        let server = Server::start(command, &folder.join("bare-log"))?;
        Ok(Standing::new(subject, server, Vec::new()))
    }

    async fn most(&self, one: &Standing, operation: Operation) -> Result<Measure> {
        let work = async {
            stock(&one.shop, STOCK, self.plan.bounds).await?;
            closed(&one.shop, operation, self.plan.warm_up()).await?;
            let cpu = one.server.cpu_seconds()?;
            let load = closed(&one.shop, operation, self.plan.bounds).await?;
            measured(&one.server, load, cpu)
        };
        work.await.map_err(|f| told(one, f))
    }

    /// The program and the bare server under the same load: half of what the
    /// program can do.
    async fn half(
        &self,
        n: usize,
        standing: &[Standing],
        operation: Operation,
        results: &mut Results,
    ) -> Result<()> {
        for one in standing {
            let (Subject::Bare(database) | Subject::Program(database) | Subject::Earlier(database)) =
                one.subject
            else {
                continue;
            };
            let most = results.of(n, Task::Most(operation), Subject::Program(database));
            let Some(rate) = most.map(|m| m.rate / 2.0) else {
                continue;
            };
            let work = async {
                paced(&one.shop, operation, self.plan.warm_up(), rate).await?;
                let cpu = one.server.cpu_seconds()?;
                let load = paced(&one.shop, operation, self.plan.bounds, rate).await?;
                measured(&one.server, load, cpu)
            };
            let measure = work.await.map_err(|f| told(one, f))?;
            results.add(n, Task::Half(operation), one.subject, measure);
        }
        Ok(())
    }
}

impl Standing {
    fn new(subject: Subject, server: Server, known: Vec<Known>) -> Self {
        let shop = Arc::new(Shop::new(server.address, known));
        Self {
            subject,
            server,
            shop,
        }
    }
}

/// Whether a server has an operation: bare ones take no payments.
const fn has(subject: Subject, operation: Operation) -> bool {
    match subject {
        Subject::Memory | Subject::Bare(_) => !matches!(operation, Operation::Pay),
        Subject::Program(_) | Subject::Earlier(_) | Subject::Full(_) => true,
    }
}

fn measured(server: &Server, load: Load, cpu_before: f64) -> Result<Measure> {
    let cpu = server.cpu_seconds()? - cpu_before;
    let rate = load.rate();
    let requests = rate * load.elapsed.as_secs_f64();
    let [p50_ms, p99_ms] = load.latencies.quantiles_ms([0.5, 0.99]);
    Ok(Measure {
        rate,
        p50_ms,
        p99_ms,
        cpu_s: cpu / requests * 1000.0,
        peak_mb: server.peak_mb()?,
    })
}

fn told(one: &Standing, Fault(why): Fault) -> Fault {
    Fault(format!("{:?}: {why}\n{}", one.subject, one.server.said()))
}
