//! Where the program under test is.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The program under test: what `TATAMI_BIN` names, else the workspace's own,
/// built once in the profile that the tests were built in.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| match std::env::var_os("TATAMI_BIN") {
        Some(path) => PathBuf::from(path),
        None => build(),
    })
}

fn build() -> PathBuf {
    let tests = std::env::current_exe().expect("a test knows where it is");
    // target/<profile>/deps/<test>
    let profile = tests
        .ancestors()
        .nth(2)
        .expect("tests lie two folders below their profile's");
    let target = profile.parent().expect("profiles lie in the target folder");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet", "--package", "tatami", "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    if cfg!(feature = "otlp") {
        command.args(["--features", "otlp"]);
    }
    if profile.ends_with("release") {
        command.arg("--release");
    }
    let built = command.status().expect("cargo can be started");
    assert!(built.success(), "the program under test does not build");
    profile.join(format!("tatami{}", std::env::consts::EXE_SUFFIX))
}
