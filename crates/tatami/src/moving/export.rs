//! `tatami export`: every row of an installation, as one file.

use std::io::{BufWriter, Write};
use std::path::Path;

use tatami_acquirer::{BOOKS_TABLES, books_version, open_books, open_shared_books};
use tatami_store::{PostgresStore, SqliteStore, TABLES, schema};
use tatami_transfer::{Cut, Database, FORMAT, FORMAT_VERSION, Header, Table, Writer};

use super::{files, key_of, token};
use crate::Fault;
use crate::config::Home;
use crate::folder::{BOOKS, STATE};

const BUFFER_BYTES: usize = 256 * 1024;

/// `tatami export`, beside a serving program or not.
///
/// # Errors
/// With the sentence to tell; then no file has been made.
pub async fn export(home: &Home, to: &Path) -> Result<(), Fault> {
    if to == Path::new("-") {
        let out = BufWriter::with_capacity(BUFFER_BYTES, std::io::stdout());
        return write(home, out).await.map(|_| ());
    }
    files::must_be_new(to)?;
    let unfinished = files::unfinished(to)?;
    let made = async {
        let file = BufWriter::with_capacity(BUFFER_BYTES, files::create(&unfinished)?);
        let (file, rows) = write(home, file).await?;
        let file = file.into_inner().map_err(|error| error.into_error())?;
        file.sync_all()?;
        files::finish(&unfinished, to)?;
        println!("exported {rows} rows");
        eprintln!(
            "The export does not contain the installation key and the vault keys, and is useless without them."
        );
        Ok(())
    };
    let made = made.await;
    if made.is_err() {
        // What cannot be removed has another name than what was asked for.
        let _ = std::fs::remove_file(&unfinished);
    }
    made
}

/// Writes everything as it is at one moment.
async fn write<W: Write>(home: &Home, to: W) -> Result<(W, u64), Fault> {
    let key = token(&key_of(home)?);
    if let Some(url) = &home.database {
        let db = PostgresStore::connection(url).await?;
        open_shared_books(&db).await?;
        let db = Database::Postgres(&db);
        db.begin_reading().await?;
        let mut to = Writer::begin(to, &header(key, true))?;
        rows(db, TABLES, &mut to).await?;
        rows(db, BOOKS_TABLES, &mut to).await?;
        return Ok(to.end()?);
    }
    let (state, books) = (home.data.join(STATE), home.data.join(BOOKS));
    if !state.try_exists()? {
        return Err(Fault(format!(
            "there is no database in {}.",
            home.data.display()
        )));
    }
    let books = books.try_exists()?.then_some(books.as_path());
    // Opening brings the tables up to date.
    drop(SqliteStore::connection(&state)?);
    if let Some(books) = books {
        drop(open_books(books)?);
    }
    let cut = Cut::through(&state, books)?;
    let mut to = Writer::begin(to, &header(key, books.is_some()))?;
    let state = Database::Sqlite(cut.state.connection());
    state.begin_reading().await?;
    rows(state, TABLES, &mut to).await?;
    if let Some(books) = &cut.books {
        let books = Database::Sqlite(books.connection());
        books.begin_reading().await?;
        rows(books, BOOKS_TABLES, &mut to).await?;
    }
    Ok(to.end()?)
}

fn header(key: String, has_books: bool) -> Header {
    Header {
        format: FORMAT.to_owned(),
        version: FORMAT_VERSION,
        schema: schema().into_iter().map(str::to_owned).collect(),
        books: has_books.then(books_version),
        key,
    }
}

async fn rows<W: Write>(
    from: Database<'_>,
    tables: &[Table],
    to: &mut Writer<W>,
) -> Result<(), Fault> {
    for table in tables {
        from.export(table, to).await?;
    }
    Ok(())
}
