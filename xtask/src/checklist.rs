//! The published go-live checklists: their tests, as tables.

use std::process::Stdio;

use crate::server::binary;
use crate::step::{WHOLE, cargo};

/// The modules whose tests are the rows of a list.
const LISTS: [(&str, &str); 2] = [
    ("Card machines", "go_live::"),
    ("Pay at Table", "go_live_at_table::"),
];

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    section: String,
    title: String,
    passed: bool,
}

/// Runs the rows of all lists and prints the tables.
///
/// # Errors
/// If one fails, with all that do.
pub fn run() -> Result<(), String> {
    let failed = LISTS.map(|(title, module)| run_list(title, module).err());
    let failed: Vec<_> = failed.into_iter().flatten().collect();
    match failed.is_empty() {
        true => Ok(()),
        false => Err(failed.join("\n")),
    }
}

fn run_list(title: &str, module: &str) -> Result<(), String> {
    let output = cargo(&["test", "--no-fail-fast"])
        .args(WHOLE)
        .args(["--test", "api", "--", module])
        .env("TATAMI_BIN", binary())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let rows = rows(&text, module);
    print!("\n{title}\n{}", table(&rows));
    let failed: Vec<&str> = rows
        .iter()
        .filter(|row| !row.passed)
        .map(|row| row.title.as_str())
        .collect();
    match (rows.is_empty(), failed.is_empty(), output.status.success()) {
        (false, true, true) => Ok(()),
        (true, ..) => Err(format!("the checklist '{title}' has no rows:\n{text}")),
        _ => Err(format!("{}\n{text}", failed.join(", "))),
    }
}

/// What the test runner said of each.
fn rows(text: &str, module: &str) -> Vec<Row> {
    let mut rows: Vec<Row> = text
        .lines()
        .filter_map(|line| {
            let (name, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
            let (section, title) = name.strip_prefix(module)?.split_once("::")?;
            Some(Row {
                section: words(section),
                title: words(title),
                passed: outcome.trim() == "ok",
            })
        })
        .collect();
    rows.sort_by(|a, b| (&a.section, &a.title).cmp(&(&b.section, &b.title)));
    rows
}

fn words(name: &str) -> String {
    let mut words = name.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.title.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut section = "";
    for row in rows {
        if row.section != section {
            section = &row.section;
            text += &format!("\n{section}\n");
        }
        let result = if row.passed { "passed" } else { "FAILED" };
        text += &format!("  {:<width$}  {result}\n", row.title);
    }
    let passed = rows.iter().filter(|row| row.passed).count();
    text + &format!("\n{passed} of {} rows passed\n", rows.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_results_become_a_table() {
        let said = "\
running 3 tests
test go_live::sales::declined ... ok
test payments::a_manual_intent_is_held ... ok
test go_live::errors::http_400_bad_request ... FAILED
";
        let rows = rows(said, "go_live::");
        assert_eq!(
            table(&rows),
            "
Errors
  Http 400 bad request  FAILED

Sales
  Declined              passed

1 of 2 rows passed
"
        );
    }
}
