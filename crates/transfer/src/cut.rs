//! One moment of two SQLite databases that are written one after the other.
//!
//! An installation's state and its sandbox acquirer's books are two files. A
//! call to the acquirer is made only when the attempt is durable in the state.
//! So with the state held still for the moment in which both are looked at,
//! everything that the books have was at least begun in the state, and
//! everything that the state calls finished is in the books. What lies between
//! is an open attempt, and recovery asks the books about it.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::TransferError;

/// How long the start of a copy waits for a writer to finish.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// A database that is read as it was at one moment.
pub struct Snapshot(Connection);

impl Snapshot {
    /// Its connection, in the transaction that sees the moment.
    pub fn connection(&self) -> &Connection {
        &self.0
    }

    fn of(path: &Path) -> Result<Self, TransferError> {
        let db = open(path)?;
        db.execute_batch("BEGIN")?;
        // The moment is that of the first read.
        db.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()))?;
        Ok(Self(db))
    }
}

/// The state and the books as they were at one moment.
pub struct Cut {
    /// The state.
    pub state: Snapshot,
    /// The books, if there are any.
    pub books: Option<Snapshot>,
}

impl Cut {
    /// Looks at both. Nobody waits for longer than it takes to open a file.
    ///
    /// # Errors
    /// If either cannot be opened.
    pub fn through(state: &Path, books: Option<&Path>) -> Result<Self, TransferError> {
        let mut still = open(state)?;
        let still = still.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let state = Snapshot::of(state)?;
        let books = books.map(Snapshot::of).transpose()?;
        still.rollback()?;
        Ok(Self { state, books })
    }
}

fn open(path: &Path) -> Result<Connection, TransferError> {
    // To read beside a writer is to write to the index of its log.
    let mode = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, mode)?;
    db.busy_timeout(BUSY_TIMEOUT)?;
    Ok(db)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(db: &Connection) -> i64 {
        let sum = db.query_row("SELECT coalesce(sum(n), 0) FROM t", (), |row| row.get(0));
        sum.expect("a sum")
    }

    fn made(path: &Path) -> Connection {
        let db = Connection::open(path).expect("a database");
        let made =
            "PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1)";
        db.execute_batch(made).expect("a table");
        db
    }

    #[test]
    fn what_is_written_later_is_not_in_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = ["state", "books"].map(|name| folder.path().join(name));
        let writers = [made(&paths[0]), made(&paths[1])];
        let cut = Cut::through(&paths[0], Some(&paths[1])).expect("a cut");
        for writer in &writers {
            writer
                .execute("INSERT INTO t VALUES (10)", ())
                .expect("others write");
            assert_eq!(value(writer), 11);
        }
        let books = cut.books.as_ref().expect("books");
        for (n, seen) in [&cut.state, books].into_iter().enumerate() {
            assert_eq!(value(seen.connection()), 1);
            let to = folder.path().join(format!("copy-{n}"));
            crate::copy(seen.connection(), &to).expect("a copy");
            assert_eq!(value(&Connection::open(&to).expect("a database")), 1);
            assert!(
                crate::copy(seen.connection(), &to).is_err(),
                "it is there already"
            );
        }
    }
}
