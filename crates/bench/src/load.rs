//! Load: callers that wait for each answer before they ask again (closed), and
//! requests that arrive at a given rate whatever the answers do (paced).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::client::Connection;
use crate::fault::{Result, fault};
use crate::latency::Latencies;
use crate::operation::Operation;
use crate::shop::Shop;

/// How long answers may be waited for after the last request.
const PATIENCE: Duration = Duration::from_secs(30);
/// Intents that are made for reading, where none are there.
pub const STOCK: usize = 2_000;
/// How often a paced load lets requests arrive.
const BEAT: Duration = Duration::from_millis(1);

/// When a load ends.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Callers, each with one connection.
    pub connections: usize,
    /// After this time,
    pub time: Duration,
    /// or after so many requests.
    pub requests: usize,
}

/// What a load measured.
#[derive(Debug)]
pub struct Load {
    /// How long it took.
    pub elapsed: Duration,
    /// The latency of every request.
    pub latencies: Latencies,
}

impl Load {
    /// Requests a second.
    pub fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
        let requests = self.latencies.count() as f64;
        requests / self.elapsed.as_secs_f64()
    }
}

/// Makes sure that there is something to read and to search.
///
/// # Errors
/// As for [`closed`].
pub async fn stock(shop: &Arc<Shop>, requests: usize, bounds: Bounds) -> Result<()> {
    if shop.recall(0).is_some() {
        return Ok(());
    }
    closed(shop, Operation::Create, Bounds { requests, ..bounds }).await?;
    Ok(())
}

/// Callers ask as fast as they are answered.
///
/// # Errors
/// With the first wrong or missing answer.
pub async fn closed(shop: &Arc<Shop>, operation: Operation, bounds: Bounds) -> Result<Load> {
    let mut connections = connect(shop, bounds.connections).await?;
    let started = Instant::now();
    let ends = started + bounds.time;
    let left = Arc::new(AtomicUsize::new(bounds.requests));
    let over = Arc::new(AtomicBool::new(false));
    let mut callers = JoinSet::new();
    while let Some(mut connection) = connections.pop() {
        let (shop, left, over) = (shop.clone(), left.clone(), over.clone());
        callers.spawn(async move {
            let mut latencies = Latencies::default();
            while !over.load(Ordering::Relaxed) && take(&left) {
                let asked = Instant::now();
                if asked >= ends {
                    break;
                }
                operation.once(&shop, &mut connection).await?;
                latencies.add(asked.elapsed());
            }
            over.store(true, Ordering::Relaxed);
            Ok(latencies)
        });
    }
    gather(callers, started, bounds.time).await
}

/// Requests arrive `rate` times a second, each on the next free connection. A
/// latency counts from the arrival, so that a server that falls behind cannot
/// hide it by slowing its callers down.
///
/// # Errors
/// With the first wrong or missing answer.
pub async fn paced(
    shop: &Arc<Shop>,
    operation: Operation,
    bounds: Bounds,
    rate: f64,
) -> Result<Load> {
    let mut connections = connect(shop, bounds.connections).await?;
    let (arrive, arrivals) = mpsc::unbounded_channel();
    let arrivals = Arc::new(Mutex::new(arrivals));
    let started = Instant::now();
    let mut callers = JoinSet::new();
    while let Some(mut connection) = connections.pop() {
        let (shop, arrivals) = (shop.clone(), arrivals.clone());
        callers.spawn(async move {
            let mut latencies = Latencies::default();
            loop {
                let next = arrivals.lock().await.recv().await;
                let Some(arrived): Option<Instant> = next else {
                    return Ok(latencies);
                };
                operation.once(&shop, &mut connection).await?;
                latencies.add(arrived.elapsed());
            }
        });
    }
    let mut beat = tokio::time::interval(BEAT);
    let mut sent = 0_usize;
    while started.elapsed() < bounds.time && sent < bounds.requests {
        beat.tick().await;
        let now = Instant::now();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small count"
        )]
        let due = (rate * (now - started).min(bounds.time).as_secs_f64()) as usize;
        while sent < due {
            // A caller that failed has told why; the others go on.
            let _ = arrive.send(now);
            sent += 1;
        }
    }
    drop(arrive);
    gather(callers, started, bounds.time).await
}

fn take(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
        .is_ok()
}

async fn connect(shop: &Shop, count: usize) -> Result<Vec<Connection>> {
    let mut connections = Vec::with_capacity(count);
    for _ in 0..count {
        connections.push(Connection::open(shop.address).await?);
    }
    Ok(connections)
}

async fn gather(
    mut callers: JoinSet<Result<Latencies>>,
    started: Instant,
    time: Duration,
) -> Result<Load> {
    let mut latencies = Latencies::default();
    let all = async {
        while let Some(ended) = callers.join_next().await {
            latencies.merge(&ended??);
        }
        Result::<()>::Ok(())
    };
    let Ok(done) = tokio::time::timeout(time + PATIENCE, all).await else {
        return fault("answers are missing");
    };
    done?;
    if latencies.count() == 0 {
        return fault("no request was answered in time");
    }
    Ok(Load {
        elapsed: started.elapsed(),
        latencies,
    })
}
