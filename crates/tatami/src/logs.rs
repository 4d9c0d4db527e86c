//! Lines of the log on their way to standard error: many share one call of the
//! system, as long as nobody is meant to act on them.

use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

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
