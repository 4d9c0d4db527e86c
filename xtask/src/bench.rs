//! `cargo xtask bench`: how fast the program is.

use std::process::Command;

use crate::step::{cargo, run, target};

/// Builds the program as it is shipped and measures it, beside an older build if
/// `--old PROGRAM` names one. The arguments are the benchmark's own:
/// `cargo xtask bench --help` lists them.
///
/// # Errors
/// If something does not build, or could not be measured.
pub fn run_with(arguments: impl Iterator<Item = String>) -> Result<(), String> {
    run(&mut cargo(&[
        "build",
        "--profile",
        "dist",
        "--package",
        "tatami",
        "--package",
        "tatami-bench",
    ]))?;
    // The usual folder for temporary files may be memory: nothing would be durable.
    let data = target().join("bench");
    std::fs::create_dir_all(&data).map_err(|e| format!("{}: {e}", data.display()))?;
    let built = |name: &str| {
        let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        target().join("dist").join(name)
    };
    run(Command::new(built("tatami-bench"))
        .env("TMPDIR", data)
        .arg("--new")
        .arg(built("tatami"))
        .args(arguments))
}
