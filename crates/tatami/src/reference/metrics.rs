//! Every metric of the program, as a scrape and the documentation describe it.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// What a metric measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// A metric.
struct Metric {
    name: &'static str,
    kind: Kind,
    /// Its labels and their values, as Markdown.
    labels: &'static str,
    about: &'static str,
}

const fn counter(name: &'static str, labels: &'static str, about: &'static str) -> Metric {
    let kind = Kind::Counter;
    Metric {
        name,
        kind,
        labels,
        about,
    }
}

const fn gauge(name: &'static str, about: &'static str) -> Metric {
    Metric {
        name,
        kind: Kind::Gauge,
        labels: "",
        about,
    }
}

const fn histogram(name: &'static str, labels: &'static str, about: &'static str) -> Metric {
    let kind = Kind::Histogram;
    Metric {
        name,
        kind,
        labels,
        about,
    }
}

const WEBHOOKS: &str = "`outcome`: `delivered`, `retry`, `gave_up`";
const TRIES: &str = "`account`, `environment`, `outcome`: `approved`, `declined`, `open`";

/// All of them.
const METRICS: [Metric; 32] = [
    histogram(
        "tatami_http_request_seconds",
        "`method`, `route`, `status` (`2xx`…)",
        "Requests, by route, and how long they took.",
    ),
    counter(
        "tatami_http_turned_away_total",
        "`why`: `busy`, `acquirer`, `memory` (503), `rate` (429), `slow` (408)",
        "Requests refused by a limit.",
    ),
    gauge(
        "tatami_http_connections",
        "Open connections, upgraded ones among them.",
    ),
    counter(
        "tatami_http_connections_closed_total",
        "`why`: `room`, `memory`, `slow`",
        "Connections closed for others to have room or memory, or because their peers took an answer too slowly.",
    ),
    counter(
        "tatami_payer_tries_total",
        TRIES,
        "Cards that payers tried. `open` means neither approved nor declined yet, such as at the bank's page.",
    ),
    counter(
        "tatami_payer_tries_refused_total",
        "`account`, `environment`, `why`: `payment`, `address`, `account`",
        "Cards refused without being tried, after too many declines.",
    ),
    counter(
        "tatami_captcha_checks_total",
        "`outcome`: `accepted`, `refused`, `missing`, `app`",
        "Cards that --captcha looked at before they were tried.",
    ),
    counter(
        "tatami_sign_ins_refused_total",
        "",
        "Attempts to sign in to the portal refused without being checked, after too many failures.",
    ),
    counter(
        "tatami_store_commits_total",
        "`outcome`",
        "Commits to the database.",
    ),
    counter(
        "tatami_store_transactions_total",
        "`outcome`",
        "Database transactions that commits shared.",
    ),
    histogram(
        "tatami_store_commits_per_transaction",
        "",
        "How many commits share a transaction.",
    ),
    histogram(
        "tatami_store_transaction_seconds",
        "",
        "How long a transaction takes, flush included: how slow the disk is.",
    ),
    gauge(
        "tatami_store_commits_waiting",
        "Commits that wait for the next transaction.",
    ),
    counter(
        "tatami_acquirer_calls_total",
        "`operation`, `outcome`",
        "Calls to the acquirer. The operation `resolve` asks for the outcome of an earlier call.",
    ),
    histogram(
        "tatami_acquirer_call_seconds",
        "`operation`, `outcome`",
        "How long the acquirer takes.",
    ),
    gauge(
        "tatami_attempts_open",
        "Calls to the acquirer whose outcome is not written yet: of payments, verifications and refunds without a payment.",
    ),
    gauge(
        "tatami_attempts_oldest_seconds",
        "Age of the oldest call whose outcome is not written yet.",
    ),
    counter(
        "tatami_webhook_attempts_total",
        WEBHOOKS,
        "Attempts to deliver an event to a webhook or a POS, by what follows.",
    ),
    histogram(
        "tatami_webhook_attempt_seconds",
        WEBHOOKS,
        "How long receivers of events take.",
    ),
    gauge(
        "tatami_pos_connections",
        "Open WebSocket connections of POS systems.",
    ),
    counter(
        "tatami_pos_calls_total",
        "`operation`, `outcome`",
        "Requests of Pay at Table to POS systems.",
    ),
    histogram(
        "tatami_pos_call_seconds",
        "`operation`",
        "How long POS systems take to answer Pay at Table.",
    ),
    histogram(
        "tatami_pos_request_seconds",
        "`transport`: `rest`, `ws`; `outcome`: `answered`, `refused`, `not_sent`, `unanswered`, `nonsense`",
        "All requests to POS systems, and how long they took.",
    ),
    gauge(
        "tatami_jobs_due",
        "Jobs on documents that are due and not done yet, counted to 1000.",
    ),
    gauge(
        "tatami_jobs_failed",
        "Jobs that failed for the last time, mails among them. Webhooks that were given up are not counted.",
    ),
    gauge(
        "tatami_deliveries_waiting",
        "Deliveries of events neither made nor given up.",
    ),
    gauge(
        "tatami_deliveries_oldest_seconds",
        "Age of the oldest delivery neither made nor given up.",
    ),
    gauge("tatami_mails_waiting", "Mails still to be sent."),
    gauge(
        "tatami_mails_oldest_seconds",
        "Age of the oldest mail still to be sent.",
    ),
    counter(
        "tatami_request_log_dropped_total",
        "",
        "Requests that are not in the request log, because more than about 500 arrived in a second.",
    ),
    gauge("tatami_up", "Whether storage answered this scrape."),
    gauge(
        "process_resident_memory_bytes",
        "Memory that the process holds, on Linux.",
    ),
];

