//! `cargo xtask test`: all that must hold.

use std::process::Command;

use tatami_testkit::PostgresCluster;

use crate::checklist;
use crate::findings::{self, FOLDER};
use crate::server::{binary, build};
use crate::shape;
use crate::site;
use crate::spelling;
use crate::step::{self, Steps, WHOLE, cargo, root, target, there};

/// Those of payments, whichever way they end.
const MAIN_BROWSER_TESTS: [&str; 4] = [
    "checkout.test.mjs",
    "choosing.test.mjs",
    "paying.test.mjs",
    "setups.test.mjs",
];
/// Those of components and wallets, and of programs that share a database.
const MORE_BROWSER_TESTS: [&str; 4] = [
    "components.test.mjs",
    "resilience.test.mjs",
    "wallet-page.test.mjs",
    "wallets.test.mjs",
];
/// The main ones among those.
const MAIN_ONES: &str = "--test-name-pattern=\
    (pays|passed) .*light.* at 1280px|declined (card uses|wallet)|answer is lost|\
    3-D Secure .* at 1280px|program that is killed";
const BROWSERS: [&str; 2] = ["chromium", "chromium-browser"];

/// Runs everything and prints a summary.
///
/// # Errors
/// If anything fails, with what did.
pub fn run() -> Result<(), String> {
    let mut steps = Steps::default();
    all(&mut steps);
    steps.summary()
}

fn all(steps: &mut Steps) {
    steps.step("format", || {
        step::run(&mut cargo(&["fmt", "--all", "--check"]))
    });
    steps.step("shape", shape::run);
    steps.step("lints", || {
        let arguments = ["--all-targets", "--", "--deny", "warnings"];
        step::run(cargo(&["clippy"]).args(WHOLE).args(arguments))
    });
    // Built with the tests' own features, so that nothing is compiled twice.
    let built = steps.step("build", build);
    if !built {
        return;
    }
    if !steps.step("PostgreSQL is there", postgres) {
        return;
    }
    let findings = findings::folder();
    let found = findings.clone().unwrap_or_default();
    steps.step("tests", || {
        let mut tests = cargo(&["test", "--no-fail-fast"]);
        let tests = tests.args(WHOLE).env("TATAMI_BIN", binary());
        step::run_tests(tests.env(FOLDER, &found))
    });
    steps.step("go-live checklists", checklist::run);
    steps.step("spelling", spelling::run);
    steps.step("samples of the documentation", || {
        site::tools().and_then(|()| site::run())
    });
    steps.step("the program's tests on PostgreSQL", || {
        // Of the whole workspace again: what was built for it serves here too.
        // Some wait for a killed program's lease to end, so more run at a time.
        step::run_tests(
            cargo(&["test", "--no-fail-fast"])
                .args(WHOLE)
                .args(["--test", "api", "--", "--test-threads=8"])
                .env("TATAMI_BIN", binary())
                .env("TATAMI_TEST_DATABASE", "postgres")
                .env(FOLDER, &found),
        )
    });
    steps.step("answers are as described", || findings::tell(&findings?));
    if steps.step("browser is there", browser) {
        steps.step("browser tests", || {
            step::run_tests(
                Command::new("node")
                    .args(["--test", "--test-concurrency=1"])
                    .current_dir(root().join("tests/browser"))
                    .env("TATAMI_BIN", binary())
                    .env("TATAMI_SCREENSHOTS", target().join("screenshots")),
            )
        });
        steps.step("the main browser tests on PostgreSQL", || {
            let server = PostgresCluster::start();
            let run = |arguments: &[&str]| {
                step::run_tests(
                    Command::new("node")
                        .args(["--test", "--test-concurrency=1"])
                        .args(arguments)
                        .current_dir(root().join("tests/browser"))
                        .env("TATAMI_BIN", binary())
                        .env("TATAMI_BROWSER_POSTGRES", server.url()),
                )
            };
            run(&MAIN_BROWSER_TESTS)?;
            run(&[&[MAIN_ONES][..], &MORE_BROWSER_TESTS].concat())
        });
    }
}

/// Installs the PostgreSQL server that tests start for themselves, if it is
/// missing.
fn postgres() -> Result<(), String> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").is_ok_and(|mut versions| {
        versions.any(|version| version.is_ok_and(|v| v.path().join("bin/initdb").exists()))
    });
    if installed {
        return Ok(());
    }
    step::install(&["postgresql"])
}

/// Installs Chromium, Node.js and what drives the one from the other, as far
/// as they are missing.
fn browser() -> Result<(), String> {
    let mut missing = Vec::new();
    if !BROWSERS.iter().any(|name| there(name)) {
        missing.extend(["chromium", "fonts-liberation"]);
    }
    if !there("npm") {
        missing.extend(["nodejs", "npm"]);
    }
    if !missing.is_empty() {
        step::install(&missing)?;
    }
    let folder = root().join("tests/browser");
    let age = |name: &str| folder.join(name).metadata().and_then(|m| m.modified()).ok();
    // npm writes the second when it has installed what the first names.
    if age("node_modules/.package-lock.json") > age("package-lock.json") {
        return Ok(());
    }
    step::run(
        Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(folder),
    )
}
