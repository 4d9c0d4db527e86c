//! The log on standard error, written by a thread of its own.

use std::fs::File;
use std::io::{self, BufWriter, Stderr, Write};
use std::os::fd::AsFd;

use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};

/// How much of a log that is a file is sent to the disk at a time. Left to itself,
/// the system collects half a minute of lines and writes them all at once, and
/// whoever flushes a database meanwhile waits behind them for 20 to 50 ms.
const SYNCED_BYTES: usize = 1024 * 1024;
/// How many lines may wait to be written. Their places are taken up from the start.
const WAITING_LINES: usize = 8192;

/// Where lines go. None is left out: a log that is slow slows down the program. What is
/// left is written when the guard is dropped.
pub fn writer() -> (NonBlocking, WorkerGuard) {
    let log = Log {
        lines: BufWriter::new(io::stderr()),
        file: file(),
        unsynced: 0,
    };
    NonBlockingBuilder::default()
        .lossy(false)
        .buffered_lines_limit(WAITING_LINES)
        .thread_name("logs")
        .finish(log)
}

/// The log, where it goes to a file.
fn file() -> Option<File> {
    let log = File::from(io::stderr().as_fd().try_clone_to_owned().ok()?);
    log.metadata().is_ok_and(|log| log.is_file()).then_some(log)
}

/// Writes what is one line each, many with one call of the system.
struct Log {
    lines: BufWriter<Stderr>,
    file: Option<File>,
    unsynced: usize,
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.unsynced += line.len();
        match escaped(line) {
            Some(line) => self.lines.write_all(line.as_bytes())?,
            None => self.lines.write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lines.flush()?;
        if let Some(file) = self.file.as_ref().filter(|_| self.unsynced >= SYNCED_BYTES) {
            self.unsynced = 0;
            file.sync_data()?;
        }
        Ok(())
    }
}

/// A line whose values would end it or steer a terminal, with their control characters
/// as Rust escapes them.
fn escaped(line: &[u8]) -> Option<String> {
    let shown = line.strip_suffix(b"\n").unwrap_or(line);
    if shown.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        return None;
    }
    let text = String::from_utf8_lossy(line);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    if !text.contains(char::is_control) {
        return None;
    }
    let mut line = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c.is_control() {
            true => line.extend(c.escape_default()),
            false => line.push(c),
        }
    }
    line.push('\n');
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_ends_a_line_or_steers_a_terminal() {
        for (line, written) in [
            (
                "a\n\r\x1b[31m\u{7f}\u{9b}b\té\n",
                "a\\n\\r\\u{1b}[31m\\u{7f}\\u{9b}b\\té\n",
            ),
            ("\n\n", "\\n\n"),
        ] {
            assert_eq!(escaped(line.as_bytes()).as_deref(), Some(written));
        }
        assert_eq!(escaped("all \"is\" \\ well, é\n".as_bytes()), None);
    }
}
