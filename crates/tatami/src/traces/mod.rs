//! What the program says of itself: lines of the log and, with the feature
//! `otlp`, traces for an OpenTelemetry collector if one is named.

use tracing::{Metadata, Subscriber};
use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};
use tracing_subscriber::filter::{FilterFn, LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};
use url::Url;

use crate::Fault;
use crate::cli::LogFormat;

#[cfg(feature = "otlp")]
pub use self::otlp::Traces;
#[cfg(not(feature = "otlp"))]
pub use self::without::Traces;

#[cfg(feature = "otlp")]
mod otlp;
#[cfg(not(feature = "otlp"))]
mod without;

/// Starts the log, which is whole when the guard is dropped, and the traces if there is
/// a collector for them.
///
/// # Errors
/// If traces cannot be sent there, or this build has no traces.
pub fn start(
    format: LogFormat,
    collector: Option<&Url>,
) -> Result<(WorkerGuard, Option<Traces>), Fault> {
    let targets: Targets = match std::env::var("TATAMI_LOG") {
        Ok(filter) => filter.parse().map_err(|e| format!("TATAMI_LOG: {e}"))?,
        Err(_) => Targets::new().with_default(LevelFilter::INFO),
    };
    let (traces, layer) = collector.map(Traces::to).transpose()?.unzip();
    let (writer, guard) = crate::logs::writer();
    tracing_subscriber::registry()
        .with(layer)
        .with(logs(format, writer).with_filter(said(targets)))
        .init();
    Ok((guard, traces))
}

/// What the log shows: what is asked for, and the request that it is about.
fn said(targets: Targets) -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    FilterFn::new(move |metadata| {
        let is_request = metadata.is_span() && metadata.name() == "request";
        is_request || targets.would_enable(metadata.target(), metadata.level())
    })
}

fn logs<S>(format: LogFormat, writer: NonBlocking) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let logs = fmt::layer().with_writer(writer).with_ansi(false);
    match format {
        LogFormat::Text => logs.boxed(),
        LogFormat::Json => logs.json().with_current_span(false).boxed(),
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::extract::Request;
    use axum::routing::get;
    use serde_json::Value;
    use tatami_http::{Around, Limits, LoadShed, Pace, Published};
    use tower::ServiceExt;

    use super::*;

    /// What the log has of a request to a route that warns, and its trace id.
    async fn logged(format: LogFormat, filter: &str) -> (Vec<String>, String) {
        let limits = Limits {
            requests: 1,
            calls: 1,
            per_key: None,
        };
        let with = Around {
            load_shed: LoadShed::new(limits, Default::default()),
            pace: Pace::default(),
            logging: None,
        };
        let slow = || async { tracing::warn!(n = 1, "slow") };
        let routes = Router::new().route("/slow/{id}", get(slow));
        let program = tatami_http::around(routes, Published::default(), with);
        let log = tempfile::NamedTempFile::new().expect("a file");
        let file = log.reopen().expect("the file");
        let (writer, guard) = NonBlocking::new(file);
        let filter = said(filter.parse().expect("a filter"));
        let layer = logs(format, writer).with_filter(filter);
        let subscriber = tracing_subscriber::registry().with(layer);
        let _log = tracing::subscriber::set_default(subscriber);
        let request = Request::get("/slow/secret").body(Body::empty());
        let answer = program.oneshot(request.expect("a request")).await;
        let answer = answer.expect("an answer");
        let trace = answer.headers()["trace-id"].to_str().expect("text");
        drop(guard);
        let lines = std::fs::read_to_string(log.path()).expect("lines");
        assert!(!lines.contains("secret"), "{lines}");
        (lines.lines().map(str::to_owned).collect(), trace.to_owned())
    }

    #[tokio::test]
    async fn what_is_said_while_a_request_is_answered_is_of_that_request() {
        let (lines, trace) = logged(LogFormat::Text, "info").await;
        let said = |line: &str| {
            let (_, rest) = line.split_once("request{").expect("the request");
            let (span, said) = rest.split_once("}: ").expect("what is said");
            let fields = [
                r#"method="GET""#.to_owned(),
                format!(r#"trace_id="{trace}""#),
                r#"route="/slow/{id}""#.to_owned(),
            ];
            assert!(fields.iter().all(|field| span.contains(field)), "{span}");
            said.to_owned()
        };
        let slow = said(&lines[0]);
        assert!(slow.ends_with("slow n=1"), "{slow}");
        let answered = said(&lines[1]);
        assert!(
            answered.contains("answered status=200 duration_ms="),
            "{answered}"
        );
        assert_eq!(lines.len(), 2);

        let (lines, trace) = logged(LogFormat::Json, "info").await;
        for line in lines {
            let line: Value = serde_json::from_str(&line).expect("JSON");
            assert_eq!(line["spans"][0]["trace_id"], trace);
            assert_eq!(line["spans"][0]["route"], "/slow/{id}");
        }
    }

    #[tokio::test]
    async fn whatever_is_left_out_a_line_has_the_trace_id() {
        for filter in ["warn", "tatami=warn"] {
            let (lines, trace) = logged(LogFormat::Text, filter).await;
            assert_eq!(lines.len(), 1, "{lines:?}");
            assert!(lines[0].contains(&trace), "{lines:?}");
        }
    }
}
