//! More than can be served: what is let in, how fast that is, and how fast the
//! rest is turned away.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::client::{Connection, Request};
use crate::fault::{Result, fault};
use crate::latency::Latencies;
use crate::load::{Bounds, closed};
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
const ORDER: &[u8] = br#"{"amount":{"value":1000,"currencyCode":"GBP"},"reference":"Overload"}"#;

#[derive(Default)]
struct Met {
    accepted: Latencies,
    refused: Latencies,
}

/// Measures the most that the program serves, then lets twice of that arrive.
/// Latencies are from a request's first byte to its answer, as its caller sees
/// it, as an onlooker does, and as the program counts it. The thread that makes
/// the load is itself behind with reading answers; the onlooker is a thread of its
/// own with little to do, as a caller on another machine would be.
///
/// # Errors
/// If an answer is neither 200 nor 503.
pub async fn measure(build: &Path, folder: &Path, bounds: Bounds) -> Result<String> {
    let server = program(build, folder, None)?;
    let shop = Arc::new(Shop::new(server.address, Vec::new()));
    closed(&shop, Operation::Create, bounds).await?;
    let first = Scrape::of(shop.address).await?;
    let served = closed(&shop, Operation::Create, bounds).await?;
    let most = served.rate();
    let [calm] = served.latencies.quantiles_ms([0.99]);
    let before = Scrape::of(shop.address).await?;

    let onlooker = Onlooker::start(shop.address);
    let (met, elapsed) = arrive(&shop, most * 2.0, bounds.time).await?;
    let seen = onlooker.end()?;
    let after = Scrape::of(shop.address).await?;
    let seconds = elapsed.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
    let rate = |some: &Latencies| some.count() as f64 / seconds;
    let (let_in, away) = (rate(&met.accepted), rate(&met.refused));
    let [accepted] = met.accepted.quantiles_ms([0.99]);
    let [refused] = met.refused.quantiles_ms([0.99]);
    let (seen_in, seen_away) = (seen.accepted.count(), seen.refused.count());
    let [seen_accepted] = seen.accepted.quantiles_ms([0.99]);
    let [seen_refused] = seen.refused.quantiles_ms([0.99]);
    Ok(format!(
        "{most:.0} creates a second at most, p99 {calm:.1} ms; when twice as many are asked for, \
         {let_in:.0} a second are let in, p99 {accepted:.1} ms, and {away:.0} a second are \
         refused, p99 {refused:.1} ms. An onlooker is let in {seen_in} times, p99 {seen_accepted:.1} ms, \
         and refused {seen_away} times, p99 {seen_refused:.1} ms. The program itself gave 99 % of its answers within \
         {:.1} ms before, and then 99 % of those to requests that were let in within {:.1} ms, and \
         of refusals within {:.1} ms",
        before.within_ms(&first, "2xx", 0.99),
        after.within_ms(&before, "2xx", 0.99),
        after.within_ms(&before, "5xx", 0.99),
    ))
}

/// A caller who has nothing to do with the load.
struct Onlooker {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Result<Met>>,
}

impl Onlooker {
    fn start(address: SocketAddr) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(look(address, over))
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

async fn look(address: SocketAddr, is_over: Arc<AtomicBool>) -> Result<Met> {
    let mut callers = JoinSet::new();
    for _ in 0..ONLOOKING {
        let is_over = Arc::clone(&is_over);
        let mut connection = Connection::open(address).await?;
        callers.spawn(async move {
            let (mut met, mut beat) = (Met::default(), tokio::time::interval(LOOK));
            while !is_over.load(Ordering::Relaxed) {
                beat.tick().await;
                once(&mut connection, &mut met).await?;
            }
            Result::Ok(met)
        });
    }
    let mut all = Met::default();
    while let Some(ended) = callers.join_next().await {
        let met = ended??;
        all.accepted.merge(&met.accepted);
        all.refused.merge(&met.refused);
    }
    Ok(all)
}

async fn arrive(shop: &Arc<Shop>, rate: f64, time: Duration) -> Result<(Met, Duration)> {
    let (send, arrivals) = mpsc::channel::<()>(CONNECTIONS);
    let arrivals = Arc::new(Mutex::new(arrivals));
    let mut callers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::open(shop.address).await?;
        let arrivals = Arc::clone(&arrivals);
        callers.spawn(async move {
            let mut met = Met::default();
            loop {
                let next = arrivals.lock().await.recv().await;
                if next.is_none() {
                    return Result::Ok(met);
                }
                once(&mut connection, &mut met).await?;
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
    let mut all = Met::default();
    while let Some(ended) = callers.join_next().await {
        let met = ended??;
        all.accepted.merge(&met.accepted);
        all.refused.merge(&met.refused);
    }
    Ok((all, started.elapsed()))
}

async fn once(connection: &mut Connection, met: &mut Met) -> Result<()> {
    let request = Request {
        method: "POST",
        path: "/payment-intents",
        version: "2026-02-27",
        body: ORDER,
    };
    let asked = Instant::now();
    let status = connection.send(request).await?.status;
    match status {
        200 => met.accepted.add(asked.elapsed()),
        503 => met.refused.add(asked.elapsed()),
        other => return fault(format!("status {other} under too much load")),
    }
    Ok(())
}
