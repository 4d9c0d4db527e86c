//! `tatami import`: an export, read into empty databases.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use tatami_store::{PostgresStore, SqliteStore, TABLES, schema};
use tatami_transfer::{Database, Header, Item, Reader, Table};

use super::{check, files};
use crate::Fault;
use crate::config::Home;
use crate::folder::{Folder, STATE, key_at_hand};

const BUFFER_BYTES: usize = 256 * 1024;

/// `tatami import`.
///
/// # Errors
/// With a sentence for the operator; then nothing has been imported.
pub async fn import(home: &Home, from: &Path, without_key: bool) -> Result<(), Fault> {
    let rows = if from == Path::new("-") {
        read(home, std::io::stdin().lock(), without_key).await?
    } else {
        let file = File::open(from).map_err(|e| files::about(from, "read", &e))?;
        let file = BufReader::with_capacity(BUFFER_BYTES, file);
        read(home, file, without_key).await?
    };
    println!("imported {rows} rows");
    Ok(())
}

async fn read(home: &Home, from: impl BufRead, without_key: bool) -> Result<u64, Fault> {
    let (mut from, header) = Reader::begin(from)?;
    is_of_this_schema(&header)?;
    check(key_at_hand(home)?.as_ref(), &header.key, home, without_key)?;
    let folder = Folder::open(home)?;
    let _lock = folder.lock()?;
    if let Some(url) = &home.database {
        let db = PostgresStore::connection(url).await?;
        return everything(Database::Postgres(&db), &mut from).await;
    }
    let state = SqliteStore::connection(&folder.file(STATE))?;
    everything(Database::Sqlite(&state), &mut from).await
}

/// A migration may change what rows mean, so only equal schemas go together.
fn is_of_this_schema(header: &Header) -> Result<(), Fault> {
    let known = schema();
    if header.schema == known {
        return Ok(());
    }
    let unknown = |name: &String| !known.contains(&name.as_str());
    let is_newer = header.schema.iter().any(unknown);
    Err(Fault(if is_newer {
        "the export was written by a newer version of Tatami. Import it with that version."
            .to_owned()
    } else {
        "the export was written by an older version of Tatami. Import it with that version, then \
         start this version on the database."
            .to_owned()
    }))
}

async fn everything(database: Database<'_>, from: &mut Reader<impl BufRead>) -> Result<u64, Fault> {
    database.begin_writing().await?;
    if let Some(table) = database.first_filled(TABLES).await? {
        return Err(Fault(format!(
            "the database is not empty: its table {} contains rows.",
            table.name
        )));
    }
    let mut next = from.first()?;
    for table in TABLES {
        is_of(&next, table)?;
        next = database.import(table, from).await?;
    }
    let Item::End(rows) = next else {
        return Err(Fault("the export contains unknown tables.".to_owned()));
    };
    database.commit(TABLES).await?;
    Ok(rows)
}

fn is_of(item: &Item, table: &Table) -> Result<(), Fault> {
    match item {
        Item::Table { name, columns } if name == table.name => Ok(Item::expect(columns, table)?),
        _ => Err(Fault(format!(
            "the export is damaged: its table {} is missing or out of order.",
            table.name
        ))),
    }
}
