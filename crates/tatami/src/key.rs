//! The installation's key: where it comes from, and that it is the one that
//! sealed what is stored.

use tatami_vault::InstallationKey;

use crate::Fault;
use crate::config::Home;
use crate::folder::{Folder, KEY, key_at_hand};
use crate::wiring::entropy;

/// What the token by which a database knows its key is for.
const PURPOSE: &str = "the key of a database";
const CONTENT: &str = "tatami";

/// The key at hand. If there is none, one is made for a database that has none
/// either.
///
/// # Errors
/// If a database has a key that is not at hand, or the key cannot be used.
pub fn choose(home: &Home, folder: &Folder, is_taken: bool) -> Result<InstallationKey, Fault> {
    match (key_at_hand(home)?, is_taken) {
        (Some(key), _) => Ok(key),
        (None, false) => folder.key(home, entropy().as_mut()),
        (None, true) => Err(wrong(
            home,
            "the installation's key that this database was made with is not at hand",
        )),
    }
}

/// A token by which a database knows its key. It tells nothing about the key.
pub fn check(key: &InstallationKey) -> String {
    key.token(PURPOSE, CONTENT)
}

/// Whether a database that keeps this check was made with the key.
///
/// # Errors
/// If not, with the sentence to tell.
pub fn verify(home: &Home, key: &InstallationKey, kept: &str) -> Result<(), Fault> {
    match key.read_token(PURPOSE, kept) {
        Ok(_) => Ok(()),
        Err(_) => Err(wrong(
            home,
            "this database was made with another installation's key",
        )),
    }
}

fn wrong(home: &Home, what: &str) -> Fault {
    Fault(format!(
        "{what}: all programs on one database need the same. Put it into {}, or name it with \
         --installation-key.",
        home.data.join(KEY).display()
    ))
}
