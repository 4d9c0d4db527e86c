//! The data folder: its lock and the installation's key.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use tatami_core::Entropy;
use tatami_vault::InstallationKey;
use zeroize::Zeroizing;

use crate::Fault;
use crate::config::Home;

/// An installation's data folder.
pub struct Folder(PathBuf);

impl Folder {
    /// The folder, made if it is not there.
    ///
    /// # Errors
    /// If it cannot be made or written to.
    pub fn open(home: &Home) -> Result<Self, Fault> {
        let path = home.data.clone();
        let fault = |e: std::io::Error| {
            Fault(format!(
                "the data folder {} cannot be written to: {e}.",
                path.display()
            ))
        };
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).map_err(fault)?;
        for_owner()
            .create(true)
            .append(true)
            .open(path.join(LOCK))
            .map_err(fault)?;
        close(&path)?;
        Ok(Self(path))
    }

    /// The file of a database, made if it is not there, so that others cannot read it.
    /// SQLite makes the files beside it as it is.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn database(&self, name: &str) -> Result<PathBuf, Fault> {
        let path = self.file(name);
        let made = for_owner().create(true).append(true).open(&path);
        made.map_err(|e| Fault(format!("{} cannot be written: {e}.", path.display())))?;
        Ok(path)
    }

    /// Holds the folder for one serving process, as long as the file lives.
    ///
    /// # Errors
    /// If another process serves it.
    pub fn lock(&self) -> Result<File, Fault> {
        let file = OpenOptions::new().append(true).open(self.0.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(Fault(format!(
                "the data folder {} is in use by another tatami program.",
                self.0.display()
            ))),
            Err(TryLockError::Error(e)) => Err(Fault(format!(
                "the data folder {} cannot be locked: {e}.",
                self.0.display()
            ))),
        }
    }

    /// A file of the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The installation's key: the configured one, else the folder's, made with
    /// tight permissions if it is not there.
    ///
    /// # Errors
    /// If the key is not one, or its file cannot be used.
    pub fn key(&self, home: &Home, entropy: &mut dyn Entropy) -> Result<InstallationKey, Fault> {
        if let Some(text) = &home.installation_key {
            return Ok(InstallationKey::parse(text)?);
        }
        let path = self.file(KEY);
        match write_new(&path, entropy) {
            Ok(key) => Ok(key),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => read_key(&path),
            Err(e) => Err(Fault(format!("{} cannot be written: {e}.", path.display()))),
        }
    }
}

const LOCK: &str = "lock";
/// The file of the state, where that is SQLite.
pub const STATE: &str = "tatami.db";
/// The file of the request log, where the state is SQLite.
pub const REQUESTS: &str = "requests.db";
/// The file of the installation's key.
pub const KEY: &str = "installation.key";

/// The file of the vault's keys.
pub const VAULT: &str = "vault.key";

/// The installation's key if there is one, configured or in its folder.
///
/// # Errors
/// If the key is not one, or its file cannot be read.
pub fn key_at_hand(home: &Home) -> Result<Option<InstallationKey>, Fault> {
    if let Some(text) = &home.installation_key {
        return Ok(Some(InstallationKey::parse(text)?));
    }
    let path = home.data.join(KEY);
    if !path.try_exists()? {
        return Ok(None);
    }
    read_key(&path).map(Some)
}

/// Reads the key in a file.
///
/// # Errors
/// If it cannot be read or is not one.
pub fn read_key(path: &Path) -> Result<InstallationKey, Fault> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| Fault(format!("{} cannot be read: {e}.", path.display())))?;
    let text = Zeroizing::new(text);
    InstallationKey::parse(&text).map_err(|e| Fault(format!("{} is damaged: {e}.", path.display())))
}

/// Opens files so that one that is made is its owner's alone.
fn for_owner() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Takes away what others may do with a folder that was there before, and with our
/// files in it. A folder that holds more than ours stays as open as it is.
#[cfg(unix)]
fn close(folder: &Path) -> Result<(), Fault> {
    let mut holds_others = false;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        match name.to_str().is_some_and(is_ours) {
            true => close_one(&entry.path(), 0o600)?,
            false => holds_others = true,
        }
    }
    if !holds_others && let Err(Fault(why)) = close_one(folder, 0o700) {
        // It may belong to another user, as mounted ones do. Its files are not.
        tracing::warn!(why, "the data folder stays open to others");
    }
    Ok(())
}

#[cfg(not(unix))]
fn close(_: &Path) -> Result<(), Fault> {
    Ok(())
}

#[cfg(unix)]
fn close_one(path: &Path, mode: u32) -> Result<(), Fault> {
    use std::os::unix::fs::PermissionsExt as _;
    // What is beside a database may be gone by now.
    let Ok(about) = std::fs::symlink_metadata(path) else {
        return Ok(());
    };
    let open = about.permissions().mode() & 0o077 != 0;
    if about.is_symlink() || !open {
        return Ok(());
    }
    match std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(Fault(format!(
            "{} can be read by others, and its permissions cannot be changed: {e}. Restrict it to its owner.",
            path.display()
        ))),
        _ => Ok(()),
    }
}

/// Whether a file of the data folder is the program's.
fn is_ours(name: &str) -> bool {
    let databases = [STATE, REQUESTS];
    let beside = |end: &str| {
        let mut databases = databases.iter();
        databases.any(|database| name.strip_prefix(database) == Some(end))
    };
    [LOCK, KEY, VAULT].contains(&name) || ["", "-wal", "-shm", "-journal"].into_iter().any(beside)
}

fn write_new(path: &Path, entropy: &mut dyn Entropy) -> std::io::Result<InstallationKey> {
    let mut file = for_owner().write(true).create_new(true).open(path)?;
    let mut bytes = Zeroizing::new([0; 32]);
    entropy.fill(&mut *bytes);
    let key = InstallationKey::new(*bytes);
    file.write_all(key.text().as_bytes())?;
    file.sync_all()?;
    Ok(key)
}
