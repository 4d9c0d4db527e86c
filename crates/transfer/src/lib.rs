//! Taking an installation's data elsewhere: copies of its SQLite files while it
//! is served, and a file that carries every row from one kind of database to
//! the other.
//!
//! Nothing here knows what the rows mean. The owner of tables describes them
//! ([`Table`]), and a table that is added later is a line more in its owner's
//! list.

mod copy;
mod error;
mod file;
mod postgres;
mod snapshot;
mod sqlite;
mod table;

pub use copy::copy;
pub use error::TransferError;
pub use file::{FORMAT, FORMAT_VERSION, Header, Item, Reader, Writer};
pub use snapshot::Snapshot;
pub use table::{Column, Kind, Table, Value};

/// An open database, with nothing else under way on its connection.
#[derive(Clone, Copy)]
pub enum Database<'a> {
    /// A SQLite file.
    Sqlite(&'a rusqlite::Connection),
    /// A PostgreSQL database.
    Postgres(&'a tokio_postgres::Client),
}

impl Database<'_> {
    /// Begins a transaction that reads one moment's state, however long it
    /// takes.
    pub async fn begin_reading(&self) -> Result<(), TransferError> {
        match self {
            Self::Sqlite(db) => sqlite::begin_reading(db),
            Self::Postgres(db) => postgres::begin_reading(db).await,
        }
    }

    /// Begins the one transaction that an import is.
    pub async fn begin_writing(&self) -> Result<(), TransferError> {
        match self {
            Self::Sqlite(db) => sqlite::begin_writing(db),
            Self::Postgres(db) => postgres::begin_writing(db).await,
        }
    }

    /// Makes an import durable, after which new rows are numbered from behind
    /// those that came.
    ///
    /// # Errors
    /// If the database fails; then nothing was imported.
    pub async fn commit(&self, tables: &[Table]) -> Result<(), TransferError> {
        match self {
            Self::Sqlite(db) => sqlite::commit(db),
            Self::Postgres(db) => postgres::commit(db, tables).await,
        }
    }

    /// Writes the rows of a table to a file, in the order of its key.
    ///
    /// # Errors
    /// If the database or the file fails.
    pub async fn export<W: std::io::Write>(
        &self,
        table: &Table,
        to: &mut Writer<W>,
    ) -> Result<(), TransferError> {
        to.table(table)?;
        match self {
            Self::Sqlite(db) => sqlite::export(db, table, to),
            Self::Postgres(db) => postgres::export(db, table, to).await,
        }
    }

    /// Reads the rows that follow in a file into a table. What came after them
    /// is given back.
    ///
    /// # Errors
    /// If the database or the file fails, or a row is not of the table's form.
    pub async fn import<R: std::io::BufRead>(
        &self,
        table: &Table,
        from: &mut Reader<R>,
    ) -> Result<Item, TransferError> {
        match self {
            Self::Sqlite(db) => sqlite::import(db, table, from),
            Self::Postgres(db) => postgres::import(db, table, from).await,
        }
    }

    /// The first of the tables that has rows.
    pub async fn first_filled<'t>(
        &self,
        tables: &'t [Table],
    ) -> Result<Option<&'t Table>, TransferError> {
        for table in tables {
            let filled = match self {
                Self::Sqlite(db) => sqlite::is_filled(db, table)?,
                Self::Postgres(db) => postgres::is_filled(db, table).await?,
            };
            if filled {
                return Ok(Some(table));
            }
        }
        Ok(None)
    }
}
