//! What keeps the crates easy to find one's way in: no type with too many methods, and
//! no circle of files across folders. Read from the text of the files, as `rustfmt`
//! leaves it.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::imports::circles_across_folders;
use crate::step::root;

/// The most methods that a type may have.
const MOST_METHODS: usize = 25;

/// Crates that have no circle across folders and are to stay so.
const CRATES: [&str; 6] = ["api", "delivery", "engine", "transfer", "vault", "wallets"];

/// Checks them.
///
/// # Errors
/// With what is against the rules.
pub fn run() -> Result<(), String> {
    let mut broken = Vec::new();
    for name in CRATES {
        let source = root().join("crates").join(name).join("src");
        let mut files = BTreeMap::new();
        read(&source, "", &mut files).map_err(|e| format!("{}: {e}", source.display()))?;
        let many = many_methods(&files);
        broken.extend(many.map(|(of, count)| format!("{name}: {of} has {count} methods")));
        let circles = circles_across_folders(&files).into_iter();
        broken.extend(circles.map(|(a, b)| format!("{name}: a circle of {a} and {b}")));
    }
    match broken.is_empty() {
        true => Ok(()),
        false => Err(broken.join("\n")),
    }
}

/// The texts of all Rust files of a folder, tests left out, by their path.
fn read(folder: &Path, at: &str, into: &mut BTreeMap<String, String>) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            read(&path, &format!("{at}{name}/"), into)?;
        } else if name.ends_with(".rs") {
            let text = std::fs::read_to_string(&path)?;
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            into.insert(format!("{at}{name}"), code.to_owned());
        }
    }
    Ok(())
}

/// Types with too many methods of their own, those of traits left out.
fn many_methods(files: &BTreeMap<String, String>) -> impl Iterator<Item = (String, usize)> {
    let mut methods: BTreeMap<String, usize> = BTreeMap::new();
    for text in files.values() {
        let mut of = None;
        for line in text.lines() {
            if line.starts_with("impl") && !line.contains(" for ") {
                of = type_name(line);
            } else if line == "}" {
                of = None;
            } else if let Some(of) = &of
                && is_method(line)
            {
                *methods.entry(of.clone()).or_default() += 1;
            }
        }
    }
    methods.into_iter().filter(|(_, n)| *n > MOST_METHODS)
}

/// Of `impl<T> Name<T> {`, the name.
fn type_name(line: &str) -> Option<String> {
    let rest = line.strip_prefix("impl")?;
    let rest = match rest.strip_prefix('<') {
        Some(generic) => generic.split_once("> ")?.1,
        None => rest,
    };
    let name = rest.trim().split(['<', ' ', '{']).next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn is_method(line: &str) -> bool {
    let line = line.strip_prefix("    ").unwrap_or_default();
    !line.starts_with([' ', '/', '}']) && line.split(' ').take(4).any(|word| word == "fn")
}
