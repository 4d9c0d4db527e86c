//! The vault's keys: where they come from, that they are those of what is
//! stored, and how they are changed while the program serves.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tatami_engine::ports::store::Store;
use tatami_vault::{KeyRing, Vault};
use zeroize::Zeroizing;

use crate::Fault;
use crate::cli::{Place, VaultCommand};
use crate::config::Home;
use crate::folder::{Folder, VAULT};
use crate::wiring::{Parts, entropy};

/// How long a request that sealed a card with the former key may take to commit
/// it.
const LAST_WRITES: Duration = Duration::from_secs(1);

/// Opens the vault of a database. Keys are made for a database that has none.
/// `anew` gives up what is in it, if its keys are lost.
///
/// # Errors
/// If the vault's keys are not at hand, or not those of the database.
pub async fn open(
    home: &Home,
    folder: &Folder,
    store: &dyn Store,
    anew: bool,
) -> Result<Vault, Fault> {
    let mut kept = store.vault_key().await?;
    if anew {
        kept = Some(found_anew(home, folder, store, kept).await?);
    }
    let ring = source(home, folder, kept.is_some())?;
    let kept = match kept {
        Some(kept) => kept,
        None => {
            let founded = Vault::found(&ring(), entropy().as_mut());
            store.keep_vault_key(None, &founded).await?
        }
    };
    Vault::open_with(ring, &kept).map_err(|_| {
        wrong(
            home,
            "the saved cards in this database were encrypted with other vault keys",
        )
    })
}

/// Founds the vault of a database whose keys are lost.
async fn found_anew(
    home: &Home,
    folder: &Folder,
    store: &dyn Store,
    kept: Option<String>,
) -> Result<String, Fault> {
    let ring = source(home, folder, false)?;
    let ring_now = ring();
    if let Some(kept) = &kept
        && Vault::open_with(ring, kept).is_ok()
    {
        return Err(Fault(
            "the vault keys are present and valid. No card was deleted.".to_owned(),
        ));
    }
    let founded = Vault::found(&ring_now, entropy().as_mut());
    Ok(store.keep_vault_key(kept.as_deref(), &founded).await?)
}

/// Where the keys are read.
fn source(
    home: &Home,
    folder: &Folder,
    is_taken: bool,
) -> Result<Box<dyn Fn() -> Arc<KeyRing> + Send + Sync>, Fault> {
    if let Some(text) = &home.vault_key {
        let ring = Arc::new(KeyRing::parse(text)?);
        return Ok(Box::new(move || ring.clone()));
    }
    let path = folder.file(VAULT);
    if !path.try_exists()? {
        if is_taken {
            return Err(wrong(
                home,
                "the vault keys of this database were not found",
            ));
        }
        make(&path)?;
    }
    let file = RingFile::open(path)?;
    Ok(Box::new(move || file.ring()))
}

fn wrong(home: &Home, what: &str) -> Fault {
    Fault(format!(
        "{what}: all programs that share a database need the same keys. Put them into {}, or pass them with \
         --vault-key. If they are lost, `tatami vault forget` deletes the saved cards.",
        home.data.join(VAULT).display()
    ))
}

fn make(path: &Path) -> Result<(), Fault> {
    let ring = KeyRing::fresh(entropy().as_mut());
    match write_new(path, &ring) {
        // Another process made it at the same time.
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made.map_err(|e| Fault(format!("{} cannot be written: {e}.", path.display()))),
    }
}

fn write_new(path: &Path, ring: &KeyRing) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(ring.text().as_bytes())?;
    file.sync_all()
}

/// Reads the keys in a file.
///
/// # Errors
/// If it cannot be read, or holds none.
pub fn read(path: &Path) -> Result<KeyRing, Fault> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| Fault(format!("{} cannot be read: {e}.", path.display())))?;
    KeyRing::parse(&Zeroizing::new(text))
        .map_err(|e| Fault(format!("{} is damaged: {e}.", path.display())))
}

/// The keys of an installation as text, for its copies; none if it never had
/// a vault.
///
/// # Errors
/// If they cannot be read.
pub fn text_at_hand(home: &Home) -> Result<Option<Zeroizing<String>>, Fault> {
    if let Some(text) = &home.vault_key {
        return Ok(Some(KeyRing::parse(text)?.text()));
    }
    let path = home.data.join(VAULT);
    match path.try_exists()? {
        true => Ok(Some(read(&path)?.text())),
        false => Ok(None),
    }
}

