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
               WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite_%'
                 AND s.name NOT IN ('migrations', 'installation')";
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
    assert_eq!(described(|table| table.postgres), there);
}

/// The names of a schema's indexes with their columns.
#[tokio::test]
async fn both_databases_have_the_same_indexes() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = SqliteStore::connection(&folder.path().join("tatami.db")).expect("a database");
    let sql = "SELECT name || ' ' || (SELECT group_concat(c.name) FROM pragma_index_info(s.name) c)
               FROM sqlite_schema s WHERE type = 'index' AND name NOT LIKE 'sqlite_%'
               ORDER BY name";
    let on_sqlite: Vec<String> = db
        .prepare(sql)
        .and_then(|mut found| found.query_map((), |row| row.get(0))?.collect())
        .expect("indexes");

    let database = crate::postgres_server::Database::new();
    let db = PostgresStore::connection(database.url())
        .await
        .expect("a database");
    let sql = "SELECT c.relname || ' ' || (
                   SELECT string_agg(a.attname, ',' ORDER BY k.n)
                   FROM unnest(i.indkey) WITH ORDINALITY k (place, n)
                   JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.place)
               FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
               JOIN pg_namespace s ON s.oid = c.relnamespace
               WHERE s.nspname = current_schema()
                 AND c.relname NOT LIKE '%\\_pkey' AND c.relname NOT LIKE '%\\_key'
               ORDER BY c.relname COLLATE \"C\"";
    let rows = db.query(sql, &[]).await.expect("indexes");
    let on_postgres: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(on_sqlite, on_postgres);
}
