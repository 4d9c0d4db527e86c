//! Storage: the `Store` port on embedded SQLite and on PostgreSQL. All SQL of
//! Tatami is here, one file per table for each of the two; rules are not.

mod backlog;
mod failure;
mod listing;
mod open_error;
mod postgres;
mod prepared;
mod reports;
mod request_log;
mod sqlite;
mod tables;
mod values;

pub use open_error::OpenError;
pub use postgres::{PostgresRequestLog, PostgresStore};
pub use sqlite::{SqliteRequestLog, SqliteStore};
pub use tables::TABLES;

/// The names of the schema's migrations, the same on both databases.
pub fn schema() -> Vec<&'static str> {
    sqlite::schema()
}

/// Counts a transaction that commits shared, how long it took, and how many
/// wait for the next.
fn measured(commits: usize, waiting: usize, started: std::time::Instant, made: bool) {
    let outcome = if made { "made" } else { "failed" };
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    metrics::counter!("tatami_store_transactions_total", "outcome" => outcome).increment(1);
    metrics::counter!("tatami_store_commits_total", "outcome" => outcome)
        .increment(u64::from(count(commits)));
    metrics::histogram!("tatami_store_commits_per_transaction").record(f64::from(count(commits)));
    metrics::histogram!("tatami_store_transaction_seconds").record(started.elapsed());
    metrics::gauge!("tatami_store_commits_waiting").set(f64::from(count(waiting)));
}
