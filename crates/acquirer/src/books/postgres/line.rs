//! One connection, and transactions on it. What is only written goes out at
//! once and is waited for at the end: a group of requests costs a round trip
//! for each look-up and one more.

use std::collections::HashMap;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::runtime::Handle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};

use super::rows::LESSON;
use crate::books::ledger::Broken;

/// One program at a time serves at the counter.
const BEGIN: &str = "BEGIN; SELECT pg_advisory_xact_lock(7236290811935543403)";

/// A value that is written.
pub(super) type Value = Box<dyn ToSql + Sync + Send>;
type Sent<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>>;

/// A connection with the statements it knows.
pub(super) struct Line {
    client: Client,
    statements: HashMap<&'static str, Statement>,
}

impl Line {
    /// Teaches a connection the statements.
    pub(super) async fn over(client: Client) -> Result<Self, Broken> {
        let mut statements = HashMap::with_capacity(LESSON.len());
        for sql in LESSON {
            statements.insert(sql, client.prepare(sql).await?);
        }
        Ok(Self { client, statements })
    }

    /// Whether it has broken.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Begins a transaction, alone at the counter.
    pub(super) fn begin(&self, runtime: Handle) -> Result<Transaction<'_>, Broken> {
        let mut transaction = Transaction {
            line: self,
            runtime,
            sent: Vec::new(),
        };
        transaction.send(Box::pin(self.client.batch_execute(BEGIN)))?;
        Ok(transaction)
    }

    fn statement(&self, sql: &str) -> Result<&Statement, Broken> {
        let known = self.statements.get(sql);
        known.ok_or_else(|| Broken::new("a statement was not prepared"))
    }
}

/// A transaction that is under way.
pub(super) struct Transaction<'a> {
    line: &'a Line,
    runtime: Handle,
    /// What went out and was not answered yet, in its order.
    sent: Vec<Sent<'a>>,
}

impl<'a> Transaction<'a> {
    /// Runs a query.
    pub(super) fn query(
        &mut self,
        sql: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Broken> {
        let statement = self.line.statement(sql)?;
        let rows = self.line.client.query(statement, values);
        Ok(self.runtime.block_on(rows)?)
    }

    /// Has a statement carried out; whether it was is known at the end.
    pub(super) fn write(&mut self, sql: &str, values: Vec<Value>) -> Result<(), Broken> {
        let (client, statement) = (&self.line.client, self.line.statement(sql)?);
        self.send(Box::pin(async move {
            client.execute_raw(statement, values).await.map(|_| ())
        }))
    }

    /// Lets something go out: that is what the first look at it does.
    fn send(&mut self, mut work: Sent<'a>) -> Result<(), Broken> {
        match work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => Ok(done?),
            Poll::Pending => {
                self.sent.push(work);
                Ok(())
            }
        }
    }

    /// Makes it durable.
    pub(super) fn commit(mut self) -> Result<(), Broken> {
        // After a failed statement this undoes it all, without an error.
        self.send(Box::pin(self.line.client.batch_execute("COMMIT")))?;
        let sent = std::mem::take(&mut self.sent);
        Ok(self.runtime.block_on(async {
            let mut first_failure = Ok(());
            for work in sent {
                first_failure = first_failure.and(work.await);
            }
            first_failure
        })?)
    }

    /// Undoes it.
    pub(super) fn undo(self) {
        let undone = self.line.client.batch_execute("ROLLBACK");
        if let Err(error) = self.runtime.block_on(undone) {
            // The connection is at its end, and the server undoes it.
            let error = told(&error);
            tracing::warn!(error, "a transaction of the acquirer's books broke off");
        }
    }
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::new(told(&error))
    }
}

/// The sentence of an error, without the detail, which repeats values.
fn told(error: &Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{} ({})", db.message(), db.code().code()),
        None => error.to_string(),
    }
}
