//! Metrics in the text form that Prometheus reads.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics::{gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tatami_engine::{Engine, Outstanding};

use crate::{Fault, reference};

/// Upper bounds of what is measured in seconds: half a millisecond to the
/// longest wait there is.
const SECONDS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Upper bounds of how many commits share a transaction.
const COMMITS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Where everything that the program counts comes together. Cheap to clone.
#[derive(Clone)]
pub struct Meter(PrometheusHandle);

/// What a scrape is answered from.
#[derive(Clone)]
struct Scraped {
    meter: Meter,
    engine: Engine,
}

impl Meter {
    /// Begins to count.
    ///
    /// # Errors
    /// If the process counts already.
    pub fn start() -> Result<Self, Fault> {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
            .set_buckets_for_metric(Matcher::Suffix("_per_transaction".to_owned()), &COMMITS)?
            .install_recorder()?;
        describe();
        Ok(Self(handle))
    }

    /// `/metrics`, for an address of its own: it asks for no key.
    pub fn routes(&self, engine: Engine) -> Router {
        let meter = self.clone();
        Router::new()
            .route("/metrics", get(scrape))
            .with_state(Scraped { meter, engine })
    }

    /// Makes room for what comes next; to be called now and then.
    pub fn tidy(&self) {
        self.0.run_upkeep();
    }
}

async fn scrape(State(Scraped { meter, engine }): State<Scraped>) -> Response {
    let outstanding = engine.overview().outstanding().await;
    gauge!("tatami_up").set(f64::from(u8::from(outstanding.is_ok())));
    if let Ok(outstanding) = outstanding {
        publish(&outstanding);
    }
    if let Some(bytes) = resident_bytes() {
        gauge!("process_resident_memory_bytes").set(bytes);
    }
    let headers = [
        (header::CONTENT_TYPE, MEDIA_TYPE),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, meter.0.render()).into_response()
}

#[expect(clippy::cast_precision_loss, reason = "far above any count")]
fn publish(outstanding: &Outstanding) {
    gauge!("tatami_jobs_due").set(outstanding.due as f64);
    gauge!("tatami_jobs_failed").set(outstanding.failed_jobs as f64);
    gauge!("tatami_deliveries_waiting").set(outstanding.deliveries as f64);
    gauge!("tatami_deliveries_oldest_seconds").set(outstanding.oldest_delivery.as_secs_f64());
    gauge!("tatami_mails_waiting").set(outstanding.mails as f64);
    gauge!("tatami_mails_oldest_seconds").set(outstanding.oldest_mail.as_secs_f64());
    gauge!("tatami_attempts_open").set(outstanding.attempts as f64);
    gauge!("tatami_attempts_oldest_seconds").set(outstanding.oldest_attempt.as_secs_f64());
}

/// The memory that the process holds, where the system says.
fn resident_bytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some((u64::from(kilobytes) * 1024) as f64)
}

fn describe() {
    reference::metrics::describe();
    // So that they are there before anything was turned away.
    for why in ["busy", "acquirer", "memory", "rate", "slow"] {
        metrics::counter!("tatami_http_turned_away_total", "why" => why).absolute(0);
    }
    drop(histogram!("tatami_store_transaction_seconds"));
}
