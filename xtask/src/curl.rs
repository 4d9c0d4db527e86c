//! Requests, by the program that the samples are written for.

use std::process::Command;

use serde_json::Value;

use crate::server::{KEY, Server};

/// An answer.
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: String,
}

impl Answer {
    /// The body as JSON, `null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

/// Runs curl with these arguments.
///
/// # Errors
/// If curl fails or there is no answer.
pub fn curl(arguments: &[String]) -> Result<Answer, String> {
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "30"])
        .args(["--write-out", "\n%{http_code}"])
        .args(arguments)
        .output()
        .map_err(|error| format!("curl: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, status) = text.rsplit_once('\n').unwrap_or(("", &text));
    let status = status
        .trim()
        .parse()
        .map_err(|_| format!("no status in {text:?}"))?;
    let body = body.to_owned();
    Ok(Answer { status, body })
}

/// Calls the API with the key of the samples.
///
/// # Errors
/// If there is no answer, or not one of success.
pub fn call(server: &Server, method: &str, path: &str, body: &Value) -> Result<Value, String> {
    let mut arguments: Vec<String> = [
        "--request",
        method,
        "--header",
        "Version: 2026-02-27",
        "--header",
        "Content-Type: application/json",
        "--header",
        // Operations on terminals ask for it.
        "Software-House-Id: softwareHouse1",
        "--header",
    ]
    .map(str::to_owned)
    .to_vec();
    arguments.push(format!("Authorization: Basic {KEY}"));
    if !body.is_null() {
        arguments.extend(["--data".to_owned(), body.to_string()]);
    }
    arguments.push(server.base() + path);
    let answer = curl(&arguments)?;
    if (200..300).contains(&answer.status) {
        Ok(answer.json())
    } else {
        Err(format!(
            "{method} {path}: {} {}",
            answer.status, answer.body
        ))
    }
}
