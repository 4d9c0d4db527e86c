//! `tatami restore`: a backup, put into a data folder that no server uses.
//!
//! Everything is copied, checked and brought up to date under other names
//! first. The state is put in its place last: a folder without one is empty.

use std::path::{Path, PathBuf};

use tatami_store::SqliteStore;

use super::backup::{FORMAT, LIST, List, VERSION};
use super::{check, files};
use crate::Fault;
use crate::config::Home;
use crate::folder::{Folder, KEY, STATE, VAULT, key_at_hand, read_key};

/// What SQLite keeps beside a database.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// `tatami restore`.
///
/// # Errors
/// With a sentence for the operator; then the folder is as it was.
pub fn restore(home: &Home, from: &Path, replace: bool, without_key: bool) -> Result<(), Fault> {
    if home.database.is_some() {
        return Err(Fault(
            "a backup is restored into a data folder; to take it to PostgreSQL, restore it into \
             an empty folder, export that and import the export."
                .to_owned(),
        ));
    }
    let list = read_list(from)?;
    let key = match list.files.iter().any(|file| file.name == KEY) {
        true => Some(read_key(&from.join(KEY))?),
        false => key_at_hand(home)?,
    };
    check(key.as_ref(), &list.key, home, without_key)?;
    let folder = Folder::open(home)?;
    let _lock = folder.lock()?;
    let in_the_way = in_the_way(&folder, &list)?;
    if let (Some(path), false) = (in_the_way.first(), replace) {
        return Err(Fault(format!(
            "{} already exists. Use --replace to move it aside.",
            path.display()
        )));
    }
    let unfinished = files::unfinished(&folder.file("restore"))?;
    files::create_folder(&unfinished)?;
    let placed = bring(&list, from, &unfinished, without_key)
        .and_then(|()| move_aside(&folder, &in_the_way))
        .and_then(|()| place(&list, &unfinished, &folder));
    // It is empty, or what is in it is still in the backup.
    let _ = std::fs::remove_dir_all(&unfinished);
    placed?;
    for file in &list.files {
        println!("restored {}", folder.file(&file.name).display());
    }
    Ok(())
}

fn read_list(from: &Path) -> Result<List, Fault> {
    let path = from.join(LIST);
    let text = std::fs::read(&path)
        .map_err(|e| Fault(format!("{} is not a backup: {LIST}: {e}.", from.display())))?;
    let list: List = serde_json::from_slice(&text)
        .map_err(|e| Fault(format!("{} is damaged: {e}.", path.display())))?;
    if list.format != FORMAT {
        return Err(Fault(format!("{} is not a backup.", from.display())));
    }
    if list.version != VERSION {
        return Err(Fault(format!(
            "the backup has format version {}, but this program reads version {VERSION}.",
            list.version
        )));
    }
    let known = |name: &str| [STATE, KEY, VAULT].contains(&name);
    if !list.files.iter().all(|file| known(&file.name)) {
        return Err(Fault("the backup lists an unknown file.".to_owned()));
    }
    Ok(list)
}

/// The files that a restored one would be mixed up with.
fn in_the_way(folder: &Folder, list: &List) -> Result<Vec<PathBuf>, Fault> {
    let mut found = Vec::new();
    for end in BESIDE.iter().chain(&[""]) {
        let path = folder.file(&format!("{STATE}{end}"));
        if path.try_exists()? {
            found.push(path);
        }
    }
    for name in [KEY, VAULT] {
        let key = folder.file(name);
        if list.files.iter().any(|file| file.name == name) && key.try_exists()? {
            found.push(key);
        }
    }
    Ok(found)
}

/// Copies the files and brings their schema up to date.
fn bring(list: &List, from: &Path, to: &Path, without_key: bool) -> Result<(), Fault> {
    for file in &list.files {
        let path = to.join(&file.name);
        files::copy(file, &from.join(&file.name), &path)?;
        if file.name != STATE {
            continue;
        }
        let state = SqliteStore::connection(&path)?;
        if without_key {
            // Whichever key comes next is the installation's.
            SqliteStore::forget_key_check(&state)?;
        }
        state.close().map_err(|(_, error)| error)?;
    }
    files::sync_folder(to)
}

/// Moves what is there into a folder of its own, the state first: what is left
/// by an interruption is no installation.
fn move_aside(folder: &Folder, paths: &[PathBuf]) -> Result<(), Fault> {
    if paths.is_empty() {
        return Ok(());
    }
    let number = (1..).find(|n| !folder.file(&format!("replaced-{n}")).exists());
    let replaced = folder.file(&format!("replaced-{}", number.unwrap_or(1_u32)));
    files::create_folder(&replaced)?;
    for path in paths {
        let name = path.file_name().unwrap_or_default();
        std::fs::rename(path, replaced.join(name)).map_err(|e| files::about(path, "moved", &e))?;
    }
    files::sync_folder(&replaced)?;
    files::sync_folder(&folder.file(""))?;
    eprintln!("The previous data is now in {}.", replaced.display());
    Ok(())
}

/// Gives the files their names, the state last.
fn place(list: &List, from: &Path, folder: &Folder) -> Result<(), Fault> {
    for name in [KEY, VAULT, STATE] {
        if list.files.iter().any(|file| file.name == name) {
            files::finish(&from.join(name), &folder.file(name))?;
        }
    }
    Ok(())
}
