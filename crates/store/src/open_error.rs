//! Why a database could not be opened, as a sentence for the operator.

/// Why the database could not be opened. A place is a file, or the address of a
/// server without its password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It holds a migration that this program does not know.
    #[error("the database was written by a newer version of Tatami: {0}")]
    Newer(String),
    /// The file cannot be made, opened or written; the server cannot be reached
    /// or used.
    #[error("the database {place} cannot be opened for writing: {reason}")]
    Unusable {
        /// The database.
        place: String,
        /// What the database or the operating system says.
        reason: String,
    },
    /// The file is something else, or broken.
    #[error("the file {0} is damaged or not a database")]
    Corrupt(String),
}
