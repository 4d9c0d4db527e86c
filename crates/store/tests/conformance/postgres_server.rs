//! The PostgreSQL server that the cases share, a database for each.

use std::sync::{Arc, LazyLock};

use tatami_store::{OpenError, PostgresStore};
use tatami_testkit::PostgresCluster;

use crate::world::TestClock;

static CLUSTER: LazyLock<PostgresCluster> = LazyLock::new(PostgresCluster::start);

/// A fresh database.
pub struct Database(String);

impl Database {
    pub fn new() -> Self {
        Self(CLUSTER.new_database())
    }

    /// A store on it, as a node of its own.
    pub async fn node(&self, clock: &Arc<TestClock>) -> PostgresStore {
        self.open(clock).await.expect("a store")
    }

    pub async fn open(&self, clock: &Arc<TestClock>) -> Result<PostgresStore, OpenError> {
        PostgresStore::connect(&self.0, Arc::clone(clock) as _).await
    }
}
