//! What tests found of answers that are not as they are described, printed at the
//! end of a run: all of it, and the exceptions that nothing needs any more.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::published::published;
use crate::step::{root, target};

/// Names the folder to the tests (`crates/tests/src/contract/finding.rs`).
pub const FOLDER: &str = "TATAMI_FINDINGS";

/// A new folder for what tests find.
///
/// # Errors
/// If it cannot be made.
pub fn folder() -> Result<PathBuf, String> {
    let folder = target().join("findings");
    // It is only there if there was a run before.
    let _ = std::fs::remove_dir_all(&folder);
    let made = std::fs::create_dir_all(&folder);
    made.map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

/// Tells what was found.
///
/// # Errors
/// If anything was that is no exception, or an exception was not; with all that is.
pub fn tell(folder: &Path) -> Result<(), String> {
    let findings = findings(folder)?;
    let file = root().join("crates/tests/exceptions.json");
    let exceptions = serde_json::from_str(&text(&file)?);
    let exceptions: Vec<Value> =
        exceptions.map_err(|error| format!("{}: {error}", file.display()))?;
    let all_known = published("contract").is_some();
    let mut messages = faults(&findings);
    for (number, exception) in exceptions.iter().enumerate() {
        // Without the published descriptions nothing can be found by them.
        if all_known || exception["source"] == "own" {
            messages.extend(unneeded(number, exception, &findings));
        }
    }
    let excepted = findings
        .iter()
        .filter(|finding| finding["exception"].is_u64());
    println!("{} findings are exceptions", excepted.count());
    match messages.is_empty() {
        true => Ok(()),
        false => Err(messages.join("\n")),
    }
}

fn text(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn findings(folder: &Path) -> Result<Vec<Value>, String> {
    let unreadable = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        for line in text(&path)?.lines() {
            let finding = serde_json::from_str(line);
            found.push(finding.map_err(|error| format!("{}: {error}", path.display()))?);
        }
    }
    Ok(found)
}

/// What is no exception, each kind once.
fn faults(findings: &[Value]) -> Vec<String> {
    let mut kinds: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for finding in findings.iter().filter(|f| f["exception"].is_null()) {
        let part = |name: &str| match &finding[name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let kind = format!(
            "{} at {} answered {}, {}: {} ({} description)",
            part("operation"),
            part("version"),
            part("status"),
            part("place"),
            part("what"),
            part("source"),
        );
        let (times, _) = kinds.entry(kind).or_insert((0, part("seen")));
        *times += 1;
    }
    let tell = |(kind, (times, seen))| format!("{kind}, {times} times, as in: {seen}");
    kinds.into_iter().map(tell).collect()
}

/// What of an exception was not found.
fn unneeded(number: usize, exception: &Value, findings: &[Value]) -> Vec<String> {
    let found: Vec<&Value> = findings
        .iter()
        .filter(|finding| finding["exception"] == number)
        .collect();
    let reason = exception["reason"].as_str().unwrap_or_default();
    if found.is_empty() {
        return vec![format!("this exception is not needed any more: {reason}")];
    }
    let mut messages = Vec::new();
    for (name, wanted) in exception.as_object().into_iter().flatten() {
        for value in wanted.as_array().into_iter().flatten() {
            if !found.iter().any(|finding| finding[name] == *value) {
                messages.push(format!(
                    "this exception does not need {value} any more: {reason}"
                ));
            }
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn finding(status: u16, exception: Option<usize>) -> Value {
        json!({
            "source": "own", "version": "2026-02-27", "operation": "GET /cups", "status": status,
            "place": "$", "what": "wrong", "seen": "{}", "exception": exception,
        })
    }

    #[test]
    fn findings_of_one_kind_are_told_once() {
        let all = [
            finding(200, None),
            finding(200, None),
            finding(404, Some(0)),
        ];
        assert_eq!(
            faults(&all),
            [
                "GET /cups at 2026-02-27 answered 200, $: wrong (own description), 2 times, as in: {}"
            ]
        );
    }

    #[test]
    fn exceptions_are_needed_or_told() {
        let all = [finding(404, Some(0))];
        let exception = |status: Value| json!({ "status": status, "reason": "So." });
        assert!(unneeded(0, &exception(json!(404)), &all).is_empty());
        assert!(unneeded(0, &exception(json!([404])), &all).is_empty());
        assert_eq!(unneeded(0, &exception(json!([404, 405])), &all).len(), 1);
        assert_eq!(unneeded(1, &exception(json!(503)), &all).len(), 1);
    }
}
