//! Metrics in the text form that Prometheus reads.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics::{gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tatami_engine::{Engine, Outstanding};

use crate::Fault;

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
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_histogram!(
        "tatami_http_request_seconds",
        Unit::Seconds,
        "Requests, by route."
    );
    describe_counter!(
        "tatami_http_turned_away_total",
        "Requests refused by a limit: 'busy', 'acquirer' and 'memory' are 503, 'rate' is 429, 'slow' is 408."
    );
    describe_counter!(
        "tatami_http_connections_closed_total",
        "Connections closed because their peers were slow, or for others to have room or memory."
    );
    describe_counter!(
        "tatami_payer_tries_total",
        "Cards that payers tried, by account and outcome."
    );
    describe_counter!(
        "tatami_payer_tries_refused_total",
        "Cards that were refused unseen after too many declines: 'payment', 'address' or 'account'."
    );
    describe_counter!(
        "tatami_captcha_checks_total",
        "Cards that --captcha looked at before they were tried, by outcome."
    );
    describe_gauge!("tatami_http_connections", "Open connections.");
    describe_counter!(
        "tatami_store_transactions_total",
        "Transactions of the writers."
    );
    describe_counter!(
        "tatami_store_commits_total",
        "Commits that those transactions were made of."
    );
    describe_histogram!(
        "tatami_store_commits_per_transaction",
        "How many commits share a transaction."
    );
    describe_histogram!(
        "tatami_store_transaction_seconds",
        Unit::Seconds,
        "How long a transaction takes, flush included."
    );
    describe_gauge!(
        "tatami_store_commits_waiting",
        "Commits that wait for the next transaction."
    );
    describe_counter!(
        "tatami_request_log_dropped_total",
        "Requests that are not in the request log, because there were too many at a time."
    );
    describe_counter!(
        "tatami_acquirer_calls_total",
        "Calls to the acquirer, by operation and outcome."
    );
    describe_histogram!(
        "tatami_acquirer_call_seconds",
        Unit::Seconds,
        "How long the acquirer takes."
    );
    describe_counter!(
        "tatami_webhook_attempts_total",
        "Attempts to deliver, by what follows."
    );
    describe_histogram!(
        "tatami_webhook_attempt_seconds",
        Unit::Seconds,
        "How long receivers take."
    );
    describe_gauge!("tatami_up", "Whether storage answered this scrape.");
    describe_gauge!(
        "tatami_jobs_due",
        "Documents that are due and not yet looked at, counted to 1000."
    );
    describe_gauge!(
        "tatami_jobs_failed",
        "Jobs and mails that failed for the last time."
    );
    describe_gauge!(
        "tatami_deliveries_waiting",
        "Deliveries neither made nor given up."
    );
    describe_gauge!(
        "tatami_deliveries_oldest_seconds",
        Unit::Seconds,
        "Age of the oldest of them."
    );
    describe_gauge!("tatami_mails_waiting", "Mails still to be sent.");
    describe_gauge!(
        "tatami_mails_oldest_seconds",
        Unit::Seconds,
        "Age of the oldest of them."
    );
    describe_gauge!(
        "tatami_attempts_open",
        "Calls to the acquirer whose outcome is not written yet."
    );
    describe_gauge!(
        "tatami_attempts_oldest_seconds",
        Unit::Seconds,
        "Age of the oldest of them."
    );
    describe_gauge!("process_resident_memory_bytes", Unit::Bytes, "Memory held.");
    // So that they are there before anything was turned away.
    for why in ["busy", "acquirer", "memory", "rate", "slow"] {
        metrics::counter!("tatami_http_turned_away_total", "why" => why).absolute(0);
    }
    drop(histogram!("tatami_store_transaction_seconds"));
}
