//! A copy of a SQLite database, as a file of its own.

use std::fs::OpenOptions;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use crate::TransferError;

/// Copies the database that a connection reads into a new file that only its
/// owner may read, and waits until it is on disk. Within a transaction it is
/// the state that the transaction sees, whatever others write meanwhile.
///
/// # Errors
/// If the file is there already, or either of the two cannot be read or written.
pub fn copy(from: &Connection, to: &Path) -> Result<(), TransferError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(to)?;
    let mut copy = Connection::open(to)?;
    {
        let backup = Backup::new(from, &mut copy)?;
        // All pages at once: readers and writers of the original go on.
        backup.step(-1)?;
    }
    copy.close().map_err(|(_, error)| error)?;
    file.sync_all()?;
    Ok(())
}
