//! The books in a PostgreSQL database that several programs share.
//!
//! To all of them it is one counter: whoever serves requests there holds a lock
//! until they are on disk. So two programs that send the same reference, or one
//! that sends it while another asks what became of it, find one answer.

mod line;
mod rows;
mod tables;

use std::sync::Arc;

use async_trait::async_trait;
use tatami_core::Entropy;
use tokio::runtime::Handle;
use tokio_postgres::Client;

pub use tables::open;

use self::line::Line;
use super::ledger::Broken;
use super::{Deliver, Job, Keeper, answer_all};

/// Makes connections to the database in which the books are.
#[async_trait]
pub trait Connector: Send + Sync {
    /// A connection of the books' own.
    ///
    /// # Errors
    /// If the database cannot be reached, with the reason.
    async fn connect(&self) -> Result<Client, String>;
}

/// Keeps the books in a database; connects again when a connection has broken.
pub(super) struct ServerKeeper {
    connector: Arc<dyn Connector>,
    line: Option<Line>,
    runtime: Handle,
}

impl ServerKeeper {
    /// A keeper that connects when there is something to do. To be made on the
    /// runtime that drives its connections.
    pub(super) fn new(connector: Arc<dyn Connector>) -> Self {
        Self {
            connector,
            line: None,
            runtime: Handle::current(),
        }
    }

    fn line(&mut self) -> Result<&Line, Broken> {
        let line = match self.line.take().filter(|line| !line.is_closed()) {
            Some(line) => line,
            None => self.runtime.block_on(async {
                let client = self.connector.connect().await.map_err(Broken::new)?;
                Line::over(client).await
            })?,
        };
        Ok(self.line.insert(line))
    }
}

impl Keeper for ServerKeeper {
    fn carry_out(
        &mut self,
        entropy: &mut dyn Entropy,
        group: Vec<Job>,
    ) -> Result<Vec<Deliver>, Broken> {
        let runtime = self.runtime.clone();
        let mut transaction = self.line()?.begin(runtime)?;
        match answer_all(&mut transaction, entropy, group) {
            Ok(answers) => transaction.commit().map(|()| answers),
            Err(broken) => {
                transaction.undo();
                Err(broken)
            }
        }
    }
}
