//! The words that people read, looked up in a dictionary: the documentation, the pages of
//! the program in English, and the descriptions of the API.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::curl::curl;
use crate::server::Server;
use crate::step::{self, root, there};

/// Words that are right and in no dictionary, one a line.
const WORDS: &str = "xtask/words.txt";
/// Folders with templates of pages, and others with text.
const TEXTS: [&str; 4] = ["README.md", "CHANGELOG.md", "ARCHITECTURE.md", "docs"];
const LANGUAGE: &str = "crates/locale/languages/en.ftl";

/// Looks all of them up. The program is built before.
///
/// # Errors
/// With the words that are not known, and where they are.
pub fn run() -> Result<(), String> {
    dictionary()?;
    let mut texts = BTreeMap::new();
    for path in TEXTS {
        read_all(&root().join(path), &mut texts)?;
    }
    for entry in entries(&root().join("crates"))? {
        read_all(&entry.join("templates"), &mut texts)?;
    }
    read_all(&root().join(LANGUAGE), &mut texts)?;
    let right =
        std::fs::read_to_string(root().join(WORDS)).map_err(|error| format!("{WORDS}: {error}"))?;
    // The dictionary refuses some that it has in another case.
    let right: BTreeSet<&str> = right.lines().collect();
    let server = Server::start("spelling")?;
    for name in ["/llms-full.txt", "/openapi.json"] {
        let body = curl(&[server.base() + name])?.body;
        texts.insert(name.to_owned(), plain(name, &body));
    }
    drop(server);
    let mut unknown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, text) in &texts {
        let words = unknown_in(text)?.into_iter();
        for word in words.filter(|word| !right.contains(word.as_str())) {
            unknown.entry(word).or_default().insert(name.clone());
        }
    }
    println!("{} texts", texts.len());
    if unknown.is_empty() {
        return Ok(());
    }
    let lines = unknown.into_iter().map(|(word, names)| {
        let names: Vec<String> = names.into_iter().collect();
        format!("{word} in {}", names.join(", "))
    });
    let lines: Vec<String> = lines.collect();
    Err(format!(
        "{} unknown words. Those that are right belong into {WORDS}:\n{}",
        lines.len(),
        lines.join("\n")
    ))
}

/// Installs the dictionary, if it is missing.
fn dictionary() -> Result<(), String> {
    if there("hunspell") && Path::new("/usr/share/hunspell/en_GB.dic").exists() {
        return Ok(());
    }
    step::install(&["hunspell", "hunspell-en-gb"])
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    entries
        .map(|entry| Ok(entry.map_err(failed)?.path()))
        .collect()
}

fn read_all(path: &Path, texts: &mut BTreeMap<String, String>) -> Result<(), String> {
    if path.is_dir() {
        for entry in entries(path)? {
            read_all(&entry, texts)?;
        }
        return Ok(());
    }
    let kind = path
        .extension()
        .and_then(|it| it.to_str())
        .unwrap_or_default();
    if !path.is_file() || !["md", "html", "txt", "ftl"].contains(&kind) {
        return Ok(());
    }
    let name = path
        .strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    let text = plain(&name, &text);
    texts.insert(name, text);
    Ok(())
}

/// What is for people in a text.
fn plain(name: &str, text: &str) -> String {
    match name.rsplit('.').next() {
        Some("json") => {
            let document = serde_json::from_str(text).unwrap_or_default();
            let mut said = String::new();
            descriptions(&document, &mut said);
            without_code(&said)
        }
        // Templates of pages and of mails; the texts of the documentation are Markdown.
        Some("html" | "txt") if !name.starts_with('/') => without_tags(text),
        Some("ftl") => without_keys(text),
        _ => without_code(text),
    }
}

/// Markdown without code, comments and addresses.
fn without_code(text: &str) -> String {
    let mut prose = String::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code && !line.starts_with("<!--") && !line.starts_with("include: ") {
            let outside = line.split('`').step_by(2);
            let words = outside.flat_map(str::split_whitespace).map(without_address);
            let words: Vec<&str> = words.collect();
            prose.push_str(&words.join(" "));
        }
        prose.push('\n');
    }
    prose
}

