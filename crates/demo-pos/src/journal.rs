//! What the platform asked and what was answered, for people to look at.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde_json::Value;

/// The most entries that are kept.
const MAX_ENTRIES: usize = 100;
/// The longest text of an entry, in characters.
const MAX_CHARS: usize = 2000;

/// A request and its answer.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When it came.
    pub at: Timestamp,
    /// The operation.
    pub operation: String,
    /// What was asked.
    pub asked: String,
    /// What was answered.
    pub answered: String,
    /// Whether it was refused, or a fault answered it.
    pub failed: bool,
}

/// The latest requests, newest first.
#[derive(Debug, Default)]
pub struct Journal(VecDeque<Entry>);

impl Journal {
    /// Adds a request and its answer.
    pub fn add(
        &mut self,
        at: Timestamp,
        operation: &str,
        asked: &Value,
        answered: Result<&Value, &str>,
    ) {
        self.0.truncate(MAX_ENTRIES - 1);
        self.0.push_front(Entry {
            at,
            operation: operation.to_owned(),
            asked: cut(&format!("{asked:#}")),
            answered: match answered {
                Ok(value) => cut(&format!("{value:#}")),
                Err(why) => cut(why),
            },
            failed: answered.map_or(true, |value| value["errorType"].is_string()),
        });
    }

    /// The entries, newest first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter()
    }
}

fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(MAX_CHARS).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}
