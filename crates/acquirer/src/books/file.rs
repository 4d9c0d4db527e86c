//! The database file: opening it and its tables.

use std::path::Path;

use rusqlite::Connection;

/// Why the books could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A newer program wrote them.
    #[error("the acquirer's books are of version {found}, and this program knows up to {known}")]
    Newer {
        /// The version found.
        found: i64,
        /// The newest version this program can read.
        known: i64,
    },
    /// The database could not be opened.
    #[error("the acquirer's books could not be opened: {0}")]
    Database(#[from] rusqlite::Error),
    /// The server that they are on failed.
    #[error("the acquirer's books could not be opened: {0}")]
    Server(#[from] tokio_postgres::Error),
    /// The server that they are on cannot be reached.
    #[error("the acquirer's books could not be opened: {0}")]
    Unreachable(String),
    /// The thread that keeps the books could not be started.
    #[error("the acquirer's books could not be opened: {0}")]
    Thread(#[from] std::io::Error),
}

/// Steps from each version of the tables to the next; only ever appended to.
const STEPS: &[&str] = &[
    "CREATE TABLE entries (
        id INTEGER PRIMARY KEY,
        account TEXT NOT NULL,
        environment TEXT NOT NULL,
        reference TEXT NOT NULL,
        operation TEXT NOT NULL,
        authorization TEXT,
        minor INTEGER,
        currency TEXT,
        card TEXT,
        avs_result TEXT,
        cv2_result TEXT,
        at TEXT NOT NULL,
        answer TEXT NOT NULL,
        UNIQUE (account, environment, reference)
    ) STRICT;
    CREATE TABLE authorizations (
        account TEXT NOT NULL,
        environment TEXT NOT NULL,
        reference TEXT NOT NULL,
        card TEXT NOT NULL,
        outcome TEXT NOT NULL,
        auth_code TEXT NOT NULL,
        currency TEXT NOT NULL,
        at_once INTEGER NOT NULL,
        authorized INTEGER NOT NULL,
        captured INTEGER NOT NULL,
        released INTEGER NOT NULL,
        refunded INTEGER NOT NULL,
        reversed INTEGER NOT NULL,
        PRIMARY KEY (account, environment, reference)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE challenges (
        payload TEXT PRIMARY KEY,
        account TEXT NOT NULL,
        environment TEXT NOT NULL,
        reference TEXT NOT NULL,
        outcome TEXT NOT NULL,
        funding TEXT NOT NULL,
        forced TEXT,
        capture INTEGER NOT NULL,
        tries_left INTEGER NOT NULL,
        result TEXT,
        proof TEXT,
        UNIQUE (account, environment, reference)
    ) STRICT, WITHOUT ROWID;",
    "ALTER TABLE entries ADD COLUMN original TEXT;
    ALTER TABLE challenges DROP COLUMN capture;",
];

/// The version of the books' tables.
pub fn version() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Opens the books in that file, making it if it is not there, and brings their
/// tables up to date.
///
/// # Errors
/// If the file cannot be opened or a newer program wrote it.
pub fn open(path: &Path) -> Result<Connection, OpenError> {
    let mut conn = Connection::open(path)?;
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.set_prepared_statement_cache_capacity(64);
    let known = version();
    let transaction = conn.transaction()?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    let done = usize::try_from(found).unwrap_or(0);
    for step in STEPS.iter().skip(done) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_acknowledged_before_it_is_on_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let conn = open(&folder.path().join("acquirer.db")).expect("opens");
        let pragma = |name: &str| {
            conn.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
                .expect("a pragma")
        };
        assert_eq!(pragma("journal_mode"), "wal".to_owned().into());
        assert_eq!(pragma("synchronous"), 2.into());
    }

    #[test]
    fn books_of_a_newer_program_are_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("acquirer.db");
        let conn = open(&path).expect("opens");
        conn.pragma_update(None, "user_version", 99).expect("set");
        drop(conn);
        assert!(matches!(
            open(&path),
            Err(OpenError::Newer {
                found: 99,
                known: 2
            })
        ));
    }
}
