//! The operations of a document, in a line each.

use serde_json::Value;

use super::PATH;
use crate::documents::{Format, Served};

/// An operation in a list.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) id: String,
    /// The HTTP method, or what is done with a message.
    pub(crate) method: String,
    /// The path, or the name of the message.
    pub(crate) path: String,
    pub(crate) tag: String,
    pub(crate) summary: String,
    /// Where its page is.
    pub(crate) page: String,
    /// All of it in lower case.
    words: String,
}

impl Listed {
    /// Whether it has all of these words.
    pub(crate) fn has(&self, words: &[String]) -> bool {
        words.iter().all(|word| self.words.contains(word.as_str()))
    }

    /// Where the operation of the same id is in a document of that place.
    pub(crate) fn path_in(&self, at: usize, document: &Served) -> String {
        page_of(at, document.name, &self.id)
    }
}

fn page_of(at: usize, document: &str, id: &str) -> String {
    match at {
        0 => format!("{PATH}/{id}"),
        _ => format!("{PATH}/{document}/{id}"),
    }
}

/// The operations of the document of that place, by tag in the document's order.
pub(crate) fn listed(at: usize, document: &Served, tree: &Value) -> Vec<Listed> {
    let (mut operations, tags) = match document.format {
        Format::OpenApi => (requests(tree), &tree["tags"]),
        Format::AsyncApi => (messages(tree), &tree["info"]["tags"]),
    };
    let tags = tags.as_array().map(Vec::as_slice).unwrap_or_default();
    operations.sort_by_key(|operation| {
        tags.iter()
            .position(|tag| tag["name"] == operation.tag.as_str())
    });
    for operation in &mut operations {
        operation.page = page_of(at, document.name, &operation.id);
    }
    operations
}

fn requests(tree: &Value) -> Vec<Listed> {
    let paths = tree["paths"].as_object();
    let items = paths.into_iter().flatten().flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.filter_map(move |(method, operation)| {
            let id = operation["operationId"].as_str()?;
            Some(line(id, &method.to_uppercase(), path, operation))
        })
    });
    items.collect()
}

fn messages(tree: &Value) -> Vec<Listed> {
    let operations = tree["operations"].as_object();
    let operations = operations.into_iter().flatten();
    let lines = operations.map(|(id, operation)| {
        let does = match (operation["action"].as_str(), operation["reply"].is_object()) {
            (Some("receive"), _) => "SUBMIT",
            (_, true) => "CALL",
            (_, false) => "EVENT",
        };
        let name = operation["title"].as_str().unwrap_or(id);
        line(id, does, name, operation)
    });
    lines.collect()
}

fn line(id: &str, method: &str, path: &str, operation: &Value) -> Listed {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let tag = match &operation["tags"][0] {
        Value::Object(tag) => text(&tag["name"]),
        tag => text(tag),
    };
    let summary = text(&operation["summary"]);
    Listed {
        words: format!("{id} {method} {path} {tag} {summary}").to_lowercase(),
        id: id.to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        tag,
        summary,
        page: String::new(),
    }
}
