//! Storage: the `Store` port on embedded SQLite and on PostgreSQL. All SQL of
//! Tatami is here, one file per table for each of the two; rules are not.

mod failure;
mod listing;
mod open_error;
mod postgres;
mod prepared;
mod sqlite;
mod values;

pub use open_error::OpenError;
pub use postgres::PostgresStore;
pub use sqlite::SqliteStore;
