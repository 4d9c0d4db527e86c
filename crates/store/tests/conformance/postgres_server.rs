//! The PostgreSQL server that the cases share, a database for each.

use std::sync::{Arc, LazyLock};

use tatami_store::{OpenError, PostgresStore};
use tatami_testkit::PostgresCluster;
use tokio_postgres::{SimpleQueryMessage, SimpleQueryRow};

use crate::world::TestClock;

static CLUSTER: LazyLock<PostgresCluster> = LazyLock::new(PostgresCluster::start);

/// A fresh database.
pub struct Database(String);

impl Database {
    pub fn new() -> Self {
        Self(CLUSTER.new_database())
    }

    pub fn url(&self) -> &str {
        &self.0
    }

    /// A store on it, as a node of its own.
    pub async fn node(&self, clock: &Arc<TestClock>) -> PostgresStore {
        self.open(clock).await.expect("a store")
    }

    pub async fn open(&self, clock: &Arc<TestClock>) -> Result<PostgresStore, OpenError> {
        PostgresStore::connect(&self.0, Arc::clone(clock) as _).await
    }

    /// Runs a statement beside the store; its rows as text.
    pub async fn sql(&self, sql: &str) -> Vec<String> {
        let connected = tokio_postgres::connect(&self.0, tokio_postgres::NoTls).await;
        let (client, connection) = connected.expect("a connection");
        let driven = tokio::spawn(connection);
        let told = client.simple_query(sql).await.expect("done");
        drop(client);
        driven.await.expect("driven").expect("closed");
        let rows = told.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let text = |row: &SimpleQueryRow| -> String {
            let values: Vec<_> = (0..row.len()).filter_map(|n| row.get(n)).collect();
            values.join(" ")
        };
        rows.map(text).collect()
    }
}
