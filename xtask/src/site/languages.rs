//! How samples of a language are run, or at least read.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::page::Block;
use crate::step::{cargo, root, target, there};

/// A line that a program prints before each of its blocks.
const MARK: &str = "--- sample ";

/// What is done with the samples of a language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Those of a page are one program, which prints a line before each. The line is
    /// printed by what is around its text.
    Marked(&'static str, &'static str),
    /// There is one on a page, which is compiled and run.
    Compiled,
    /// They are parsed.
    Parsed,
}

impl Way {
    /// What was done with samples that passed.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Marked(..) => "ran",
            Self::Compiled => "were compiled and ran",
            Self::Parsed => "were parsed",
        }
    }
}

/// A language of samples.
pub struct Language {
    /// Its name in the sources.
    pub name: &'static str,
    /// The file that a page's samples are put into.
    pub file: &'static str,
    /// The program that takes it, and others that samples use.
    tools: &'static [&'static str],
    /// The arguments before the file.
    arguments: &'static [&'static str],
    /// What is before all samples of a page.
    before: &'static str,
    pub way: Way,
}

/// All of them.
pub const LANGUAGES: [Language; 6] = [
    Language {
        name: "curl",
        file: "page.sh",
        tools: &["bash", "curl", "jq", "openssl"],
        arguments: &[],
        before: "set -eu\n",
        way: Way::Marked("echo; echo '", "'"),
    },
    Language {
        name: "node",
        file: "page.mjs",
        tools: &["node"],
        arguments: &[],
        before: "",
        way: Way::Marked("console.log('", "');"),
    },
    Language {
        name: "python",
        file: "page.py",
        tools: &["python3"],
        arguments: &["-u"],
        before: "",
        way: Way::Marked("print('", "')"),
    },
    Language {
        name: "php",
        file: "page.php",
        tools: &["php"],
        arguments: &["-d", "error_reporting=-1", "-d", "display_errors=stderr"],
        before: "<?php\n",
        // A sample begins with PHP's own mark.
        way: Way::Marked("echo '", "', \"\\n\"; ?>"),
    },
    Language {
        name: "csharp",
        file: "page.cs",
        tools: &["python3"],
        arguments: &[],
        before: "",
        way: Way::Parsed,
    },
    Language {
        name: "rust",
        file: "page.rs",
        tools: &["cargo"],
        arguments: &["run", "--quiet", "--"],
        before: "",
        way: Way::Compiled,
    },
];

/// How much of what a sample printed is told when it failed.
const SHOWN_CHARS: usize = 1000;

/// What came of a sample.
pub enum Outcome {
    /// It printed what it is expected to.
    Passed,
    /// It did not.
    Failed(String),
}

impl Language {
    /// Whether its tools are at hand.
    pub fn is_there(&self) -> bool {
        self.tools.iter().all(|tool| there(tool))
    }

    /// What is not at hand.
    pub fn missing(&self) -> String {
        let missing = self.tools.iter().filter(|tool| !there(tool)).copied();
        format!("for want of {}", missing.collect::<Vec<_>>().join(" and "))
    }

    /// The samples of a page as one program.
    pub fn program(&self, blocks: &[Block]) -> String {
        let mut program = self.before.to_owned();
        for Block { name, code, .. } in blocks {
            if let Way::Marked(before, after) = self.way {
                program.push_str(&format!("{before}{MARK}{name}{after}\n"));
            }
            program.push_str(code);
        }
        // Some samples are functions alone.
        if self.way == Way::Compiled && !program.contains("fn main(") {
            program.push_str("fn main() {}\n");
        }
        program
    }

