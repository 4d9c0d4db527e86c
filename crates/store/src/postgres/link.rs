//! A connection that is made again when it has broken.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::server::Server;
use super::session::Session;
use crate::failure::Failure;

/// How long a caller waits for a connection to be made again.
const RECONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// One connection at a time to a server, shared by all who ask.
pub struct Link {
    server: Arc<Server>,
    session: Mutex<Option<Arc<Session>>>,
    /// Statements that every new connection prepares.
    statements: &'static [&'static str],
}

impl Link {
    /// A link that connects when it is first used.
    pub fn new(server: Arc<Server>, statements: &'static [&'static str]) -> Self {
        Self {
            server,
            session: Mutex::default(),
            statements,
        }
    }

    /// The connection; a new one if the last has broken.
    pub async fn session(&self) -> Result<Arc<Session>, Failure> {
        let connected = tokio::time::timeout(RECONNECT_TIMEOUT, async {
            let mut slot = self.session.lock().await;
            if let Some(session) = slot.as_ref().filter(|s| !s.is_closed()) {
                return Ok(Arc::clone(session));
            }
            let fresh = self.server.connect().await?;
            fresh.learn(self.statements).await?;
            let fresh = Arc::new(fresh);
            *slot = Some(Arc::clone(&fresh));
            Ok(fresh)
        });
        let late = |_| Failure::Store("the database does not answer".to_owned());
        connected.await.map_err(late)?
    }
}
