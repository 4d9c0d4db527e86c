//! Lists the pages under `docs/site`, so that a new file is a new page.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let root = here.join("../..").canonicalize()?;
    let site = root.join("docs/site");
    println!("cargo:rerun-if-changed={}", site.display());
    let mut files = Vec::new();
    find(&site, &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for file in files {
        let text = fs::read_to_string(&file)?;
        let included = text.lines().find_map(|line| line.strip_prefix("include: "));
        let included = match included {
            Some(path) => format!("Some(include_str!({:?}))", root.join(path)),
            None => "None".to_owned(),
        };
        let name = file.strip_prefix(&root).unwrap_or(&file);
        let line = format!("    ({name:?}, include_str!({file:?}), {included}),\n");
        list.write_str(&line).map_err(io::Error::other)?;
    }
    list.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("sources.rs"), list)
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
    Ok(())
}