    /// Runs what [`Self::program`] made, in its folder. It may ask for the id of a payment
    /// that is captured.
    pub fn run(
        &self,
        folder: &Path,
        blocks: &[Block],
        captured: &str,
        patience: Duration,
    ) -> Vec<Outcome> {
        let printed = self.printed(folder, captured, patience);
        let (output, end) = match printed {
            Ok(printed) => printed,
            Err(why) => {
                return blocks
                    .iter()
                    .map(|_| Outcome::Failed(why.clone()))
                    .collect();
            }
        };
        match (self.way, blocks) {
            (Way::Parsed, _) => {
                let outcome = || match &end {
                    None => Outcome::Passed,
                    Some(why) => Outcome::Failed(format!("{why}: {output}")),
                };
                return blocks.iter().map(|_| outcome()).collect();
            }
            (Way::Compiled, [block]) => {
                return vec![judge(block, Some(&format!("\n{output}")), end.as_deref())];
            }
            (Way::Compiled, _) => {
                let one = || Outcome::Failed("there is more than one on the page".to_owned());
                return blocks.iter().map(|_| one()).collect();
            }
            (Way::Marked(..), _) => {}
        }
        let mut parts = output.split(MARK).skip(1);
        let mut outcomes = Vec::new();
        for (at, block) in blocks.iter().enumerate() {
            let part = parts.next();
            // What ends the program early is the fault of the last block that began.
            let is_last =
                part.is_some() && (at + 1 == blocks.len() || parts.clone().next().is_none());
            outcomes.push(judge(block, part, end.as_deref().filter(|_| is_last)));
        }
        outcomes
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = match self.way {
            Way::Compiled => compiler(self.arguments),
            Way::Parsed => {
                let mut command = Command::new(self.tools[0]);
                command.arg(root().join("xtask/src/site/csharp.py"));
                command.env("PYTHONPATH", parsers());
                command
            }
            Way::Marked(..) => Command::new(self.tools[0]),
        };
        if self.way != Way::Compiled {
            command.args(self.arguments).arg(self.file);
        }
        // Curl prints no progress.
        command.env("CURL_HOME", folder);
        command
    }

    /// What the program prints, and why it failed if it did.
    fn printed(
        &self,
        folder: &Path,
        captured: &str,
        patience: Duration,
    ) -> Result<(String, Option<String>), String> {
        let output = folder.join("output");
        let failed = |error: std::io::Error| error.to_string();
        let file = std::fs::File::create(&output).map_err(failed)?;
        let mut child = self
            .command(folder)
            .arg(captured)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(file.try_clone().map_err(failed)?)
            .stderr(file)
            .spawn()
            .map_err(failed)?;
        let begun = Instant::now();
        let end = loop {
            match child.try_wait().map_err(failed)? {
                Some(status) if status.success() => break None,
                Some(status) => break Some(status.to_string()),
                None if begun.elapsed() > patience => {
                    child.kill().map_err(failed)?;
                    child.wait().map_err(failed)?;
                    break Some(format!("not done after {} s", patience.as_secs()));
                }
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        let bytes = std::fs::read(&output).map_err(failed)?;
        Ok((String::from_utf8_lossy(&bytes).into_owned(), end))
    }
}

/// Cargo, for packages of samples: what they need is compiled once.
pub fn compiler(arguments: &[&str]) -> Command {
    let mut command = cargo(arguments);
    command.env("CARGO_TARGET_DIR", target().join("tasks/rust-samples"));
    command
}

/// Where parsers from Python's index are.
pub fn parsers() -> PathBuf {
    target().join("tasks/python")
}

fn judge(block: &Block, part: Option<&str>, end: Option<&str>) -> Outcome {
    let Some(part) = part else {
        return Outcome::Failed("was not reached".to_owned());
    };
    let printed = part
        .split_once('\n')
        .map_or("", |(_, printed)| printed)
        .trim();
    let shown: String = printed.chars().take(SHOWN_CHARS).collect();
    if let Some(end) = end {
        return Outcome::Failed(format!("{end}: {shown}"));
    }
    let missing = block
        .expects
        .iter()
        .find(|text| !printed.contains(text.as_str()));
    match missing {
        None => Outcome::Passed,
        Some(text) => Outcome::Failed(format!("expected {text:?} in {shown}")),
    }
}
