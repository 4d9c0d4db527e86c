//! One moment of a SQLite database that is written meanwhile.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::TransferError;

/// How long the start of a copy waits for a writer to finish.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// A database that is read as it was at one moment.
pub struct Snapshot(Connection);

impl Snapshot {
    /// The database as it is now. No writer waits.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn of(path: &Path) -> Result<Self, TransferError> {
        // To read beside a writer is to write to the index of its log.
        let mode = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, mode)?;
        db.busy_timeout(BUSY_TIMEOUT)?;
        db.execute_batch("BEGIN")?;
        // The moment is that of the first read.
        db.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()))?;
        Ok(Self(db))
    }

    /// Its connection, in the transaction that sees the moment.
    pub fn connection(&self) -> &Connection {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(db: &Connection) -> i64 {
        let sum = db.query_row("SELECT coalesce(sum(n), 0) FROM t", (), |row| row.get(0));
        sum.expect("a sum")
    }

    #[test]
    fn what_is_written_later_is_not_in_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state");
        let writer = Connection::open(&path).expect("a database");
        let made =
            "PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1)";
        writer.execute_batch(made).expect("a table");
        let seen = Snapshot::of(&path).expect("a snapshot");
        let more = "INSERT INTO t VALUES (10)";
        writer.execute(more, ()).expect("others write");
        assert_eq!(value(&writer), 11);
        assert_eq!(value(seen.connection()), 1);
        let to = folder.path().join("copy");
        crate::copy(seen.connection(), &to).expect("a copy");
        assert_eq!(value(&Connection::open(&to).expect("a database")), 1);
        let again = crate::copy(seen.connection(), &to);
        assert!(again.is_err(), "it is there already");
    }
}
