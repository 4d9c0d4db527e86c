//! `cargo xtask bench`: how fast the program is.

use std::process::Command;

use crate::step::{cargo, run, target};

/// Builds the program and the harness in release and measures. The arguments
/// are the harness's own: `cargo xtask bench --help` tells them. With `recover`
/// first it kills the program, and measures how soon it answers again; with
/// `overload` it asks for twice of what can be served, of any operation and on either
/// database.
///
/// # Errors
/// If something does not build, or a server answers wrongly.
pub fn run_with(arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let mut arguments = arguments.peekable();
    let task = arguments.next_if(|word| ["recover", "overload"].contains(&word.as_str()));
    let task = task.unwrap_or_else(|| "run".to_owned());
    let release = target().join("release");
    run(&mut cargo(&[
        "build",
        "--release",
        "--package",
        "tatami",
        "--package",
        "tatami-bench",
    ]))?;
    // Where temporary files usually are may be memory: nothing would be durable.
    let data = target().join("bench");
    std::fs::create_dir_all(&data).map_err(|e| format!("{}: {e}", data.display()))?;
    let program = |name: &str| release.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    run(Command::new(program("tatami-bench"))
        .env("TMPDIR", data)
        .args([task.as_str(), "--program"])
        .arg(program("tatami"))
        .args(arguments))
}
