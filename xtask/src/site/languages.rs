//! How samples of a language are run, or at least read.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::page::Block;
use crate::step::there;

/// A line that a program prints before each of its blocks.
const MARK: &str = "--- sample ";

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
    /// How a line is printed, around its text. A language without is only parsed.
    print: Option<(&'static str, &'static str)>,
}

/// All of them.
pub const LANGUAGES: [Language; 6] = [
    Language {
        name: "curl",
        file: "page.sh",
        tools: &["bash", "curl", "jq", "openssl"],
        arguments: &[],
        before: "set -eu\n",
        print: Some(("echo; echo '", "'")),
    },
    Language {
        name: "node",
        file: "page.mjs",
        tools: &["node"],
        arguments: &[],
        before: "",
        print: Some(("console.log('", "');")),
    },
    Language {
        name: "python",
        file: "page.py",
        tools: &["python3"],
        arguments: &["-u"],
        before: "",
        print: Some(("print('", "')")),
    },
    Language {
        name: "php",
        file: "page.php",
        tools: &["php"],
        arguments: &["-l"],
        before: "",
        print: None,
    },
    Language {
        name: "csharp",
        file: "page.csx",
        tools: &["csharp-parser"],
        arguments: &[],
        before: "",
        print: None,
    },
    Language {
        name: "rust",
        file: "page.rs",
        tools: &["rustfmt"],
        arguments: &["--edition", "2024", "--emit", "stdout"],
        before: "",
        print: None,
    },
];

/// How much of what a sample printed is told when it failed.
const TOLD: usize = 1000;

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
            if let Some((before, after)) = self.print {
                program.push_str(&format!("{before}{MARK}{name}{after}\n"));
            }
            program.push_str(code);
        }
        program
    }

    /// Runs what [`Self::program`] made, in its folder.
    pub fn run(&self, folder: &Path, blocks: &[Block], patience: Duration) -> Vec<Outcome> {
        let printed = self.printed(folder, patience);
        let (output, end) = match printed {
            Ok(printed) => printed,
            Err(why) => {
                return blocks
                    .iter()
                    .map(|_| Outcome::Failed(why.clone()))
                    .collect();
            }
        };
        if self.print.is_none() {
            let outcome = || match &end {
                None => Outcome::Passed,
                Some(why) => Outcome::Failed(format!("{why}: {output}")),
            };
            return blocks.iter().map(|_| outcome()).collect();
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

    /// What the program prints, and why it failed if it did.
    fn printed(
        &self,
        folder: &Path,
        patience: Duration,
    ) -> Result<(String, Option<String>), String> {
        let output = folder.join("output");
        let told = |error: std::io::Error| error.to_string();
        let file = std::fs::File::create(&output).map_err(told)?;
        let mut child = Command::new(self.tools[0])
            .args(self.arguments)
            .arg(self.file)
            .current_dir(folder)
            // Curl tells nothing of its progress.
            .env("CURL_HOME", folder)
            .stdin(Stdio::null())
            .stdout(file.try_clone().map_err(told)?)
            .stderr(file)
            .spawn()
            .map_err(told)?;
        let begun = Instant::now();
        let end = loop {
            match child.try_wait().map_err(told)? {
                Some(status) if status.success() => break None,
                Some(status) => break Some(status.to_string()),
                None if begun.elapsed() > patience => {
                    child.kill().map_err(told)?;
                    child.wait().map_err(told)?;
                    break Some(format!("not done after {} s", patience.as_secs()));
                }
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        let bytes = std::fs::read(&output).map_err(told)?;
        Ok((String::from_utf8_lossy(&bytes).into_owned(), end))
    }
}

fn judge(block: &Block, part: Option<&str>, end: Option<&str>) -> Outcome {
    let Some(part) = part else {
        return Outcome::Failed("was not reached".to_owned());
    };
    let printed = part
        .split_once('\n')
        .map_or("", |(_, printed)| printed)
        .trim();
    let told: String = printed.chars().take(TOLD).collect();
    if let Some(end) = end {
        return Outcome::Failed(format!("{end}: {told}"));
    }
    let missing = block
        .expects
        .iter()
        .find(|text| !printed.contains(text.as_str()));
    match missing {
        None => Outcome::Passed,
        Some(text) => Outcome::Failed(format!("expected {text:?} in {told}")),
    }
}
