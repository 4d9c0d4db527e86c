//! Lines of the log on their way to standard error: many share one call of the
//! system, as long as nobody is meant to act on them.

use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line may wait.
const AT_MOST: Duration = Duration::from_millis(20);
/// How much may wait.
const FULL_BYTES: usize = 64 * 1024;

static WAITING: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static SOME: Condvar = Condvar::new();

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
                    let waiting = lock();
                    let some = SOME.wait_while(waiting, |waiting| waiting.is_empty());
                    drop(some.unwrap_or_else(PoisonError::into_inner));
                    std::thread::sleep(AT_MOST);
                    flush();
                }
            })?;
        Ok(Self(()))
    }
}

fn lock() -> MutexGuard<'static, Vec<u8>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes what waits: before the program ends, and when somebody should see it.
pub fn flush() {
    write(&mut lock());
}

fn write(waiting: &mut Vec<u8>) {
    // Where a log cannot be written, that cannot be told either.
    let _ = io::stderr().write_all(waiting);
    waiting.clear();
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
        let mut waiting = lock();
        let first = waiting.is_empty();
        waiting.extend_from_slice(text);
        if self.at_once || waiting.len() >= FULL_BYTES {
            write(&mut waiting);
        } else if first {
            SOME.notify_one();
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
