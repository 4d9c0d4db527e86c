//! Files that are there whole and durable, or not at all.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Fault;

/// A file as a copy's list has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

/// Makes a file that only its owner may read.
pub fn create(path: &Path) -> Result<File, Fault> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|e| about(path, "made", &e))
}

/// Makes a folder that only its owner may enter.
pub fn create_folder(path: &Path) -> Result<(), Fault> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|e| about(path, "made", &e))
}

/// A name beside a path, for what is not finished.
pub fn unfinished(path: &Path) -> Result<PathBuf, Fault> {
    let name = path.file_name().ok_or_else(|| {
        Fault(format!(
            "{} does not name a file or folder.",
            path.display()
        ))
    })?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.partial", std::process::id()));
    Ok(path.with_file_name(hidden))
}

/// Refuses a path where something is.
pub fn must_be_new(path: &Path) -> Result<(), Fault> {
    // A link to nowhere is something.
    if path.symlink_metadata().is_ok() {
        return Err(Fault(format!("{} already exists.", path.display())));
    }
    Ok(())
}

/// Gives what is finished its name, durably.
pub fn finish(unfinished: &Path, path: &Path) -> Result<(), Fault> {
    must_be_new(path)?;
    std::fs::rename(unfinished, path).map_err(|e| about(path, "made", &e))?;
    sync_folder(parent(path))
}

/// The folder that a path is in.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Waits until a folder's names are on disk.
pub fn sync_folder(path: &Path) -> Result<(), Fault> {
    #[cfg(unix)]
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|e| about(path, "written", &e))?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// What a list says of a file.
pub fn list(path: &Path) -> Result<Listed, Fault> {
    pour(path, &mut std::io::sink())
}

/// Copies a file, durably, if it is as its list says.
pub fn copy(listed: &Listed, from: &Path, to: &Path) -> Result<(), Fault> {
    let mut file = create(to)?;
    if pour(from, &mut file)? != *listed {
        return Err(Fault(format!(
            "{} is damaged: its checksum does not match the backup.",
            from.display()
        )));
    }
    file.sync_all().map_err(|e| about(to, "written", &e))
}

fn pour(path: &Path, to: &mut impl Write) -> Result<Listed, Fault> {
    let failed = |e: std::io::Error| about(path, "copied", &e);
    let mut from = File::open(path).map_err(|e| about(path, "read", &e))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 128 * 1024];
    let mut bytes = 0;
    loop {
        let read = from.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        to.write_all(&buffer[..read]).map_err(failed)?;
        bytes += read as u64;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hex: String = base16ct::lower::encode_string(&hash.finalize());
    Ok(Listed {
        name: name.into_owned(),
        bytes,
        sha256: hex,
    })
}

/// The sentence of a file that could not be used.
pub fn about(path: &Path, what: &str, error: &std::io::Error) -> Fault {
    Fault(format!("{} cannot be {what}: {error}.", path.display()))
}
