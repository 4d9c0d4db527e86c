//! The samples of the documentation, run against the program.
//!
//! A sample is a fenced block of `docs/site` with a language and a name (```` ```curl refund ````).
//! The samples of a page in one language are one program, read from top to bottom. After
//! each block, `<!-- expect: TEXT -->` says what it prints. A block with `file=NAME` is a
//! file that the samples of all pages use.

mod languages;
mod page;
mod tools;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::curl::{call, curl};
use crate::server::{KEY, Server};
use crate::step::{root, target};
use languages::{LANGUAGES, Language, Outcome, Way};
use page::{Block, blocks};
pub use tools::tools;

/// The samples of one page in one language.
struct Program {
    page: String,
    blocks: Vec<Block>,
}

/// What came of the samples of a language.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: Vec<String>,
    not_run: usize,
}

/// Runs all samples, each language on a program of its own. The program is built before.
///
/// # Errors
/// With the samples that failed.
pub fn run() -> Result<(), String> {
    let started = Instant::now();
    let pages = pages()?;
    let tallies = std::thread::scope(|scope| {
        let languages = LANGUAGES.iter().map(|language| {
            let pages = &pages;
            (language, scope.spawn(move || run_language(language, pages)))
        });
        // All are begun before the first is waited for.
        let languages: Vec<_> = languages.collect();
        let ended = languages.into_iter().map(|(language, task)| {
            let ended = task.join();
            (
                language,
                ended.unwrap_or_else(|_| Err("the task panicked".to_owned())),
            )
        });
        ended.collect::<Vec<_>>()
    });
    let mut all = Tally::default();
    for (language, tally) in tallies {
        match tally {
            Ok(tally) => {
                println!(
                    "{}: {} {}",
                    language.name,
                    tally.passed,
                    language.way.verb()
                );
                all.passed += tally.passed;
                all.failed.extend(tally.failed);
                if tally.not_run > 0 {
                    println!(
                        "not run: {} of {}, {}",
                        tally.not_run,
                        language.name,
                        language.missing()
                    );
                }
                all.not_run += tally.not_run;
            }
            Err(why) => all.failed.push(format!("{}: {why}", language.name)),
        }
    }
    for failure in &all.failed {
        println!("FAILED  {failure}");
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{} samples not run, {seconds:.1} s", all.not_run);
    println!("{} passed, {} failed", all.passed, all.failed.len());
    if all.failed.is_empty() && all.passed > 0 {
        Ok(())
    } else {
        Err(format!(
            "{} samples of the documentation failed",
            all.failed.len()
        ))
    }
}

fn run_language(language: &Language, pages: &[(String, Vec<Block>)]) -> Result<Tally, String> {
    let of_language = |blocks: &[Block]| -> Vec<Block> {
        blocks
            .iter()
            .filter(|block| block.language == language.name)
            .cloned()
            .collect()
    };
    let programs: Vec<Program> = pages
        .iter()
        .map(|(page, blocks)| Program {
            page: page.clone(),
            blocks: of_language(blocks),
        })
        .filter(|program| !program.blocks.is_empty())
        .collect();
    let mut tally = Tally::default();
    if !language.is_there() {
        tally.not_run = programs.iter().map(|program| program.blocks.len()).sum();
        return Ok(tally);
    }
    let server = Server::start(&format!("site-{}", language.name))?;
    let folder = Folder::new(language.name)?;
    folder.write(".curlrc", "silent\nshow-error\n")?;
    let filled = |code: &str| {
        code.replace("{{base}}", &server.base())
            .replace("{{key}}", KEY)
    };
    for block in programs.iter().flat_map(|program| &program.blocks) {
        if let Some(file) = &block.file {
            folder.write(file, &filled(&block.code))?;
        }
    }
    if language.way == Way::Compiled {
        tools::prepare(&folder.0)?;
    }
    let captured = captured(&server)?;
    for Program { page, blocks } in programs {
        // A file of others is seen to work where they use it.
        let is_used = |block: &Block| block.file.is_some() && language.way != Way::Parsed;
        let (files, blocks): (Vec<_>, Vec<_>) = blocks.into_iter().partition(is_used);
        tally.passed += files.len();
        if blocks.is_empty() {
            continue;
        }
        let program = language.program(&blocks);
        folder.write(language.file, &filled(&program))?;
        for (block, outcome) in blocks
            .iter()
            .zip(language.run(&folder.0, &blocks, &captured, PATIENCE))
        {
            match outcome {
                Outcome::Passed => tally.passed += 1,
                Outcome::Failed(why) => {
                    let Block { name, language, .. } = block;
                    tally
                        .failed
                        .push(format!("{page}: {language} {name}: {why}"));
                }
            }
        }
    }
    Ok(tally)
}

/// The id of a payment that is captured.
fn captured(server: &Server) -> Result<String, String> {
    let order =
        json!({ "amount": { "value": 1000, "currencyCode": "GBP" }, "reference": "Order 1" });
    let intent = call(server, "POST", "/payment-intents", &order)?;
    let id = intent["id"].as_str().unwrap_or_default().to_owned();
    let path = format!("/payment-intents/{id}/refresh-client-session-secret");
    let session = call(server, "POST", &path, &Value::Null)?;
    let secret = session["clientSessionSecret"].as_str().unwrap_or_default();
    let card = json!({
        "cardNumber": "4456530000001005",
        "cardName": "Ada Lovelace",
        "expiryDate": "12 / 39",
        "cV2": "123",
    });
    let url = format!("{}/connect-e/api/payments/{secret}", server.base());
    let paid = curl(&["--json".to_owned(), card.to_string(), url])?;
    match paid.status {
        200 => Ok(id),
        _ => Err(paid.body),
    }
}

/// How long the samples of a page may take, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder that is there while its samples run.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Result<Self, String> {
        let path = target()
            .join("tasks")
            .join(format!("samples-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        let path = self.0.join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It is only litter.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The pages with their samples, by path.
fn pages() -> Result<Vec<(String, Vec<Block>)>, String> {
    let site = root().join("docs/site");
    let mut files = Vec::new();
    find(&site, &mut files).map_err(|error| format!("{}: {error}", site.display()))?;
    files.sort();
    let mut pages = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(|error| error.to_string())?;
        let name = file
            .strip_prefix(&site)
            .unwrap_or(&file)
            .display()
            .to_string();
        let blocks = blocks(&text).map_err(|why| format!("{name}: {why}"))?;
        pages.push((name, blocks));
    }
    Ok(pages)
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
    Ok(())
}
