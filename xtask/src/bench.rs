//! `cargo xtask bench`: how fast the program is.

use std::process::Command;

use crate::step::{cargo, run, target};

/// Builds the program and the harness in release and measures. The arguments
/// are the harness's own: `cargo xtask bench --help` tells them.
///
/// # Errors
/// If something does not build, or a server answers wrongly.
pub fn run_with(arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let release = target().join("release");
    run(&mut cargo(&[
        "build",
        "--release",
        "--package",
        "tatami",
        "--package",
        "tatami-bench",
    ]))?;
    let program = |name: &str| release.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    run(Command::new(program("tatami-bench"))
        .args(["run", "--program"])
        .arg(program("tatami"))
        .args(arguments))
}
