//! Project tasks: everything that CI runs, and nothing that it does not.
//!
//! - `cargo xtask test`: format, lints, all tests, and a browser that pays.
//! - `cargo xtask shape`: methods of a type, and circles of files; part of `test`.
//! - `cargo xtask spelling`: the words that people read; part of `test`, and needs
//!   a program that is built already.
//! - `cargo xtask bench`: how fast the program is, with `--old PROGRAM` beside an
//!   older build of it (docs/performance.md). `--quick` for a first impression.
//! - `cargo xtask contract`: the API's description against the published one.
//! - `cargo xtask samples`: the samples of the documentation (docs/site) and the
//!   published ones against a local server; `--site` runs the first with a program that
//!   is built already.
//!
//! The contract and the published samples need the published material beside the
//! repository (or where `TATAMI_PUBLISHED` says) and are skipped without it.

mod bench;
mod checklist;
mod contract;
mod curl;
mod findings;
mod imports;
mod published;
mod samples;
mod server;
mod shape;
mod site;
mod spelling;
mod step;
mod test;

use std::process::ExitCode;

use server::build;

fn main() -> ExitCode {
    let task = std::env::args().nth(1).unwrap_or_default();
    let done = match task.as_str() {
        "test" => test::run(),
        "bench" => bench::run_with(std::env::args().skip(2)),
        "shape" => shape::run(),
        "spelling" => spelling::run(),
        "contract" => contract::run(),
        "samples" => match std::env::args().nth(2).as_deref() {
            Some("--site") => site::tools().and_then(|()| site::run()),
            _ => build()
                .and_then(|()| site::tools())
                .and_then(|()| site::run())
                .and_then(|()| samples::run()),
        },
        _ => Err(
            "usage: cargo xtask test | shape | spelling | bench | contract | samples".to_owned(),
        ),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("\nFAILED: {why}");
            ExitCode::FAILURE
        }
    }
}
