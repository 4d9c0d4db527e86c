//! `tatami backup`, `restore`, `export` and `import`: an installation's data,
//! elsewhere.

mod backup;
mod export;
mod files;
mod import;
mod restore;

use tatami_vault::InstallationKey;

use crate::Fault;
use crate::config::Home;
use crate::folder::{KEY, key_at_hand};

pub use backup::backup;
pub use export::export;
pub use files::sync_folder;
pub use import::import;
pub use restore::restore;

/// What the token that knows a key is for.
const PURPOSE: &str = "the key of a copy";
const CONTENT: &str = "tatami";

/// A token by which a copy knows the key that its secrets are sealed with. It
/// reveals nothing about the key.
fn token(key: &InstallationKey) -> String {
    key.token(PURPOSE, CONTENT)
}

/// The key that seals the secrets of an installation that is copied.
fn key_of(home: &Home) -> Result<InstallationKey, Fault> {
    key_at_hand(home)?.ok_or_else(|| {
        Fault(format!(
            "there is no installation key in {}: pass it with --installation-key.",
            home.data.display()
        ))
    })
}

/// Whether a key is the one of a copy; if not, and nothing was said about that,
/// why to go no further.
fn check(
    key: Option<&InstallationKey>,
    copy: &str,
    home: &Home,
    without_key: bool,
) -> Result<(), Fault> {
    let wrong = match key {
        Some(key) if key.read_token(PURPOSE, copy).is_ok() => return Ok(()),
        Some(_) => "the installation key does not match the copy",
        None => "the copy does not contain the installation key, and none was given",
    };
    let means = format!(
        "{wrong}. Without the right key, webhook secrets, open payment links and stored \
         answers cannot be decrypted"
    );
    if without_key {
        eprintln!("tatami: {means}.");
        return Ok(());
    }
    Err(Fault(format!(
        "{means}. Put the key into {}, pass it with --installation-key, or continue with --without-key.",
        home.data.join(KEY).display()
    )))
}
