//! What the client's errors mean.

use std::error::Error as _;
use std::fmt::Write as _;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

use crate::failure::Failure;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let what = message(&error);
        match error.code() {
            Some(code)
                if *code == SqlState::T_R_SERIALIZATION_FAILURE
                    || *code == SqlState::T_R_DEADLOCK_DETECTED =>
            {
                Self::Contended(what)
            }
            Some(code) if *code == SqlState::UNIQUE_VIOLATION && is_of_value(&error) => {
                Self::ValueTaken
            }
            _ => Self::Store(what),
        }
    }
}

fn is_of_value(error: &Error) -> bool {
    let db = error.as_db_error();
    db.and_then(DbError::constraint) == Some("document_index_unique")
}

/// The sentence of an error with its causes. The server's own detail is left
/// out: it repeats values of rows.
pub fn message(error: &Error) -> String {
    if let Some(db) = error.as_db_error() {
        return format!("{} ({})", db.message(), db.code().code());
    }
    let mut sentence = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a text does not fail.
        let _ = write!(sentence, ": {error}");
        cause = error.source();
    }
    sentence
}
