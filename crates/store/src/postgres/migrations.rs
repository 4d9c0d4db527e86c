//! The schema, step by step. Steps are only ever added, and have the numbers
//! and names of the same steps on SQLite.

use super::session::Session;
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
        sql: include_str!("../../migrations/postgres/0001_initial.sql"),
    },
    Migration {
        number: 2,
        name: "answer_headers",
        sql: include_str!("../../migrations/postgres/0002_answer_headers.sql"),
    },
];

/// One node at a time brings a schema up to date: an arbitrary number that all
/// of them name.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7236290811935543401)";
/// Steps may take long, and nodes that start wait for the one that takes them.
const NO_LIMITS: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0";

/// Applies the steps that are missing, all or none. Whether every step that the
/// database has is known here; if not, nothing is changed.
pub async fn apply(db: &Session) -> Result<bool, Failure> {
    let applied = applied(db).await?;
    if is_complete(&applied) || !is_known(&applied) {
        return Ok(is_known(&applied));
    }
    db.run("BEGIN").await?;
    db.run(NO_LIMITS).await?;
    db.run(LOCK).await?;
    let known = apply_missing(db).await?;
    db.run(if known { "COMMIT" } else { "ROLLBACK" }).await?;
    Ok(known)
}

async fn apply_missing(db: &Session) -> Result<bool, Failure> {
    // Another process may have been faster.
    let applied = applied(db).await?;
    if !is_known(&applied) {
        return Ok(false);
    }
    db.run(
        "CREATE TABLE IF NOT EXISTS migrations (
             number BIGINT NOT NULL PRIMARY KEY,
             name   TEXT NOT NULL
         )",
    )
    .await?;
    for migration in MIGRATIONS {
        if !applied.contains(&migration.number) {
            db.run(migration.sql).await?;
            db.execute(
                "INSERT INTO migrations (number, name) VALUES ($1, $2)",
                &[&migration.number, &migration.name],
            )
            .await?;
        }
    }
    Ok(true)
}

async fn applied(db: &Session) -> Result<Vec<i64>, Failure> {
    let there = "SELECT 1 FROM pg_catalog.pg_tables
                 WHERE schemaname = current_schema() AND tablename = 'migrations'";
    if db.one(there, &[]).await?.is_none() {
        return Ok(Vec::new());
    }
    let rows = db.query("SELECT number FROM migrations", &[]).await?;
    rows.iter().map(|row| super::rows::get(row, 0)).collect()
}

fn is_known(applied: &[i64]) -> bool {
    let known = |number: &i64| MIGRATIONS.iter().any(|m| m.number == *number);
    applied.iter().all(known)
}

fn is_complete(applied: &[i64]) -> bool {
    MIGRATIONS.iter().all(|m| applied.contains(&m.number))
}

/// Whether a connection reads the schema that this program wrote.
pub async fn check(db: &Session) -> Result<(), Failure> {
    let newest = db.one("SELECT max(number) FROM migrations", &[]).await?;
    match newest.and_then(|row| row.get::<_, Option<i64>>(0)) {
        Some(_) => Ok(()),
        None => Err(Failure::Store("the schema is gone".to_owned())),
    }
}
