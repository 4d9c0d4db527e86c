//! Table `installation`: which installation's key sealed what is stored.

use tatami_engine::ports::store::StoreError;

use super::PostgresStore;
use super::rows::get;
use super::session::Session;
use crate::failure::Failure;

impl PostgresStore {
    /// The check of the installation's key, if the database has one.
    pub async fn key_check(&self) -> Result<Option<String>, StoreError> {
        Ok(find(&*self.clerk().await?).await?)
    }

    /// Keeps the check of the installation's key, if the database has none; the
    /// one that it has now. Of nodes that start together one is first.
    pub async fn keep_key_check(&self, check: &str) -> Result<String, StoreError> {
        let db = self.clerk().await?;
        let sql = "INSERT INTO installation (id, key_check) VALUES (1, $1)
                   ON CONFLICT (id) DO NOTHING";
        db.execute(sql, &[&check]).await?;
        let kept = find(&db).await?;
        kept.ok_or_else(|| StoreError("the key's check is gone".to_owned()))
    }
}

async fn find(db: &Session) -> Result<Option<String>, Failure> {
    let sql = "SELECT key_check FROM installation WHERE id = 1";
    let found = db.one(sql, &[]).await?;
    found.map(|row| get(&row, 0)).transpose()
}

/// Has the server write that a transaction was there: whether it can.
pub async fn probe(db: &Session) -> Result<(), Failure> {
    db.one("SELECT txid_current()", &[]).await?;
    Ok(())
}
