//! Lines of the log on their way to standard error: many share one call of the
//! system, as long as nobody is meant to act on them.

use std::fmt::{self, Debug, Write as _};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tatami_core::time::with_ticks;
use tatami_engine::ports::clock::{Clock, SystemClock};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{FormatFields, Writer};
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

/// How long a line may wait.
const AT_MOST: Duration = Duration::from_millis(20);
/// How much is worth a call of the system.
const ENOUGH_BYTES: usize = 256 * 1024;
/// How much may wait: whoever has more to say waits until it is written.
const FULL_BYTES: usize = 1024 * 1024;

/// How much of a log that is a file is sent to the disk at a time. Left to itself,
/// the system collects half a minute of lines and writes them all at once, and
/// whoever flushes a database meanwhile waits behind them for 20 to 50 ms.
const SYNCED_BYTES: u64 = 1024 * 1024;

static WAITING: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static SOME: Condvar = Condvar::new();
/// What is being written: nobody who has something to say waits for a disk.
static WRITING: Mutex<Vec<u8>> = Mutex::new(Vec::new());
/// Bytes that were written.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// Makes writers of lines. Warnings and errors are written at once, with all
/// that was said before them.
#[derive(Clone, Copy, Debug)]
pub struct Lines(());

/// Writes one line.
pub struct Line {
    at_once: bool,
}

impl Lines {
    /// Lets lines wait from now on, and writes them from a thread of its own.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start() -> io::Result<Self> {
        std::thread::Builder::new()
            .name("logs".to_owned())
            .spawn(|| {
                let (log, mut synced) = (file(), 0);
                loop {
                    let some = SOME.wait_while(lock(&WAITING), |waiting| waiting.is_empty());
                    let some = some.unwrap_or_else(PoisonError::into_inner);
                    let enough = SOME
                        .wait_timeout_while(some, AT_MOST, |waiting| waiting.len() < ENOUGH_BYTES);
                    drop(enough);
                    flush();
                    let written = WRITTEN.load(Ordering::Relaxed);
                    if let Some(log) = log.as_ref().filter(|_| written - synced >= SYNCED_BYTES) {
                        synced = written;
                        // It is no worse off than without.
                        let _ = log.sync_data();
                    }
                }
            })?;
        Ok(Self(()))
    }
}

fn lock(bytes: &'static Mutex<Vec<u8>>) -> MutexGuard<'static, Vec<u8>> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes what waits: before the program ends, and when somebody should see it.
pub fn flush() {
    let mut writing = lock(&WRITING);
    std::mem::swap(&mut *writing, &mut *lock(&WAITING));
    // Where a log cannot be written, that cannot be told either.
    let _ = io::stderr().write_all(&writing);
    WRITTEN.fetch_add(writing.len() as u64, Ordering::Relaxed);
    writing.clear();
}

/// The log, where it goes to a file.
fn file() -> Option<File> {
    let log = File::from(io::stderr().as_fd().try_clone_to_owned().ok()?);
    log.metadata().is_ok_and(|log| log.is_file()).then_some(log)
}

/// Begins a line with the time, in the form that the API writes.
#[derive(Clone, Copy, Debug)]
pub struct Now;

impl FormatTime for Now {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        with_ticks(SystemClock.now(), |now| writer.write_str(now))
    }
}

/// Adds the trace id to what is said while a request is answered.
#[derive(Clone, Copy, Debug)]
pub struct OfRequest<F> {
    line: F,
    begins: &'static str,
    ends: &'static str,
}

impl<F> OfRequest<F> {
    /// To lines of text.
    pub const fn text(line: F) -> Self {
        Self {
            line,
            begins: " trace_id=\"",
            ends: "\"\n",
        }
    }

    /// To lines that are JSON objects.
    pub const fn json(line: F) -> Self {
        Self {
            line,
            begins: ",\"trace_id\":\"",
            ends: "\"}\n",
        }
    }

    /// A line with a trace id, which has nothing to escape, before its end.
    fn with(&self, line: &str, trace: &str, writer: &mut Writer<'_>) -> fmt::Result {
        let end = self.ends.trim_start_matches('"');
        writer.write_str(line.strip_suffix(end).unwrap_or(line))?;
        [self.begins, trace, self.ends]
            .iter()
            .try_for_each(|part| writer.write_str(part))
    }
}

