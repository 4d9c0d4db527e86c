//! Why a copy or a move did not go through, as a sentence for the operator.

/// Why a copy or a move did not go through. It holds nothing of a row.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// A file could not be read or written.
    #[error("the file could not be read or written: {0}")]
    File(#[from] std::io::Error),
    /// SQLite refused or failed.
    #[error("the SQLite database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL refused, failed or went away.
    #[error("the PostgreSQL database failed: {0}")]
    Postgres(String),
    /// The file is no export of ours.
    #[error("it is not an export of Tatami: {0}")]
    Foreign(String),
    /// The file ends before its last line, or was changed.
    #[error("the export is damaged: {0}")]
    Damaged(String),
    /// The file is of another format or schema.
    #[error("{0}")]
    OtherVersion(String),
}

impl From<tokio_postgres::Error> for TransferError {
    fn from(error: tokio_postgres::Error) -> Self {
        // The server's detail repeats values of rows; its message does not.
        let known = error
            .as_db_error()
            .map(|db| format!("{} ({})", db.message(), db.code().code()));
        Self::Postgres(known.unwrap_or_else(|| error.to_string()))
    }
}
