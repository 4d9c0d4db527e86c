//! The tables of the books, as they are taken elsewhere.

use tatami_transfer::{Column, Table};

/// Every table of the books. A test compares this list with the tables.
pub const BOOKS_TABLES: &[Table] = &[
    Table::new(
        "books_entries",
        1,
        &[
            Column::integer("id"),
            Column::text("account"),
            Column::text("environment"),
            Column::text("reference"),
            Column::text("operation"),
            Column::text("authorization"),
            Column::integer("minor"),
            Column::text("currency"),
            Column::text("original"),
            Column::text("card"),
            Column::text("avs_result"),
            Column::text("cv2_result"),
            Column::text("at"),
            Column::text("answer"),
        ],
    )
    .named("entries", "books_entries")
    .numbered(),
    Table::new(
        "books_authorizations",
        3,
        &[
            Column::text("account"),
            Column::text("environment"),
            Column::text("reference"),
            Column::text("card"),
            Column::text("outcome"),
            Column::text("auth_code"),
            Column::text("currency"),
            Column::integer("at_once"),
            Column::integer("authorized"),
            Column::integer("captured"),
            Column::integer("released"),
            Column::integer("refunded"),
            Column::integer("reversed"),
        ],
    )
    .named("authorizations", "books_authorizations"),
    Table::new(
        "books_challenges",
        1,
        &[
            Column::text("payload"),
            Column::text("account"),
            Column::text("environment"),
            Column::text("reference"),
            Column::text("outcome"),
            Column::text("funding"),
            Column::text("forced"),
            Column::integer("tries_left"),
            Column::text("result"),
            Column::text("proof"),
        ],
    )
    .named("challenges", "books_challenges"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_of_every_table_is_taken_along() {
        let folder = tempfile::tempdir().expect("a folder");
        let books = super::super::file::open(&folder.path().join("books.db")).expect("opens");
        let columns =
            "SELECT s.name || '.' || c.name FROM sqlite_schema s, pragma_table_info(s.name) c
                       WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite_%'";
        let mut there: Vec<String> = books
            .prepare(columns)
            .and_then(|mut found| found.query_map((), |row| row.get(0))?.collect())
            .expect("columns");
        let of = |table: &Table| {
            let name = table.sqlite;
            let column = move |c: &Column| format!("{name}.{}", c.name);
            table.columns.iter().map(column).collect::<Vec<_>>()
        };
        let mut taken: Vec<String> = BOOKS_TABLES.iter().flat_map(of).collect();
        there.sort();
        taken.sort();
        assert_eq!(taken, there);
    }
}
