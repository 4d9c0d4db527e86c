//! `cargo xtask samples`: the published `curl`, Python and shell samples of the
//! operations that are done, with only the host and the ids changed: those are of
//! what the sample is about, in the state that it is about. Keys are sent as they
//! are published; where a sample leaves one out, it is the development account's.

mod curl_line;
mod prepare;
mod python;
mod shell;

use std::path::Path;

use crate::curl::curl;
use crate::published::published;
use crate::server::Server;
use crate::step::run as run_command;
use curl_line::CurlLine;

/// Runs them all.
///
/// # Errors
/// If one is not answered with success, with each that was not.
pub fn run() -> Result<(), String> {
    let Some(docs) = published("docs") else {
        println!("no published samples here: skipped");
        return Ok(());
    };
    let mut passed = 0;
    let mut failed = Vec::new();
    for (page, text) in pages(&docs)? {
        let lines = curl_line::find(&text).into_iter().map(|line| {
            let name = format!("{page}: curl {} {}", line.method(), line.path());
            (name, run_curl(&line))
        });
        let scripts = python::find(&text).into_iter().map(|script| {
            let name = format!("{page}: python {}", script.what());
            (name, run_python(&script))
        });
        let payments = shell::find(&text)
            .into_iter()
            .filter(shell::Script::is_done)
            .map(|script| {
                let name = format!("{page}: bash {}", script.what());
                (name, run_shell(&script))
            });
        for (name, outcome) in lines.chain(scripts).chain(payments) {
            match outcome {
                Ok(()) => {
                    println!("    ok  {name}");
                    passed += 1;
                }
                Err(why) => {
                    println!("FAILED  {name}: {why}");
                    failed.push(name);
                }
            }
        }
    }
    println!("{passed} passed, {} failed", failed.len());
    if passed == 0 {
        return Err(format!("no samples were found in {}", docs.display()));
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(failed.join(", "))
    }
}

fn pages(docs: &Path) -> Result<Vec<(String, String)>, String> {
    let unreadable = |error: std::io::Error| format!("{}: {error}", docs.display());
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(docs).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let text = std::fs::read_to_string(&path).map_err(unreadable)?;
            pages.push((name.into_owned(), text));
        }
    }
    pages.sort();
    Ok(pages)
}

/// On a server of its own: samples share idempotency keys and events.
fn run_curl(line: &CurlLine) -> Result<(), String> {
    let server = Server::start("samples")?;
    let filled = prepare::filled(&server, line)?;
    let url = server.base() + &filled.path;
    let answer = curl(&line.arguments(&url, &filled.ids))?;
    if (200..300).contains(&answer.status) {
        Ok(())
    } else {
        Err(format!("{} {}", answer.status, answer.body))
    }
}

fn run_python(script: &python::Script) -> Result<(), String> {
    let server = Server::start("samples")?;
    let mut command = std::process::Command::new("python3");
    run_command(command.args(["-c", &script.code(&server.address)]))
}

fn run_shell(script: &shell::Script) -> Result<(), String> {
    let server = Server::start("samples")?;
    let mut command = std::process::Command::new("bash");
    run_command(command.args(["-c", &script.code(&server.base())]))
}
