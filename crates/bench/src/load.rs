//! Load on one server: callers that send the next request when the last one is
//! answered, or requests that arrive at a fixed rate whatever the answers do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::client::{Connection, Result};
use crate::operation::{Operation, Shop};

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
    elapsed: Duration,
    /// All of them, in microseconds: quantiles are exact.
    latencies: Vec<u32>,
}

impl Load {
    /// How many requests were answered.
    pub const fn count(&self) -> usize {
        self.latencies.len()
    }

    /// Requests a second.
    pub fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
        let requests = self.count() as f64;
        requests / self.elapsed.as_secs_f64()
    }

    /// The latency that one request in a hundred exceeds, in milliseconds.
    pub fn p99_ms(mut self) -> f64 {
        self.latencies.sort_unstable();
        let at = (self.count() * 99).div_ceil(100).saturating_sub(1);
        let us = self.latencies.get(at);
        us.map_or(f64::NAN, |us| f64::from(*us) / 1000.0)
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
    let mut latencies = Vec::new();
    let all = async {
        while let Some(ended) = callers.join_next().await {
            latencies.extend(ended??);
        }
        Result::Ok(())
    };
    match tokio::time::timeout(bounds.time + GRACE, all).await {
        Ok(done) => done?,
        Err(_) => return Err("answers are missing".into()),
    }
    if latencies.is_empty() {
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
) -> Result<Vec<u32>> {
    let mut latencies = Vec::new();
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
        let us = begins.elapsed().as_micros();
        latencies.push(u32::try_from(us).unwrap_or(u32::MAX));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_request_in_a_hundred_exceeds_the_p99() {
        let load = Load {
            elapsed: Duration::from_secs(2),
            latencies: (1..=200).rev().map(|ms| ms * 1000).collect(),
        };
        assert_eq!(load.rate(), 100.0);
        assert_eq!(load.p99_ms(), 198.0);
    }
}