/// A word without the address that it is or leads to.
fn without_address(word: &str) -> &str {
    let word = word.split("](").next().unwrap_or_default();
    match word.contains("://") || word.starts_with('/') || word.contains('@') {
        true => "",
        false => word,
    }
}

/// HTML without tags, code and instructions of the template.
fn without_tags(text: &str) -> String {
    let text = without(text, &[("{{", "}}"), ("{%", "%}"), ("{#", "#}")]);
    let code = [
        ("<code", "</code>"),
        ("<pre", "</pre>"),
        ("<svg", "</svg>"),
        ("<!--", "-->"),
        ("<", ">"),
    ];
    let prose = without(&text, &code);
    let words = prose.split_whitespace();
    let words = words.filter(|word| !word.starts_with('&'));
    words.collect::<Vec<_>>().join(" ")
}

/// A text without what is between these.
fn without(text: &str, pairs: &[(&str, &str)]) -> String {
    let (mut rest, mut kept) = (text, String::new());
    let first = |rest: &str| {
        let found = pairs
            .iter()
            .filter_map(|&(start, end)| Some((rest.find(start)?, end)));
        // Of two that begin alike the first is meant.
        found.min_by_key(|(at, _)| *at)
    };
    while let Some((at, end)) = first(rest) {
        kept.push_str(&rest[..at]);
        kept.push(' ');
        rest = &rest[at..];
        let after = rest.find(end).map_or(rest.len(), |at| at + end.len());
        rest = &rest[after..];
    }
    kept + rest
}

/// Values of a language file, without what is put into them.
fn without_keys(text: &str) -> String {
    let values = text.lines().filter(|line| !line.starts_with('#'));
    let values = values.filter_map(|line| line.split_once(" = "));
    let values: Vec<String> = values
        .map(|(_, value)| without_tags(&value.replace("{ ", "{{ ").replace(" }", " }}")))
        .collect();
    values.join("\n")
}

fn descriptions(value: &Value, said: &mut String) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value
                    .as_str()
                    .filter(|_| ["description", "summary"].contains(&name.as_str()))
                {
                    Some(text) => {
                        said.push_str(text);
                        said.push('\n');
                    }
                    None => descriptions(value, said),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| descriptions(item, said)),
        _ => {}
    }
}

/// The words of a text that are in no dictionary.
fn unknown_in(text: &str) -> Result<Vec<String>, String> {
    let failed = |error: std::io::Error| format!("hunspell: {error}");
    let mut child = Command::new("hunspell")
        .args(["-l", "-i", "utf-8", "-d", "en_GB", "-p"])
        .arg(root().join(WORDS))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut input = child.stdin.take();
    // The words are few, so the pipe that they come by is never full.
    if let Some(input) = input.as_mut() {
        input.write_all(text.as_bytes()).map_err(failed)?;
    }
    drop(input);
    let output = child.wait_with_output().map_err(failed)?;
    if !output.status.success() {
        return Err(format!("hunspell: {}", output.status));
    }
    let words = String::from_utf8_lossy(&output.stdout);
    // A word with a digit is a name.
    let words = words
        .lines()
        .filter(|word| !word.contains(|c: char| c.is_ascii_digit()));
    Ok(words.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_tags_and_keys_are_no_prose() {
        let prose = without_code("A `cd` b [c](d.md#e) https://f.example\n```sh g\nh\n```\ni");
        assert_eq!(
            prose.split_whitespace().collect::<Vec<_>>(),
            ["A", "b", "[c", "i"]
        );
        let prose = without_tags("<p class=\"a\">b {{ c }} {% if d %}<code>e</code>f&nbsp;</p>");
        assert_eq!(prose, "b f&nbsp;");
        assert_eq!(without_keys("# a\nb = c { $d } e\n").trim(), "c e");
    }
}
