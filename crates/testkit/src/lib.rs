//! What tests of several crates need around them: a throw-away PostgreSQL.

mod postgres;
mod watchdog;

pub use postgres::PostgresCluster;
