//! No text is missing, none is left over, and each has the same parts in all
//! languages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::Language;
use crate::language::keys;

/// Texts that are asked for by a name that is put together.
const FAMILIES: [&str; 3] = ["country-", "month-", "part-"];

/// What a text asks to be filled in.
fn parts(language: &'static Language) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let file = language.file();
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut key = "";
    for line in file.lines() {
        if let Some(next) = keys(line).next() {
            key = next;
        }
        let names = line.split('$').skip(1);
        let names = names.map(|rest| rest.split([' ', '}']).next().unwrap_or_default());
        found.entry(key).or_default().extend(names);
    }
    found
}

#[test]
fn every_language_has_every_text_with_the_same_parts() {
    let english = parts(Language::english());
    assert!(Language::all().len() >= 5);
    for language in Language::all() {
        let file = language.file();
        let mut seen = BTreeSet::new();
        for key in keys(file) {
            assert!(seen.insert(key), "{language:?} has {key} twice");
        }
        let here = parts(language);
        for (key, wanted) in &english {
            assert_eq!(here.get(key), Some(wanted), "{key} in {language:?}");
        }
        for key in here.keys() {
            assert!(english.contains_key(key), "{language:?} alone has {key}");
        }
        for key in seen {
            let text = language.with(key, &[]);
            assert!(!text.is_empty(), "{key} in {language:?} is empty");
        }
        assert!(
            language
                .with("pay-button", &[("amount", "X")])
                .contains('X')
        );
    }
}

/// Files that could use a text.
fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir()
            && !matches!(
                &*name,
                "target" | "locale" | "tests" | "docs" | "epos" | "portal"
            )
        {
            sources(&path, into);
        } else if name.ends_with(".rs") || name.ends_with(".html") || name.ends_with(".txt") {
            into.push(path);
        }
    }
}

#[test]
fn every_text_is_used_and_every_text_that_is_used_is_there() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    sources(&crates, &mut files);
    // What the crate itself asks for.
    let own = ["language.rs", "money.rs", "moment.rs"];
    let own = own.map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name));
    files.extend(own);
    let known: BTreeSet<&str> = keys(Language::english().file()).collect();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let mut missing = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a text");
        for quoted in text.split('"') {
            used.extend(known.get(quoted));
        }
        for asked in [".get(\"", ".with(\"", ".counted(\"", "say(\""] {
            if path.extension().is_some_and(|kind| kind == "rs") && asked == ".get(\"" {
                continue; // Maps are asked so, too.
            }
            for rest in text.split(asked).skip(1) {
                let key = rest.split('"').next().unwrap_or_default();
                if !known.contains(key) {
                    missing.push(format!("{key} in {}", path.display()));
                }
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    let left_over: Vec<&&str> = known
        .iter()
        .filter(|key| !used.contains(*key) && !FAMILIES.iter().any(|f| key.starts_with(f)))
        .collect();
    assert_eq!(left_over, Vec::<&&str>::new(), "no page uses these");
}

#[test]
fn countries_are_in_the_order_of_their_names() {
    let german = Language::by_tag("de").expect("German").countries();
    let place = |code: &str| german.iter().position(|(c, _)| *c == code);
    assert!(
        place("AT") < place("PK"),
        "Österreich stands before Pakistan"
    );
    assert_eq!(german.len(), Language::english().countries().len());
}
