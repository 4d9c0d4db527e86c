//! The connection on which attempts to deliver are written, a transaction at a
//! time.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::deliveries::{self, Attempt};
use super::link::Link;
use super::server::Server;
use crate::failure::Failure;

/// How often attempts are written that other transactions stand in the way of.
const TRIES: u32 = 5;

/// Writes attempts.
pub struct Recorder(Arc<Mutex<Link>>);

impl Recorder {
    /// A recorder that connects when it is first used.
    pub fn to(server: &Arc<Server>) -> Self {
        let link = Link::new(Arc::clone(server), deliveries::STATEMENTS);
        Self(Arc::new(Mutex::new(link)))
    }

    /// Writes attempts. It goes on if the caller hangs up: a transaction that
    /// was begun is ended.
    pub async fn record(&self, attempts: Vec<Attempt>) -> Result<(), Failure> {
        let link = Arc::clone(&self.0);
        let work = tokio::spawn(async move {
            let link = link.lock().await;
            let mut left: Vec<&Attempt> = attempts.iter().collect();
            while !left.is_empty() {
                // A statement updates a row once.
                let mut seen = HashSet::new();
                let (now, later): (Vec<_>, Vec<_>) = left
                    .into_iter()
                    .partition(|(job, _)| seen.insert(job.key.as_str()));
                record(&link, now).await?;
                left = later;
            }
            Ok(())
        });
        let broken = |error: tokio::task::JoinError| Failure::Store(error.to_string());
        work.await.map_err(broken)?
    }
}

async fn record(link: &Link, mut attempts: Vec<&Attempt>) -> Result<(), Failure> {
    attempts.sort_by(|(a, _), (b, _)| a.key.cmp(&b.key));
    let mut tries = 1;
    loop {
        let session = link.session().await?;
        match deliveries::record(&session, &attempts).await {
            Err(Failure::Contended(_)) if tries < TRIES => tries += 1,
            result => return result,
        }
    }
}
