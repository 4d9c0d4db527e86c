//! Table `installation`: which installation's key sealed what is stored.

use rusqlite::{Connection, OptionalExtension};
use tatami_engine::ports::store::StoreError;

use super::SqliteStore;
use crate::OpenError;
use crate::failure::Failure;

impl SqliteStore {
    /// The check of the installation's key, if the database has one.
    pub async fn key_check(&self) -> Result<Option<String>, StoreError> {
        self.readers.read(find).await
    }

    /// Keeps the check of the installation's key, if the database has none; the
    /// one that it has now.
    pub async fn keep_key_check(&self, check: &str) -> Result<String, StoreError> {
        let check = check.to_owned();
        self.write(move |db| {
            let sql = "INSERT INTO installation (id, key_check) VALUES (1, ?1)
                       ON CONFLICT DO NOTHING";
            db.execute(sql, [&check])?;
            find(db)?.ok_or_else(|| Failure::Store("the key's check is gone".to_owned()))
        })
        .await
    }

    /// Forgets the check of the installation's key: the next program that opens
    /// the database brings the key.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub fn forget_key_check(db: &Connection) -> Result<(), OpenError> {
        let forgotten = db.execute("DELETE FROM installation", []);
        forgotten.map_err(|error| OpenError::Unusable {
            place: db.path().unwrap_or_default().to_owned(),
            reason: error.to_string(),
        })?;
        Ok(())
    }
}

fn find(db: &Connection) -> Result<Option<String>, Failure> {
    let mut found = db.prepare_cached("SELECT key_check FROM installation WHERE id = 1")?;
    Ok(found.query_row([], |row| row.get(0)).optional()?)
}

/// Writes something that leaves all as it was: whether there is room on the disk.
pub fn probe(db: &Connection) -> Result<(), Failure> {
    for check in [
        "key_check || ' '",
        "substr(key_check, 1, length(key_check) - 1)",
    ] {
        // SQLite does not write what is as it was already.
        let sql = format!("UPDATE installation SET key_check = {check}");
        db.prepare_cached(&sql)?.execute([])?;
    }
    Ok(())
}
