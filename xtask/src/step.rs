//! Running other programs, and telling how it went.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}

/// Where builds go.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Cargo, as it was called.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// The workspace as it is built for tests: everything, with all optional features.
/// The same for every task, else dependencies are compiled again.
pub const WHOLE: [&str; 3] = ["--workspace", "--features", "tatami/otlp,tatami-tests/otlp"];

/// Whether a program can be found.
pub fn there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Runs a command.
///
/// # Errors
/// If it cannot be started or fails.
pub fn run(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{shown}: {status}")),
        Err(error) => Err(format!("{shown}: {error}")),
    }
}

/// Installs packages of Debian.
///
/// # Errors
/// If that fails.
pub fn install(packages: &[&str]) -> Result<(), String> {
    run(Command::new("apt-get").arg("update"))?;
    run(Command::new("apt-get")
        .args(["install", "--yes", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive"))
}

/// How many lines of a panic are shown again.
const OF_A_PANIC: usize = 4;

/// Runs a command that tests something. What it says of tests that fail is said
/// again in the error: the last lines of a long run are all that many see of it.
///
/// # Errors
/// If it cannot be started or fails.
pub fn run_tests(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    let failed = |error: std::io::Error| format!("{shown}: {error}");
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
    let mut failures = Vec::new();
    if let Some(output) = child.stdout.take() {
        let mut output = BufReader::new(output);
        let (mut line, mut follow) = (Vec::new(), 0);
        while output.read_until(b'\n', &mut line).map_err(failed)? > 0 {
            std::io::stdout().write_all(&line).map_err(failed)?;
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end();
            if is_of_failure(text) {
                failures.push(text.trim().to_owned());
                follow = if text.contains("panicked at") {
                    OF_A_PANIC
                } else {
                    0
                };
            } else if follow > 0 {
                failures.push(format!("    {text}"));
                follow -= 1;
            }
            line.clear();
        }
    }
    let status = child.wait().map_err(failed)?;
    if status.success() {
        return Ok(());
    }
    failures.insert(0, format!("{shown}: {status}"));
    Err(failures.join("\n    "))
}

/// Whether a test harness, Rust's or Node's, names a failure in a line.
fn is_of_failure(line: &str) -> bool {
    let of_rust = line.starts_with("test ") && line.ends_with("FAILED");
    of_rust || line.contains("panicked at") || line.trim_start().starts_with("not ok ")
}

/// Steps one after another, all of them, and a summary at the end.
#[derive(Default)]
pub struct Steps(Vec<(String, Result<(), String>, Duration)>);

impl Steps {
    /// Runs a step. Whether it succeeded.
    pub fn step(&mut self, name: &str, work: impl FnOnce() -> Result<(), String>) -> bool {
        println!("\n=== {name}");
        let started = Instant::now();
        let outcome = work();
        if let Err(why) = &outcome {
            eprintln!("{why}");
        }
        let good = outcome.is_ok();
        self.0.push((name.to_owned(), outcome, started.elapsed()));
        good
    }

    /// Prints how every step went.
    ///
    /// # Errors
    /// If one failed, with the names of all that did.
    pub fn summary(self) -> Result<(), String> {
        println!("\n=== summary");
        let mut failed = Vec::new();
        for (name, outcome, took) in self.0 {
            let word = if outcome.is_ok() { "ok" } else { "FAILED" };
            println!("{word:>6}  {:>6.1} s  {name}", took.as_secs_f64());
            if let Err(why) = outcome {
                println!("        {}", why.replace('\n', "\n        "));
                failed.push(name);
            }
        }
        if failed.is_empty() {
            Ok(())
        } else {
            Err(failed.join(", "))
        }
    }
}
