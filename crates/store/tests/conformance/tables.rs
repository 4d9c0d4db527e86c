//! What is taken elsewhere is the whole schema, on both databases.

use tatami_store::{PostgresStore, SqliteStore, TABLES};
use tatami_transfer::Table;

/// Each column of each table, by the table's name there.
fn described(name: impl Fn(&Table) -> &'static str) -> Vec<String> {
    let mut all = Vec::new();
    for table in TABLES {
        let columns = table.columns.iter().map(|column| column.name);
        let behind = table.left_out.iter().copied();
        all.extend(
            columns
                .chain(behind)
                .map(|c| format!("{}.{c}", name(table))),
        );
    }
    all.sort();
    all
}

#[test]
fn every_column_on_sqlite_is_described() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = SqliteStore::connection(&folder.path().join("tatami.db")).expect("a database");
    let sql = "SELECT s.name || '.' || c.name FROM sqlite_schema s, pragma_table_info(s.name) c
               WHERE s.type IN ('table', 'view') AND s.name NOT LIKE 'sqlite_%'
                 AND s.name NOT IN ('migrations', 'installation', 'intents', 'scopes')";
    let mut there: Vec<String> = db
        .prepare(sql)
        .and_then(|mut found| found.query_map((), |row| row.get(0))?.collect())
        .expect("columns");
    there.sort();
    assert_eq!(described(|table| table.sqlite), there);
}

#[tokio::test]
async fn every_column_on_postgres_is_described() {
    let database = crate::postgres_server::Database::new();
    let db = PostgresStore::connection(database.url())
        .await
        .expect("a database");
    let sql = "SELECT table_name || '.' || column_name FROM information_schema.columns
               WHERE table_schema = current_schema() AND table_name NOT IN ('migrations', 'installation')";
    let rows = db.query(sql, &[]).await.expect("columns");
    let mut there: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    there.sort();
    // Numbers that order rows on disk are SQLite's alone.
    let on_disk = ["records.key", "idempotency.seq"];
    let mut described = described(|table| table.postgres);
    described.retain(|name| !on_disk.contains(&name.as_str()));
    assert_eq!(described, there);
}
