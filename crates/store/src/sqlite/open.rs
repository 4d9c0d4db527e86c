//! Opening the database file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::migrations;

/// How long a connection waits for another process that holds the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Every statement of this crate fits.
const CACHED_STATEMENTS: usize = 96;
/// Pages of the log (16 MB) that are copied into the database together.
const CHECKPOINT_PAGES: u32 = 4_000;

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It holds a migration that this program does not know.
    #[error("the database was written by a newer version of Tatami: {}", .0.display())]
    Newer(PathBuf),
    /// The file cannot be made, opened or written.
    #[error("the database {} cannot be opened for writing: {reason}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the database or the operating system says.
        reason: String,
    },
    /// The file is something else, or broken.
    #[error("the file {} is damaged or not a database", .0.display())]
    Corrupt(PathBuf),
}

impl OpenError {
    pub(super) fn of(path: &Path, error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::Corrupt(path.to_owned())
            }
            _ => Self::Unusable {
                path: path.to_owned(),
                reason: error.to_string(),
            },
        }
    }
}

/// Opens the connection that writes, and brings the schema up to date.
pub fn for_writing(path: &Path) -> Result<Connection, OpenError> {
    let open = || {
        let db = connect(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        )?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "foreign_keys", true)?;
        // Each checkpoint flushes two files while writers wait.
        db.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        // Savepoints of a batch keep their undo in memory, not in a file.
        db.pragma_update(None, "temp_store", "MEMORY")?;
        Ok(db)
    };
    let mut db = open().map_err(|error| OpenError::of(path, &error))?;
    let known = migrations::apply(&mut db).map_err(|error| OpenError::of(path, &error))?;
    if known {
        Ok(db)
    } else {
        Err(OpenError::Newer(path.to_owned()))
    }
}

/// Opens a connection that only reads.
pub fn for_reading(path: &Path) -> Result<Connection, OpenError> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(|error| OpenError::of(path, &error))
}

fn connect(path: &Path, mode: OpenFlags) -> rusqlite::Result<Connection> {
    let db = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    Ok(db)
}