/// Replaces the file whole: who reads it finds the former keys or the new.
fn replace(path: &Path, ring: &KeyRing) -> Result<(), Fault> {
    let fault = |e: std::io::Error| Fault(format!("{} cannot be written: {e}.", path.display()));
    let beside = path.with_extension(format!("key.{}.partial", std::process::id()));
    write_new(&beside, ring).map_err(fault)?;
    std::fs::rename(&beside, path).map_err(fault)?;
    crate::moving::sync_folder(path.parent().unwrap_or(Path::new(".")))
}

type Stamp = (SystemTime, u64);

fn stamp(path: &Path) -> std::io::Result<Stamp> {
    let about = std::fs::metadata(path)?;
    Ok((about.modified()?, about.len()))
}

/// The keys in a file, read again when the file changes: they can be changed
/// while the program serves.
struct RingFile {
    path: PathBuf,
    read: RwLock<(Stamp, Arc<KeyRing>)>,
}

impl RingFile {
    fn open(path: PathBuf) -> Result<Self, Fault> {
        let read = RwLock::new((stamp(&path)?, Arc::new(read(&path)?)));
        Ok(Self { path, read })
    }

    fn ring(&self) -> Arc<KeyRing> {
        let (known, ring) = {
            let read = self.read.read().unwrap_or_else(PoisonError::into_inner);
            read.clone()
        };
        let Some(now) = stamp(&self.path).ok().filter(|now| *now != known) else {
            return ring;
        };
        match read(&self.path) {
            Ok(anew) => {
                let anew = Arc::new(anew);
                tracing::info!(vault.key = anew.current(), "the vault's keys changed");
                let mut read = self.read.write().unwrap_or_else(PoisonError::into_inner);
                *read = (now, anew.clone());
                anew
            }
            Err(Fault(why)) => {
                tracing::error!(why, "the vault's keys cannot be read; the former are used");
                ring
            }
        }
    }
}

/// `tatami vault …`
pub async fn run(command: VaultCommand, place: Place) -> Result<(), Fault> {
    match command {
        VaultCommand::NewKey => {
            print!("{}", *KeyRing::fresh(entropy().as_mut()).text());
            Ok(())
        }
        VaultCommand::Rotate => rotate(&Home::of(place)?).await,
        VaultCommand::Forget => {
            let engine = Parts::for_admin_with_vault_anew(&Home::of(place)?).await?;
            let gone = engine.saved_cards().forget_all().await;
            let gone = gone.map_err(|failure| Fault(format!("{failure}.")))?;
            println!("{gone} cards deleted");
            Ok(())
        }
    }
}

/// Wraps the keys of all cards with the current key, beside serving programs.
/// An interrupted rotation is gone on with.
async fn rotate(home: &Home) -> Result<(), Fault> {
    let path = home.data.join(VAULT);
    let ring = match &home.vault_key {
        Some(text) => KeyRing::parse(text)?,
        None => read(&path)?,
    };
    let is_alone = ring.old().next().is_none();
    let own_file = home.vault_key.is_none() && home.database.is_none();
    let ring = match (is_alone, own_file) {
        (true, true) => {
            let ring = ring.with_fresh(entropy().as_mut());
            replace(&path, &ring)?;
            ring
        }
        (true, false) => {
            return Err(Fault(
                "the vault has one key. Every program on the database must know the new one \
                 first: put it (`tatami vault new-key` makes one) before the old one into their \
                 files or --vault-key, then rotate."
                    .to_owned(),
            ));
        }
        (false, _) => ring,
    };
    let engine = Parts::for_admin(home).await?;
    let fault = |failure: tatami_engine::Failure| Fault(format!("{failure}."));
    let mut wrapped = engine.saved_cards().rewrap_all().await.map_err(fault)?;
    tokio::time::sleep(LAST_WRITES).await;
    wrapped += engine.saved_cards().rewrap_all().await.map_err(fault)?;
    println!("{wrapped} cards wrapped with key {}", ring.current());
    let old: Vec<&str> = ring.old().collect();
    if own_file {
        replace(&path, &ring.current_alone())?;
        println!("key {} is no longer needed and was removed", old.join(", "));
    } else {
        println!(
            "key {} is no longer needed: remove it from the key files or --vault-key of every program",
            old.join(", ")
        );
    }
    Ok(())
}
