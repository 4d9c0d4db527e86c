//! The installation's key: where it comes from, and that it is the one that
//! sealed what is stored.

use tatami_vault::InstallationKey;

use crate::Fault;
use crate::config::Home;
use crate::folder::{Folder, KEY, VAULT, key_at_hand};
use crate::wiring::entropy;

/// What the token by which a database knows its key is for.
const PURPOSE: &str = "the key of a database";
const CONTENT: &str = "tatami";

/// What a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// New: there is nothing in it.
    Not,
    /// In use, by those who have its key.
    WithKey,
    /// Filled by an import: the first to open it sets the key.
    Imported,
}

/// The key at hand. If there is none, one is made for a database that has none
/// either.
///
/// # Errors
/// If a database has a key that is not at hand, the key cannot be used, or there are
/// keys of an installation whose database is gone.
pub fn choose(home: &Home, folder: &Folder, taken: Taken) -> Result<InstallationKey, Fault> {
    if taken == Taken::Not {
        is_new(home, folder)?;
    }
    match (key_at_hand(home)?, taken) {
        (Some(key), _) => Ok(key),
        (None, Taken::Not | Taken::Imported) => folder.key(home, entropy().as_mut()),
        (None, Taken::WithKey) => Err(wrong(
            home,
            "the installation key of this database was not found",
        )),
    }
}

/// Refuses to begin anew beside the keys of an installation: its database was lost,
/// emptied, or is another one.
fn is_new(home: &Home, folder: &Folder) -> Result<(), Fault> {
    let given = [
        (KEY, home.installation_key.is_some()),
        (VAULT, home.vault_key.is_some()),
    ];
    for (name, is_given) in given {
        let file = folder.file(name);
        if !is_given && file.try_exists()? {
            let (file, is) = (
                file.display(),
                match &home.database {
                    Some(_) => "the database of --database",
                    None => "the folder's database",
                },
            );
            return Err(Fault(format!(
                "{file} belongs to an installation with data, but {is} is missing or empty. \
                 Restore the database. To start from scratch, move {KEY} and {VAULT} elsewhere \
                 first."
            )));
        }
    }
    Ok(())
}

/// A token by which a database knows its key. It reveals nothing about the key.
pub fn check(key: &InstallationKey) -> String {
    key.token(PURPOSE, CONTENT)
}

/// Whether a database that keeps this check was made with the key.
///
/// # Errors
/// If not, with a sentence for the operator.
pub fn verify(home: &Home, key: &InstallationKey, kept: &str) -> Result<(), Fault> {
    match key.read_token(PURPOSE, kept) {
        Ok(_) => Ok(()),
        Err(_) => Err(wrong(
            home,
            "this database belongs to another installation key",
        )),
    }
}

fn wrong(home: &Home, what: &str) -> Fault {
    Fault(format!(
        "{what}: all programs that share a database need the same key. Put it into {}, or \
         pass it with --installation-key.",
        home.data.join(KEY).display()
    ))
}
