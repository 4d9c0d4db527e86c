//! The databases that programs under test store in.

use std::sync::OnceLock;

use tatami_testkit::PostgresCluster;

/// What a program under test stores in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file of its data folder.
    Sqlite,
    /// A database of its own in a throw-away PostgreSQL, of which each test
    /// process has one.
    Postgres,
}

impl Kind {
    /// The kind that `TATAMI_TEST_DATABASE` names: `postgres`, or `sqlite` as
    /// without it.
    pub fn of_environment() -> Self {
        match std::env::var("TATAMI_TEST_DATABASE").as_deref() {
            Ok("postgres") => Self::Postgres,
            Ok("sqlite" | "") | Err(_) => Self::Sqlite,
            Ok(other) => panic!("TATAMI_TEST_DATABASE is {other:?}, not sqlite or postgres"),
        }
    }
}

/// The PostgreSQL of this test process. It ends with the process.
pub fn cluster() -> &'static PostgresCluster {
    static CLUSTER: OnceLock<PostgresCluster> = OnceLock::new();
    CLUSTER.get_or_init(PostgresCluster::start)
}

/// A new database of that kind; `None` for the data folder's own.
pub(crate) fn new(kind: Kind) -> Option<String> {
    match kind {
        Kind::Sqlite => None,
        Kind::Postgres => Some(cluster().new_database()),
    }
}

/// What is in a database of [`cluster`].
pub(crate) fn dump(url: &str) -> Vec<u8> {
    cluster().dump(url)
}