impl Metric {
    fn unit(&self) -> Unit {
        match self.name {
            name if name.ends_with("_seconds") => Unit::Seconds,
            name if name.ends_with("_bytes") => Unit::Bytes,
            _ => Unit::Count,
        }
    }
}

/// Gives the recorder the unit and description of each metric.
pub fn describe() {
    for metric in METRICS {
        let (name, unit, about) = (metric.name, metric.unit(), metric.about);
        match metric.kind {
            Kind::Counter => describe_counter!(name, unit, about),
            Kind::Gauge => describe_gauge!(name, unit, about),
            Kind::Histogram => describe_histogram!(name, unit, about),
        }
    }
}

/// The table of the documentation.
pub fn table() -> String {
    let mut table = String::from("| name | type | labels | meaning |\n| --- | --- | --- | --- |\n");
    for metric in &METRICS {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        table.push_str(&format!(
            "| `{}` | {kind} | {} | {} |\n",
            metric.name, metric.labels, metric.about
        ));
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// The sources of a folder, but for this file, which has every name.
    fn read(folder: &Path, texts: &mut String) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                read(&path, texts);
            } else if !path.ends_with(Path::new(file!()).file_name().expect("a name")) {
                texts.push_str(&std::fs::read_to_string(&path).unwrap_or_default());
            }
        }
    }

    fn sources() -> String {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut texts = String::new();
        for entry in std::fs::read_dir(crates).expect("a folder") {
            let source = entry.expect("an entry").path().join("src");
            if source.is_dir() {
                read(&source, &mut texts);
            }
        }
        texts
    }

    /// The names that are given to the macros as they are.
    fn counted(sources: &str) -> BTreeSet<&str> {
        ["counter!(", "gauge!(", "histogram!("]
            .iter()
            .flat_map(|kind| sources.split(kind).skip(1).map(str::trim_start))
            .filter_map(|rest| rest.strip_prefix('"')?.split('"').next())
            .collect()
    }

    #[test]
    fn everything_that_is_counted_is_in_the_table_and_nothing_else() {
        let sources = sources();
        let listed: BTreeSet<&str> = METRICS.iter().map(|it| it.name).collect();
        assert_eq!(listed.len(), METRICS.len());
        let counted = counted(&sources);
        assert!(counted.len() > 10, "{counted:?}");
        for name in counted {
            assert!(listed.contains(name), "{name} is not in the table");
        }
        for name in listed {
            let literal = format!("\"{name}\"");
            assert!(sources.contains(&literal), "nothing counts {name}");
        }
    }
}