impl<S, N, F> FormatEvent<S, N> for OfRequest<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some(request) = tatami_http::answering() else {
            return self.line.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.line
            .format_event(context, Writer::new(&mut line), event)?;
        self.with(&line, request.trace_id().as_str(), &mut writer)
    }
}

/// Writes the fields of a line for a log that is no terminal, as the library does
/// for one that is, but without styles: every request has a line, and styles that
/// come to nothing take longer than the rest of it. No value can end a line or
/// steer a terminal: control characters are written as Rust escapes them.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl<'w> FormatFields<'w> for Plain {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut visitor = PlainFields {
            writer,
            is_first: true,
            result: Ok(()),
        };
        fields.record(&mut visitor);
        visitor.result
    }

    fn add_fields(
        &self,
        current: &'w mut FormattedFields<Self>,
        fields: &tracing::span::Record<'_>,
    ) -> fmt::Result {
        if !current.fields.is_empty() {
            current.fields.push(' ');
        }
        self.format_fields(current.as_writer(), fields)
    }
}

struct PlainFields<'w> {
    writer: Writer<'w>,
    is_first: bool,
    result: fmt::Result,
}

impl PlainFields<'_> {
    fn add(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let (writer, is_first) = (&mut self.writer, std::mem::take(&mut self.is_first));
        let written = self.result.and_then(|()| {
            if !is_first {
                writer.write_char(' ')?;
            }
            if field.name() != "message" {
                writer.write_str(field.name())?;
                writer.write_char('=')?;
            }
            value(writer)
        });
        self.result = written;
    }
}

impl Visit for PlainFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let as_it_is = |b: u8| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\';
        self.add(field, |writer| {
            if field.name() == "message" {
                return Escaped(writer).write_str(value);
            }
            if !value.bytes().all(as_it_is) {
                return write!(writer, "{value:?}");
            }
            writer.write_char('"')?;
            writer.write_str(value)?;
            writer.write_char('"')
        });
    }

    // What these write has nothing to escape.
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, |writer| write!(writer, "{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, |writer| write!(writer, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, |writer| write!(writer, "{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, |writer| write!(Escaped(writer), "{value:?}"));
    }
}

/// Passes text on with its control characters escaped.
struct Escaped<'a, 'w>(&'a mut Writer<'w>);

impl fmt::Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(char::is_control) {
            let (before, from) = rest.split_at(at);
            self.0.write_str(before)?;
            let mut chars = from.chars();
            for control in chars.by_ref().take(1) {
                write!(self.0, "{}", control.escape_default())?;
            }
            rest = chars.as_str();
        }
        self.0.write_str(rest)
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { at_once: true }
    }

    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Line {
        Line {
            at_once: *about.level() <= Level::WARN,
        }
    }
}

