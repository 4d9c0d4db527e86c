//! The programs on one database. Each holds a lock under its name while it is there, and
//! listens on a channel of that name; the server lets go of both when its connection
//! ends, however it ends.

use std::time::Duration;

use tatami_engine::ports::store::Woken;
use tokio::sync::mpsc;

use super::rows::get;
use super::server::Server;
use super::session::Session;
use crate::failure::Failure;

/// How long to wait before a connection that broke is made again.
const RECONNECT_AFTER: Duration = Duration::from_millis(500);
/// Words that may wait to be read; more are dropped.
const MAX_WAITING: usize = 1024;

/// Is a node of that name for ever, and passes on what it is woken with.
pub async fn be(server: &Server, name: &str, woken: &Woken<'_>) {
    loop {
        if let Err(failure) = listen(server, name, woken).await {
            tracing::warn!(
                ?failure,
                "other programs on the database do not see this one"
            );
        }
        tokio::time::sleep(RECONNECT_AFTER).await;
    }
}

/// Ends when the connection does.
async fn listen(server: &Server, name: &str, woken: &Woken<'_>) -> Result<(), Failure> {
    let (heard, mut words) = mpsc::channel(MAX_WAITING);
    let session = server.connect_hearing(heard).await?;
    session
        .run(&format!("LISTEN \"{}\"", channel(name)))
        .await?;
    let lock = "SELECT pg_advisory_lock(hashtextextended($1, 0))";
    session.query(lock, &[&channel(name)]).await?;
    while let Some(word) = words.recv().await {
        woken(&word);
    }
    Ok(())
}

/// Names are of letters, digits, hyphens and underscores.
fn channel(name: &str) -> String {
    format!("tatami {name}")
}

/// Wakes a node with a word.
pub async fn wake(db: &Session, name: &str, word: &str) -> Result<(), Failure> {
    let wake = "SELECT pg_notify($1, $2)";
    db.query(wake, &[&channel(name), &word]).await.map(|_| ())
}

/// Whether a node is there: nobody else can have its lock then.
pub async fn is_there(db: &Session, name: &str) -> Result<bool, Failure> {
    let try_lock = "SELECT pg_try_advisory_xact_lock_shared(hashtextextended($1, 0))";
    let row = db.one(try_lock, &[&channel(name)]).await?;
    let is_free: bool = row.map_or(Ok(false), |row| get(&row, 0))?;
    Ok(!is_free)
}
