//! Copying the write-ahead log into the database (SQLite's "checkpoint").
//!
//! Left to itself, SQLite has whoever commits do it every thousand pages, and all
//! who wait for a commit wait for that. Here a thread of its own copies while the
//! writer goes on. Then the writer copies the little that came meanwhile, because
//! only between two of its transactions is everything copied, and the log can
//! begin anew.

use std::ffi::c_int;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, DEFAULT_NAME};

use super::open::{for_copying, unusable};
use super::threads;
use crate::OpenError;

/// Pages in the log that are worth copying, 4 MB. With many more, a commit waits
/// for its own flush behind theirs.
const ENOUGH_PAGES: c_int = 1_000;

/// Nothing is to be done until there is enough.
const WAITING: u8 = 0;
/// The thread is copying, or about to.
const COPYING: u8 = 1;
/// It has copied what there was; the rest is the writer's.
const COPIED: u8 = 2;

/// The thread that copies. To be dropped after the connection that writes, so
/// that it closes the database last and leaves one file.
pub struct Copier {
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Copier {
    /// Starts to copy what that connection writes to the file.
    ///
    /// # Errors
    /// If the file cannot be opened once more, or the operating system gives no
    /// thread.
    pub fn start(path: &Path, writing: &mut Connection) -> Result<Self, OpenError> {
        Self::start_at(path, writing, ENOUGH_PAGES)
    }

    fn start_at(path: &Path, writing: &mut Connection, enough: c_int) -> Result<Self, OpenError> {
        let db = for_copying(path)?;
        let state = Arc::new(AtomicU8::new(WAITING));
        let (wake, woken) = sync_channel(1);
        let (writers, call) = (Arc::clone(&state), wake.clone());
        let hook = move |log: &mut Wal, pages: c_int| {
            match writers.load(Ordering::Acquire) {
                WAITING if pages >= enough => {
                    writers.store(COPYING, Ordering::Release);
                    // If the thread is gone, the log grows; it has told why.
                    let _ = call.try_send(());
                }
                COPIED => {
                    writers.store(WAITING, Ordering::Release);
                    // What cannot be copied now stays in the log, safe, and is
                    // tried again.
                    let _ = log.checkpoint();
                }
                _ => {}
            }
            Ok(())
        };
        writing
            .wal_hook(Some(hook))
            .map_err(|error| unusable(path, &error))?;
        let thread = std::thread::Builder::new()
            .name("store-copier".to_owned())
            .spawn(move || copy(&db, &woken, &state))
            .map_err(|error| unusable(path, &error))?;
        Ok(Self {
            wake: Some(wake),
            thread: Some(thread),
        })
    }
}

fn copy(db: &Connection, woken: &Receiver<()>, state: &AtomicU8) {
    while woken.recv().is_ok() {
        let copied = db.wal_checkpoint_v2(DEFAULT_NAME, CheckpointMode::PASSIVE);
        if let Err(error) = copied {
            tracing::warn!(%error, "the write-ahead log could not be copied; it is tried again");
        }
        state.store(COPIED, Ordering::Release);
    }
}

impl Drop for Copier {
    fn drop(&mut self) {
        self.wake = None;
        threads::join(&mut self.thread, "store-copier");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENOUGH: c_int = 40;
    const PAGE_BYTES: u64 = 4096;

    #[test]
    fn the_log_begins_anew_and_nothing_is_lost() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("t.db");
        let mut db = Connection::open(&path).expect("a database");
        db.pragma_update(None, "journal_mode", "WAL")
            .expect("a log");
        db.execute_batch("CREATE TABLE t (n INTEGER PRIMARY KEY, body BLOB)")
            .expect("a table");
        let copier = Copier::start_at(&path, &mut db, ENOUGH);
        let copier = copier.unwrap_or_else(|_| panic!("a copier"));
        let log_bytes = || std::fs::metadata(folder.path().join("t.db-wal")).map_or(0, |m| m.len());
        let mut longest = 0;
        for n in 0..2_000 {
            db.execute("INSERT INTO t VALUES (?1, zeroblob(5000))", [n])
                .expect("written");
            longest = longest.max(log_bytes());
            // The thread need not be quick for this to hold, only to get its turn.
            if n % 20 == 0 {
                std::thread::yield_now();
            }
        }
        let written = 2_000 * 2 * PAGE_BYTES;
        assert!(longest > 40 * PAGE_BYTES, "{longest}");
        assert!(longest < written / 2, "{longest}");
        drop(db);
        drop(copier);
        let names: Vec<_> = std::fs::read_dir(folder.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        assert_eq!(names, ["t.db"]);
        let db = Connection::open(&path).expect("a database");
        let kept: i64 = db
            .query_row("SELECT count(*) FROM t", [], |row| row.get(0))
            .expect("a count");
        assert_eq!(kept, 2_000);
    }
}
