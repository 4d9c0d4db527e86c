//! Opening the database file.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::migrations;
use crate::OpenError;

/// How long a connection waits for another process that holds the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the log may grow before it is copied into the database.
const CHECKPOINT_PAGES: i64 = 4000;
/// Every statement of this crate fits.
const CACHED_STATEMENTS: usize = 96;

fn failed(path: &Path, error: &rusqlite::Error) -> OpenError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            OpenError::Corrupt(place(path))
        }
        _ => unusable(path, error),
    }
}

/// Why a file is of no use.
pub fn unusable(path: &Path, error: &impl std::fmt::Display) -> OpenError {
    OpenError::Unusable {
        place: place(path),
        reason: error.to_string(),
    }
}

/// A file's name as messages show it.
fn place(path: &Path) -> String {
    path.display().to_string()
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
        db.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        db.pragma_update(None, "foreign_keys", true)?;
        // Savepoints of a batch keep their undo in memory, not in a file.
        db.pragma_update(None, "temp_store", "MEMORY")?;
        Ok(db)
    };
    let mut db = open().map_err(|error| failed(path, &error))?;
    let known = migrations::apply(&mut db).map_err(|error| failed(path, &error))?;
    if known {
        Ok(db)
    } else {
        Err(OpenError::Newer(place(path)))
    }
}

/// Opens the connection that writes the request log, with that schema. A commit does not
/// wait for the disk: what a power cut takes of it is not missed.
pub fn for_log(path: &Path, schema: &str) -> Result<Connection, OpenError> {
    let open = || {
        let db = connect(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        )?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "NORMAL")?;
        db.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        db.execute_batch(schema)?;
        Ok(db)
    };
    open().map_err(|error| failed(path, &error))
}

/// Opens a connection that only reads.
pub fn for_reading(path: &Path) -> Result<Connection, OpenError> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(|error| failed(path, &error))
}

fn connect(path: &Path, mode: OpenFlags) -> rusqlite::Result<Connection> {
    let db = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(BUSY_TIMEOUT)?;
    // A plan is made once. Without this, SQLite makes the plan anew whenever a
    // value is bound that an index of only some rows asks about.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    Ok(db)
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_plan_is_made_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = for_writing(&folder.path().join("t.db")).unwrap_or_else(|_| panic!("a database"));
        // There is an index of the values that are unique.
        let mut delete = db
            .prepare("DELETE FROM document_index WHERE kind = ?1 AND is_unique = ?2")
            .expect("a statement");
        for is_unique in [true, false, true] {
            let deleted = delete.execute(("customer", is_unique));
            deleted.expect("nothing to delete");
        }
        assert_eq!(delete.get_status(StatementStatus::RePrepare), 0);
    }
}
