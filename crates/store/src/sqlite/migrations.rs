//! The schema, step by step. Steps are only ever added.

use rusqlite::{Connection, TransactionBehavior};

use crate::failure::Failure;

struct Migration {
    number: i64,
    name: &'static str,
    sql: &'static str,
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "initial",
        sql: include_str!("../../migrations/sqlite/0001_initial.sql"),
    },
    Migration {
        number: 2,
        name: "answer_headers",
        sql: include_str!("../../migrations/sqlite/0002_answer_headers.sql"),
    },
];

/// The names of all steps.
pub fn names() -> Vec<&'static str> {
    MIGRATIONS.iter().map(|m| m.name).collect()
}

/// Applies the steps that are missing, all or none. Whether every step that the
/// database has is known here; if not, nothing is changed.
pub fn apply(db: &mut Connection) -> rusqlite::Result<bool> {
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    step.execute_batch(
        "CREATE TABLE IF NOT EXISTS migrations (
             number INTEGER PRIMARY KEY,
             name   TEXT NOT NULL
         ) STRICT",
    )?;
    let applied = step
        .prepare("SELECT number FROM migrations")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    let known = |number: &i64| MIGRATIONS.iter().any(|m| m.number == *number);
    if !applied.iter().all(known) {
        return Ok(false);
    }
    for migration in MIGRATIONS {
        if !applied.contains(&migration.number) {
            step.execute_batch(migration.sql)?;
            step.execute(
                "INSERT INTO migrations (number, name) VALUES (?1, ?2)",
                (migration.number, migration.name),
            )?;
        }
    }
    step.commit()?;
    Ok(true)
}

/// Whether a connection reads the schema that this program wrote.
pub fn check(db: &Connection) -> Result<(), Failure> {
    let newest: Option<i64> = db
        .prepare_cached("SELECT max(number) FROM migrations")?
        .query_row([], |row| row.get(0))?;
    match newest {
        Some(_) => Ok(()),
        None => Err(Failure::Store("the schema is gone".to_owned())),
    }
}
