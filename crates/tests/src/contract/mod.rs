//! Every answer that tests see, held against what its version describes: by the
//! program itself, and by the published documents where they are at hand.

mod document;
mod finding;
mod own;
mod pos;
mod published;
mod schema;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;

use document::Document;
use finding::{Finding, report};

pub use pos::{
    answered_by_pos, faults_answered_by_pos, faults_answered_over_ws, faults_asked_of_pos,
    faults_sent_to_pos, sent_to_pos, template_of_pos,
};

/// The published versions of the API, oldest first.
pub const VERSIONS: [&str; 4] = ["2022-04-07", "2024-02-05", "2025-09-10", "2026-02-27"];

/// An answer.
pub struct Answer<'a> {
    /// The method that was asked with.
    pub method: &'a Method,
    /// The path, with or without a query.
    pub path: &'a str,
    /// The headers that were asked with.
    pub asked: &'a HeaderMap,
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body.
    pub body: &'a [u8],
}

/// Whose description it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The program's own.
    Own,
    /// The published one.
    Published,
}

/// Holds an answer against the descriptions of its version, if any speaks of its
/// operation. What is found is reported: that fails the test, or the whole run
/// when it collects what is found.
pub fn check(answer: &Answer<'_>) {
    let version = spoken(answer.asked);
    for (source, document) in documents(version) {
        for finding in examine(answer, source, version, document) {
            report(&finding);
        }
    }
}

fn examine(
    answer: &Answer<'_>,
    source: Source,
    version: &'static str,
    document: &Document,
) -> Vec<Finding> {
    let path = normal(answer.path);
    let is_head = answer.method == Method::HEAD;
    let method = match is_head {
        true => "get".to_owned(),
        false => answer.method.as_str().to_ascii_lowercase(),
    };
    let Some(operation) = document.operation(&method, &path) else {
        return Vec::new();
    };
    let header = |name: &str| {
        let value = answer
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    };
    // What is compressed was written before that, and seen by other tests.
    let body = !is_head && header("content-encoding").is_empty();
    let body = body.then_some(answer.body);
    let media_type = header("content-type").split(';').next().unwrap_or_default();
    let faults = operation.faults(answer.status, media_type.trim(), body);
    let finding = |fault| Finding {
        source,
        version,
        operation: format!("{} {}", method.to_ascii_uppercase(), operation.template),
        status: answer.status,
        fault,
    };
    faults.into_iter().map(finding).collect()
}

/// The descriptions of a version.
fn documents(version: &str) -> impl Iterator<Item = (Source, &'static Document)> {
    static OWN: OnceLock<Vec<Document>> = OnceLock::new();
    static PUBLISHED: OnceLock<Vec<Document>> = OnceLock::new();
    let own = OWN.get_or_init(|| own::documents().iter().map(Document::of_own).collect());
    let published = PUBLISHED.get_or_init(|| {
        let all = published::documents();
        all.iter().map(Document::of_published).collect()
    });
    let at = VERSIONS.iter().position(|v| *v == version).unwrap_or(0);
    let own = own.get(at).map(|document| (Source::Own, document));
    let published = published.get(at);
    let published = published.map(|document| (Source::Published, document));
    own.into_iter().chain(published)
}

/// The version that a request was answered in.
fn spoken(asked: &HeaderMap) -> &'static str {
    let header = asked.get("version").and_then(|value| value.to_str().ok());
    let date = header.unwrap_or_default().trim();
    let known = VERSIONS.iter().rev().find(|version| **version <= date);
    known.unwrap_or(&VERSIONS[VERSIONS.len() - 1])
}

/// A path as descriptions have it.
fn normal(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.first() == Some(&"master") {
        parts.remove(0);
    }
    format!("/{}", parts.join("/"))
}

/// A fault's place in JSON, whatever the position in a list.
fn place(pointer: &str) -> String {
    let part = |part: &str| match part.bytes().all(|b| b.is_ascii_digit()) {
        true => "[]".to_owned(),
        false => format!(".{part}"),
    };
    let parts = pointer.split('/').skip(1);
    format!("${}", parts.map(part).collect::<String>())
}

/// The start of a value, for people who look for it.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
