//! Load on one server: callers that send the next request when the last one is
//! answered, or requests that arrive at a fixed rate whatever the answers do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::client::{Connection, Result};
use crate::operation::{Operation, Shop};
use crate::statistics::Latencies;

/// How long answers may take after the last request.
const GRACE: Duration = Duration::from_secs(30);

/// The bounds of a load.
#[derive(Clone, Copy)]
pub struct Bounds {
    /// Callers, each with one connection.
    pub connections: usize,
    /// It ends after this time,
    pub time: Duration,
    /// or after so many requests.
    pub requests: usize,
    /// Requests a second; `None` is as fast as answers come.
    pub rate: Option<f64>,
}

/// The result of a load.
pub struct Load {
    pub elapsed: Duration,
    pub latencies: Latencies,
}

impl Load {
    /// Requests a second.
    pub fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
        let requests = self.latencies.0.len() as f64;
        requests / self.elapsed.as_secs_f64()
    }
}

/// Puts load on a server, until the bounds are reached or an answer is wrong.
pub async fn run(shop: &Arc<Shop>, operation: Operation, bounds: Bounds) -> Result<Load> {
    let mut connections = Vec::with_capacity(bounds.connections);
    for _ in 0..bounds.connections {
        connections.push(Connection::open(shop.address).await?);
    }
    let started = Instant::now();
    let next = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for connection in connections {
        let (shop, next) = (shop.clone(), next.clone());
        callers.spawn(caller(shop, operation, bounds, connection, next, started));
    }
    let mut latencies = Latencies::default();
    let all = async {
        while let Some(ended) = callers.join_next().await {
            latencies.0.extend(ended??.0);
        }
        Result::Ok(())
    };
    match tokio::time::timeout(bounds.time + GRACE, all).await {
        Ok(done) => done?,
        Err(_) => return Err("answers are missing".into()),
    }
    if latencies.0.is_empty() {
        return Err("no request was answered in time".into());
    }
    Ok(Load {
        elapsed: started.elapsed(),
        latencies,
    })
}

async fn caller(
    shop: Arc<Shop>,
    operation: Operation,
    bounds: Bounds,
    mut connection: Connection,
    next: Arc<AtomicUsize>,
    started: Instant,
) -> Result<Latencies> {
    let mut latencies = Latencies::default();
    loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        let begins = match bounds.rate {
            Some(rate) => arrival(n, rate, started).await,
            None => Instant::now(),
        };
        if n >= bounds.requests || begins >= started + bounds.time {
            return Ok(latencies);
        }
        operation.once(&shop, &mut connection).await?;
        latencies.add(begins.elapsed());
    }
}

/// Waits until request number `n` arrives, and gives that moment. A request that
/// found every connection busy arrived earlier, and its latency counts from then: a
/// slow server cannot hide it by slowing its callers down.
async fn arrival(n: usize, rate: f64, started: Instant) -> Instant {
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
    let at = started + Duration::from_secs_f64(n as f64 / rate);
    if at <= Instant::now() {
        return at;
    }
    tokio::time::sleep_until(at.into()).await;
    // The timer's own lateness is not the server's.
    Instant::now()
}
