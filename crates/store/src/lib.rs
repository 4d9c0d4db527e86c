//! Storage: the `Store` port on embedded SQLite. All SQL of Tatami is here, one
//! file per table; rules are not.

mod failure;
mod sqlite;
mod values;

pub use sqlite::{OpenError, SqliteStore};
