//! Lines of the log on their way to standard error: many share one call of the
//! system, as long as nobody is meant to act on them.

use std::fmt::{self, Debug};
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::{Level, Metadata};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{FormatFields, Writer};
use tracing_subscriber::fmt::{FormattedFields, MakeWriter};

/// How long a line may wait.
const AT_MOST: Duration = Duration::from_millis(20);
/// How much is worth a call of the system.
const ENOUGH_BYTES: usize = 256 * 1024;
/// How much may wait: whoever has more to say waits until it is written.
const FULL_BYTES: usize = 1024 * 1024;

static WAITING: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static SOME: Condvar = Condvar::new();
/// What is being written: nobody who has something to say waits for a disk.
static WRITING: Mutex<Vec<u8>> = Mutex::new(Vec::new());

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
                loop {
                    let some = SOME.wait_while(lock(&WAITING), |waiting| waiting.is_empty());
                    let some = some.unwrap_or_else(PoisonError::into_inner);
                    let enough = SOME
                        .wait_timeout_while(some, AT_MOST, |waiting| waiting.len() < ENOUGH_BYTES);
                    drop(enough);
                    flush();
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
    writing.clear();
}

/// Writes the fields of a line as they are, for a log that is no terminal: every
/// request has a line, and styles that come to nothing take longer than the rest
/// of it.
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

/// Whether a text can stand between quotes as it is.
fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\')
}

impl Visit for PlainFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, |writer| {
            if !is_plain(value) {
                return write!(writer, "{value:?}");
            }
            writer.write_char('"')?;
            writer.write_str(value)?;
            writer.write_char('"')
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, |writer| write!(writer, "{value:?}"));
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
