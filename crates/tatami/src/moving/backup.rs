//! `tatami backup`: a folder with the database as it was at one moment.

use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tatami_transfer::{Snapshot, copy};

use super::files::{self, Listed};
use super::{key_of, token};
use crate::Fault;
use crate::config::Home;
use crate::folder::{KEY, STATE, VAULT};
use crate::vault;

/// The file that says what a backup is made of; without it there is none.
pub const LIST: &str = "backup.json";
pub const FORMAT: &str = "tatami-backup";
pub const VERSION: u32 = 1;

/// What a backup is made of.
#[derive(Serialize, Deserialize)]
pub struct List {
    pub format: String,
    pub version: u32,
    /// What knows the key that the copy's secrets are sealed with.
    pub key: String,
    pub files: Vec<Listed>,
}

/// `tatami backup`, beside a serving program or not.
///
/// # Errors
/// With a sentence for the operator; then nothing has been made.
pub fn backup(home: &Home, to: &Path, with_key: bool) -> Result<(), Fault> {
    if home.database.is_some() {
        return Err(Fault(
            "this installation's data is in PostgreSQL: copy it with PostgreSQL's own tools \
             (pg_dump, or a base backup), or take it along with `tatami export`."
                .to_owned(),
        ));
    }
    let state = home.data.join(STATE);
    if !state.try_exists()? {
        return Err(Fault(format!(
            "there is no database in {}.",
            home.data.display()
        )));
    }
    files::must_be_new(to)?;
    let key = key_of(home)?;
    let unfinished = files::unfinished(to)?;
    files::create_folder(&unfinished)?;
    let made = || -> Result<List, Fault> {
        let mut names = vec![STATE];
        copy(Snapshot::of(&state)?.connection(), &unfinished.join(STATE))?;
        if with_key {
            let mut file = files::create(&unfinished.join(KEY))?;
            file.write_all(key.text().as_bytes())?;
            file.sync_all()?;
            names.push(KEY);
            if let Some(keys) = vault::text_at_hand(home)? {
                let mut file = files::create(&unfinished.join(VAULT))?;
                file.write_all(keys.as_bytes())?;
                file.sync_all()?;
                names.push(VAULT);
            }
        }
        let listed = names.iter().map(|name| files::list(&unfinished.join(name)));
        let list = List {
            format: FORMAT.to_owned(),
            version: VERSION,
            key: token(&key),
            files: listed.collect::<Result<_, _>>()?,
        };
        let mut file = files::create(&unfinished.join(LIST))?;
        file.write_all(&serde_json::to_vec_pretty(&list)?)?;
        file.sync_all()?;
        files::sync_folder(&unfinished)?;
        files::finish(&unfinished, to)?;
        Ok(list)
    };
    match made() {
        Ok(list) => {
            for file in list.files {
                println!("{}  {} bytes", file.name, file.bytes);
            }
            if !with_key {
                eprintln!(
                    "The backup does not contain the installation key and the vault keys, and is \
                     useless without them. Keep the keys in another place."
                );
            }
            Ok(())
        }
        Err(fault) => {
            // What cannot be removed is not mistaken for a backup: it has another name.
            let _ = std::fs::remove_dir_all(&unfinished);
            Err(fault)
        }
    }
}
