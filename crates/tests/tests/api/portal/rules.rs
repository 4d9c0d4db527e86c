//! The list of rules in the documentation: each test that it names is there.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

/// The words between backticks in a text.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The file that a list of tests begins with.
fn file(root: &Path, name: &str) -> Option<PathBuf> {
    let path = match name.ends_with(".rs") {
        true => root.join("crates").join(name),
        false => root.join(format!("crates/tests/tests/api/portal/{name}.rs")),
    };
    path.is_file().then_some(path)
}

#[test]
fn each_test_that_the_documentation_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = read_to_string(root.join("docs/security.md")).expect("the page");
    let part = page.split("## Signing in to the portal").nth(1);
    let (mut tests, mut named) = (String::new(), 0);
    for word in quoted(part.expect("the list")) {
        if let Some(path) = file(&root, word) {
            tests = read_to_string(path).expect("a file");
        } else if word.contains('_') && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
            assert!(tests.contains(&format!("fn {word}(")), "no test {word}");
            named += 1;
        }
    }
    assert!(named > 50, "{named} tests are named");
}
