//! Table `vault`: the wrapped key of the cards' fingerprints.

use super::rows::get;
use super::session::Session;
use crate::failure::Failure;

pub async fn find(db: &Session) -> Result<Option<String>, Failure> {
    let sql = "SELECT fingerprints FROM vault WHERE id = 1";
    let found = db.one(sql, &[]).await?;
    found.map(|row| get(&row, 0)).transpose()
}

/// Keeps a wrapped key if what is there is as expected; what is there now. Of
/// nodes that start together one is first.
pub async fn keep(db: &Session, expected: Option<&str>, wrapped: &str) -> Result<String, Failure> {
    let sql = match expected {
        None => {
            "INSERT INTO vault (id, fingerprints) SELECT 1, $1 WHERE $2::text IS NULL
             ON CONFLICT (id) DO NOTHING"
        }
        Some(_) => "UPDATE vault SET fingerprints = $1 WHERE id = 1 AND fingerprints = $2",
    };
    db.execute(sql, &[&wrapped, &expected]).await?;
    let kept = find(db).await?;
    kept.ok_or_else(|| Failure::Store("the vault's key is gone".to_owned()))
}
