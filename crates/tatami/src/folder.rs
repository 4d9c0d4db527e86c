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
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(path.join(LOCK))
            .map_err(fault)?;
        Ok(Self(path))
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
                "the data folder {} is in use by another Tatami.",
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
/// The file of the sandbox acquirer's books.
pub const BOOKS: &str = "sandbox-acquirer.db";
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

fn write_new(path: &Path, entropy: &mut dyn Entropy) -> std::io::Result<InstallationKey> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let mut bytes = Zeroizing::new([0; 32]);
    entropy.fill(&mut *bytes);
    let key = InstallationKey::new(*bytes);
    file.write_all(key.text().as_bytes())?;
    file.sync_all()?;
    Ok(key)
}