impl Write for Line {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut waiting = lock(&WAITING);
        let before = waiting.len();
        waiting.extend_from_slice(text);
        let after = waiting.len();
        drop(waiting);
        if self.at_once || after >= FULL_BYTES {
            flush();
        } else if before == 0 || (before < ENOUGH_BYTES && after >= ENOUGH_BYTES) {
            SOME.notify_one();
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::Router;
    use axum::body::Body;
    use axum::extract::Request;
    use axum::routing::get;
    use tower::ServiceExt;
    use tracing_subscriber::fmt::format::JsonFields;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// Keeps lines instead of writing them.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            let mut kept = self.0.lock().expect("no panic");
            kept.extend_from_slice(text);
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What a log without a terminal has after that.
    fn logged(say: impl FnOnce()) -> String {
        let kept = Kept::default();
        let writer = kept.clone();
        let log = tracing_subscriber::fmt()
            .with_ansi(false)
            .without_time()
            .with_target(false)
            .fmt_fields(Plain)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(log, say);
        let kept = kept.0.lock().expect("no panic").clone();
        String::from_utf8(kept).expect("text")
    }

    #[test]
    fn a_line_has_its_fields_and_its_spans() {
        let line = logged(|| {
            let is_new = true;
            let span =
                tracing::info_span!("request", trace_id = "00-1", status = tracing::field::Empty);
            span.record("status", 200);
            let _within = span.enter();
            let account = Some(tracing::field::display("acc_1"));
            tracing::info!(method = "GET", took = 3_u64, by = -1, is_new, account, what = ?(1, "é"), "answered");
        });
        let wanted = r#" INFO request{trace_id="00-1" status=200}: answered method="GET" took=3 by=-1 is_new=true account=acc_1 what=(1, "é")"#;
        assert_eq!(line, format!("{wanted}\n"));
    }

    #[test]
    fn a_line_has_the_trace_id_of_its_request() {
        let with = |told: &OfRequest<()>, line: &str| {
            let mut text = String::new();
            let written = told.with(line, "00-1", &mut Writer::new(&mut text));
            written.map(|()| text)
        };
        assert_eq!(
            with(&OfRequest::text(()), " WARN slow n=1\n"),
            Ok(" WARN slow n=1 trace_id=\"00-1\"\n".to_owned())
        );
        assert_eq!(
            with(&OfRequest::json(()), "{\"level\":\"WARN\",\"fields\":{}}\n"),
            Ok("{\"level\":\"WARN\",\"fields\":{},\"trace_id\":\"00-1\"}\n".to_owned())
        );
    }

    #[tokio::test]
    async fn what_is_said_while_a_request_is_answered_is_of_that_request() {
        let slow = || async { tracing::warn!(n = 1, "slow") };
        let limits = tatami_http::Limits {
            requests: 1,
            calls: 1,
            per_key: None,
        };
        let with = tatami_http::Around {
            gate: tatami_http::Gate::new(limits, Default::default()),
            pace: tatami_http::Pace::default(),
            spans: None,
        };
        let routes = Router::new().route("/", get(slow));
        let program = tatami_http::around(routes, tatami_http::Published::default(), with);
        let (text, json) = (Kept::default(), Kept::default());
        let (texts, jsons) = (text.clone(), json.clone());
        let told = tracing_subscriber::fmt::format;
        let log = tracing_subscriber::registry()
            .with(
                tracing_subscriber::fmt::layer()
                    .with_writer(move || texts.clone())
                    .event_format(OfRequest::text(told().without_time().with_ansi(false)))
                    .fmt_fields(Plain),
            )
            .with(
                tracing_subscriber::fmt::layer()
                    .with_writer(move || jsons.clone())
                    .event_format(OfRequest::json(told().json()))
                    .fmt_fields(JsonFields::new()),
            );
        let _log = tracing::subscriber::set_default(log);
        let request = Request::new(Body::empty());
        let answer = program.oneshot(request).await.expect("an answer");
        let trace = answer.headers()["trace-id"].to_str().expect("text");
        let first = |kept: &Kept| {
            let text = String::from_utf8(kept.0.lock().expect("no panic").clone());
            let text = text.expect("text");
            text.lines().next().expect("a line").to_owned()
        };
        let ends = format!("slow n=1 trace_id=\"{trace}\"");
        assert!(first(&text).ends_with(&ends), "{}", first(&text));
        let line: serde_json::Value = serde_json::from_str(&first(&json)).expect("JSON");
        assert_eq!(line["trace_id"], trace);
        assert_eq!(line["fields"]["message"], "slow");
    }

    #[test]
    fn no_value_ends_a_line_or_steers_a_terminal() {
        let evil = "a\n\r\x1b[31m\u{7f}\u{9b}b\t\"\\";
        let line = logged(|| {
            tracing::info!(
                text = evil,
                shown = %evil,
                debugged = ?evil,
                "{evil}"
            );
        });
        let (line, rest) = line.split_once('\n').expect("a line");
        assert_eq!(rest, "");
        assert!(!line.contains(char::is_control), "{line:?}");
        let shown = r#"a\n\r\u{1b}[31m\u{7f}\u{9b}b\t"\"#;
        let quoted = r#""a\n\r\u{1b}[31m\u{7f}\u{9b}b\t\"\\""#;
        assert_eq!(
            line,
            format!(" INFO {shown} text={quoted} shown={shown} debugged={quoted}")
        );
    }
}
