//! `tatami export`: every row of an installation, as one file.

use std::io::{BufWriter, Write};
use std::path::Path;

use tatami_store::{PostgresStore, SqliteStore, TABLES, schema};
use tatami_transfer::{Database, FORMAT, FORMAT_VERSION, Header, Snapshot, Writer};

use super::{files, key_of, token};
use crate::Fault;
use crate::config::Home;
use crate::folder::STATE;

const BUFFER_BYTES: usize = 256 * 1024;

/// `tatami export`, beside a serving program or not.
///
/// # Errors
/// With a sentence for the operator; then no file has been made.
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
        let to = Writer::begin(to, &header(key))?;
        return rows(Database::Postgres(&db), to).await;
    }
    let state = home.data.join(STATE);
    if !state.try_exists()? {
        return Err(Fault(format!(
            "there is no database in {}.",
            home.data.display()
        )));
    }
    // Opening brings the tables up to date.
    drop(SqliteStore::connection(&state)?);
    let snapshot = Snapshot::of(&state)?;
    let to = Writer::begin(to, &header(key))?;
    rows(Database::Sqlite(snapshot.connection()), to).await
}

fn header(key: String) -> Header {
    Header {
        format: FORMAT.to_owned(),
        version: FORMAT_VERSION,
        schema: schema().into_iter().map(str::to_owned).collect(),
        key,
    }
}

async fn rows<W: Write>(from: Database<'_>, mut to: Writer<W>) -> Result<(W, u64), Fault> {
    from.begin_reading().await?;
    for table in TABLES {
        from.export(table, &mut to).await?;
    }
    Ok(to.end()?)
}
