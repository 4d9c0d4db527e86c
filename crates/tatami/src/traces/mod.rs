//! What the program says of itself: lines of the log and, with the feature
//! `otlp`, traces for an OpenTelemetry collector if one is named.

use std::io::IsTerminal;

use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};
use url::Url;

use crate::Fault;
use crate::cli::LogFormat;
use crate::logs::{Lines, Now, OfRequest, Plain};

#[cfg(feature = "otlp")]
pub use self::otlp::{SPANS, Traces};
#[cfg(not(feature = "otlp"))]
pub use self::without::{SPANS, Traces};

#[cfg(feature = "otlp")]
mod otlp;
#[cfg(not(feature = "otlp"))]
mod without;

/// Starts the log, and the traces if there is a collector for them.
///
/// # Errors
/// If traces cannot be sent there, or this build has no traces.
pub fn start(format: LogFormat, collector: Option<&Url>) -> Result<Option<Traces>, Fault> {
    let lines = Lines::start()?;
    let filter: Targets = match std::env::var("TATAMI_LOG") {
        Ok(filter) => filter.parse().map_err(|e| format!("TATAMI_LOG: {e}"))?,
        Err(_) => Targets::new().with_default(LevelFilter::INFO),
    };
    match collector {
        None => {
            tracing_subscriber::registry()
                .with(filter)
                .with(logs(format, lines))
                .init();
            Ok(None)
        }
        Some(collector) => {
            let (traces, layer) = Traces::to(collector)?;
            tracing_subscriber::registry()
                .with(layer)
                .with(logs(format, lines).with_filter(filter))
                .init();
            Ok(Some(traces))
        }
    }
}

fn logs<S>(format: LogFormat, lines: Lines) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let logs = fmt::layer().with_writer(lines);
    let told = fmt::format().with_timer(Now);
    match format {
        LogFormat::Text if std::io::stderr().is_terminal() => {
            let is_plain = std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty());
            let told = OfRequest::text(told.with_ansi(!is_plain));
            logs.with_ansi(!is_plain).event_format(told).boxed()
        }
        LogFormat::Text => {
            let told = OfRequest::text(told.with_ansi(false));
            logs.with_ansi(false)
                .event_format(told)
                .fmt_fields(Plain)
                .boxed()
        }
        LogFormat::Json => {
            let told = OfRequest::json(told.json());
            logs.event_format(told)
                .fmt_fields(JsonFields::new())
                .boxed()
        }
    }
}
