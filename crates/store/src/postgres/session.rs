//! One connection with the statements it knows.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::{PoisonError, RwLock};

use futures_util::future::{join_all, try_join_all};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Connection, Row, Statement};

use crate::failure::Failure;

/// Values of a statement's parameters.
pub type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A connection. Statements that are begun together go out together, in the
/// order in which they are first polled, and each is then waited for: that is
/// how a transaction of many statements costs one round trip.
pub struct Session {
    client: Client,
    statements: RwLock<HashMap<&'static str, Statement>>,
}

impl Session {
    /// Drives a connection that was just made. Notifications go to `heard`, as long as
    /// there is room.
    pub fn over<S, T>(
        client: Client,
        mut connection: Connection<S, T>,
        heard: Option<mpsc::Sender<String>>,
    ) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        tokio::spawn(async move {
            while let Some(message) = poll_fn(|cx| connection.poll_message(cx)).await {
                match message {
                    Ok(AsyncMessage::Notification(said)) => {
                        if let Some(heard) = &heard {
                            // What is lost is looked for after a while.
                            let _ = heard.try_send(said.payload().to_owned());
                        }
                    }
                    Ok(_) => {}
                    Err(error) => {
                        let error = super::failure::message(&error);
                        tracing::warn!(error, "a connection to the database has broken");
                        return;
                    }
                }
            }
        });
        Self {
            client,
            statements: RwLock::default(),
        }
    }

    /// The bare connection.
    pub fn into_client(self) -> Client {
        self.client
    }

    /// Whether it has come to its end.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Makes settings. A server that does not know one goes without it.
    pub async fn set(&self, settings: &[&str]) -> Result<(), Failure> {
        let all = settings.iter().map(|sql| self.client.batch_execute(sql));
        for done in join_all(all).await {
            match done {
                Err(error) if error.as_db_error().is_none() => return Err(error.into()),
                Err(error) => {
                    let error = super::failure::message(&error);
                    tracing::debug!(error, "the database does not take a setting");
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Makes statements known, so that they can go out without a question.
    pub async fn learn(&self, all: &[&'static str]) -> Result<(), Failure> {
        let unknown = all.iter().filter(|sql| self.known(sql).is_none());
        try_join_all(unknown.map(|sql| self.prepare(sql))).await?;
        Ok(())
    }

    fn known(&self, sql: &str) -> Option<Statement> {
        let known = self.statements.read();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        known.get(sql).cloned()
    }

    async fn prepare(&self, sql: &'static str) -> Result<Statement, Failure> {
        let statement = self.client.prepare(sql).await?;
        let known = self.statements.write();
        let mut known = known.unwrap_or_else(PoisonError::into_inner);
        known.insert(sql, statement.clone());
        Ok(statement)
    }

    async fn statement(&self, sql: &'static str) -> Result<Statement, Failure> {
        match self.known(sql) {
            Some(statement) => Ok(statement),
            None => self.prepare(sql).await,
        }
    }

    /// Runs a query.
    pub async fn query(
        &self,
        sql: &'static str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, Failure> {
        let statement = self.statement(sql).await?;
        Ok(self.client.query(&statement, parameters).await?)
    }

    /// Runs a query that gives one row or none.
    pub async fn one(
        &self,
        sql: &'static str,
        parameters: Parameters<'_>,
    ) -> Result<Option<Row>, Failure> {
        Ok(self.query(sql, parameters).await?.into_iter().next())
    }

    /// Runs a statement; how many rows it touched.
    pub async fn execute(
        &self,
        sql: &'static str,
        parameters: Parameters<'_>,
    ) -> Result<u64, Failure> {
        let statement = self.statement(sql).await?;
        Ok(self.client.execute(&statement, parameters).await?)
    }

    /// Runs statements without parameters.
    pub async fn run(&self, sql: &str) -> Result<(), Failure> {
        Ok(self.client.batch_execute(sql).await?)
    }
}
