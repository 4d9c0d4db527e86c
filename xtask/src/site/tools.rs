//! What samples are run with, as far as it is missing.

use std::path::Path;
use std::process::Command;

use super::languages::{compiler, parsers};
use crate::step::{self, root, there};

/// The package of a sample in Rust. The versions are those that samples name.
const PACKAGE: &str = "[package]
name = \"page\"
version = \"0.0.0\"
edition = \"2024\"

[[bin]]
name = \"page\"
path = \"page.rs\"

[dependencies]
hex = \"0.4\"
hmac = \"0.12\"
serde_json = \"1\"
sha2 = \"0.10\"
ureq = { version = \"3\", features = [\"json\"] }
uuid = { version = \"1\", features = [\"v4\"] }

# No part of the workspace that it is in.
[workspace]
";

/// Installs what reads answers, PHP, and a parser of C#.
///
/// # Errors
/// If that fails.
pub fn tools() -> Result<(), String> {
    let missing: Vec<&str> = [("jq", "jq"), ("php", "php-cli")]
        .into_iter()
        .filter(|(program, _)| !there(program))
        .map(|(_, package)| package)
        .collect();
    if !missing.is_empty() {
        step::install(&missing)?;
    }
    if parsers().join("tree_sitter_c_sharp").exists() {
        return Ok(());
    }
    step::run(
        Command::new("python3")
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args(["--only-binary", ":all:", "--target"])
            .arg(parsers())
            .arg("--requirement")
            .arg(root().join("xtask/requirements.txt")),
    )
}

/// Makes a folder a package of Rust, and compiles what samples need.
///
/// # Errors
/// If that fails.
pub fn prepare(folder: &Path) -> Result<(), String> {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    write("Cargo.toml", PACKAGE)?;
    write("page.rs", "fn main() {}\n")?;
    step::run(compiler(&["build", "--quiet"]).current_dir(folder))
}
