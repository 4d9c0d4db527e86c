//! More than can be served: what is let in, how fast that is, and how fast the
//! rest is turned away.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::client::Connection;
use crate::fault::{Result, fault};
use crate::latency::Met;
use crate::load::{Bounds, STOCK, closed, stock};
use crate::operation::Operation;
use crate::round::program;
use crate::scrape::Scrape;
use crate::shop::Shop;

/// Connections over which more arrives than can be served.
const CONNECTIONS: usize = 1500;
/// How often requests arrive.
const BEAT: Duration = Duration::from_millis(1);
/// Connections of the onlooker, each with a request at a beat of its own.
const ONLOOKING: usize = 4;
const LOOK: Duration = Duration::from_millis(10);

/// Measures the most that the program serves of an operation, then lets twice of that
/// arrive. Latencies are of requests, from the first byte to the answer, as their
/// callers see them, as an onlooker does, and as the program counts them. The thread
/// that makes the load is itself behind with reading answers; the onlooker is a thread
/// of its own with little to do, as a caller on another machine would be.
///
/// # Errors
/// If an answer is wrong, and not a 503.
pub async fn measure(
    build: &Path,
    folder: &Path,
    database: Option<&str>,
    operation: Operation,
    bounds: Bounds,
) -> Result<String> {
    let server = program(build, folder, database)?;
    let shop = Arc::new(Shop::new(server.address, Vec::new()));
    stock(&shop, STOCK, bounds).await?;
    closed(&shop, operation, bounds).await?;
    let first = Scrape::of(server.metrics).await?;
    let onlooker = Onlooker::start(&shop, operation);
    let served = as_many(&shop, operation, bounds).await?;
    let seen_served = onlooker.end()?;
    let before = Scrape::of(server.metrics).await?;
    let onlooker = Onlooker::start(&shop, operation);
    let twice = arrive(&shop, operation, served.rate() * 2.0, bounds.time).await?;
    let seen = onlooker.end()?;
    let after = Scrape::of(server.metrics).await?;
    Ok(format!(
        "{}, {}: {:.0} a second at most. {}, an onlooker's {}, within {:.1} ms in the program.\n\
         When twice as many are asked for, {:.0} a second are done. {}, an onlooker's {}, within \
         {:.1} ms (refusals {:.1} ms) in the program.",
        database.map_or("SQLite", |_| "PostgreSQL"),
        operation.name(),
        served.rate(),
        told(&served.met, served.seconds),
        told(&seen_served, served.seconds),
        before.within_ms(&first, "2xx", 0.99),
        twice.rate(),
        told(&twice.met, twice.seconds),
        told(&seen, twice.seconds),
        after.within_ms(&before, "2xx", 0.99),
        after.within_ms(&before, "5xx", 0.99),
    ))
}

/// What became of a load.
struct Told {
    met: Met,
    done: usize,
    seconds: f64,
}

impl Told {
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
    fn rate(&self) -> f64 {
        self.done as f64 / self.seconds
    }
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
fn told(met: &Met, seconds: f64) -> String {
    let all = [("let in", &met.accepted), ("refused", &met.refused)];
    let told = all.map(|(what, some)| {
        let rate = some.count() as f64 / seconds;
        let [half, most] = some.clone().quantiles_ms([0.5, 0.99]);
        format!("{rate:.0} requests a second {what}, half in {half:.1} ms, p99 {most:.1} ms")
    });
    match met.refused.count() {
        0 => told[0].clone(),
        _ => told.join("; "),
    }
}

/// A caller who has nothing to do with the load.
struct Onlooker {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Result<Met>>,
}

impl Onlooker {
    fn start(shop: &Arc<Shop>, operation: Operation) -> Self {
        let shop = Arc::clone(shop);
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(look(&shop, operation, over))
        });
        Self { is_over, thread }
    }

    fn end(self) -> Result<Met> {
        self.is_over.store(true, Ordering::Relaxed);
        match self.thread.join() {
            Ok(met) => met,
            Err(_) => fault("the onlooker panicked"),
        }
    }
}

async fn look(shop: &Arc<Shop>, operation: Operation, is_over: Arc<AtomicBool>) -> Result<Met> {
    let mut callers = JoinSet::new();
    for _ in 0..ONLOOKING {
        let (shop, is_over) = (Arc::clone(shop), Arc::clone(&is_over));
        let mut connection = Connection::open(shop.address).await?;
        callers.spawn(async move {
            let (mut met, mut beat) = (Met::default(), tokio::time::interval(LOOK));
            while !is_over.load(Ordering::Relaxed) {
                beat.tick().await;
                once(&shop, operation, &mut connection, &mut met).await?;
            }
            Result::Ok((met, 0))
        });
    }
    Ok(gathered(callers).await?.0)
}

/// Callers who ask as fast as they are answered.
async fn as_many(shop: &Arc<Shop>, operation: Operation, bounds: Bounds) -> Result<Told> {
    let (started, mut callers) = (Instant::now(), JoinSet::new());
    for _ in 0..bounds.connections {
        let shop = Arc::clone(shop);
        let mut connection = Connection::open(shop.address).await?;
        callers.spawn(async move {
            let (mut met, mut done) = (Met::default(), 0);
            while started.elapsed() < bounds.time {
                done += once(&shop, operation, &mut connection, &mut met).await?;
            }
            Result::Ok((met, done))
        });
    }
    let (met, done) = gathered(callers).await?;
    Ok(Told {
        met,
        done,
        seconds: started.elapsed().as_secs_f64(),
    })
}

async fn arrive(shop: &Arc<Shop>, operation: Operation, rate: f64, time: Duration) -> Result<Told> {
    let (send, arrivals) = mpsc::channel::<()>(CONNECTIONS);
    let arrivals = Arc::new(Mutex::new(arrivals));
    let mut callers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (shop, arrivals) = (Arc::clone(shop), Arc::clone(&arrivals));
        let mut connection = Connection::open(shop.address).await?;
        callers.spawn(async move {
            let (mut met, mut done) = (Met::default(), 0);
            loop {
                let next = arrivals.lock().await.recv().await;
                if next.is_none() {
                    return Result::Ok((met, done));
                }
                done += once(&shop, operation, &mut connection, &mut met).await?;
            }
        });
    }
    let started = Instant::now();
    let mut beat = tokio::time::interval(BEAT);
    let mut sent = 0.0;
    while started.elapsed() < time {
        beat.tick().await;
        let due = rate * started.elapsed().as_secs_f64();
        while sent < due {
            sent += 1.0;
            // With every connection in use, whoever comes now stays outside.
            let _ = send.try_send(());
        }
    }
    drop(send);
    let (met, done) = gathered(callers).await?;
    Ok(Told {
        met,
        done,
        seconds: started.elapsed().as_secs_f64(),
    })
}

async fn gathered(mut callers: JoinSet<Result<(Met, usize)>>) -> Result<(Met, usize)> {
    let (mut all, mut count) = (Met::default(), 0);
    while let Some(ended) = callers.join_next().await {
        let (met, done) = ended??;
        all.merge(&met);
        count += done;
    }
    Ok((all, count))
}

/// Tries an operation. How many were done: one, or none if it was refused.
async fn once(
    shop: &Shop,
    operation: Operation,
    connection: &mut Connection,
    met: &mut Met,
) -> Result<usize> {
    let refused = met.refused.count();
    let what = async |over: &mut Connection| operation.once(shop, over).await;
    connection.trying(met, what).await?;
    Ok(usize::from(met.refused.count() == refused))
}
