//! A page for each operation of each document, from the document itself: parameters,
//! bodies, answers, an example, and a form that calls it.

mod curl;
mod listing;
mod message;
mod operation;
mod schema;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use tatami_http::{PAGE_POLICY, page_of};

pub(crate) use listing::{Listed, listed};

use crate::documents::{Format, Served, TriedBy};
use crate::pages::{Section, navigation, not_found};
use crate::{ASSETS, DocsState, Shared};
use operation::{Operation, Trial};

/// Where the documents are listed; each is below it under its name, and so is each
/// operation of the newest version under its id.
pub(crate) const PATH: &str = "/docs/api";

/// The operations of one tag.
struct Group<'o> {
    tag: &'o str,
    operations: Vec<&'o Listed>,
}

/// A document in the list.
struct Row<'d> {
    document: &'d Served,
    /// How many operations it has.
    count: usize,
}

fn groups<'o>(operations: &'o [Listed], words: &[String]) -> Vec<Group<'o>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for operation in operations.iter().filter(|it| it.has(words)) {
        match groups.last_mut().filter(|group| group.tag == operation.tag) {
            Some(group) => group.operations.push(operation),
            None => groups.push(Group {
                tag: &operation.tag,
                operations: vec![operation],
            }),
        }
    }
    groups
}

#[derive(Template)]
#[template(path = "operations.html")]
struct ListTemplate<'o> {
    assets: &'static str,
    sections: Vec<Section>,
    question: &'static str,
    /// All documents, on the page that has no document of its own.
    rows: Vec<Row<'o>>,
    document: &'o Served,
    filter: &'o str,
    groups: Vec<Group<'o>>,
}

/// The same operation in another version.
struct Other {
    version: &'static str,
    path: String,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "operation.html")]
struct OperationTemplate<'o> {
    assets: &'static str,
    sections: Vec<Section>,
    question: &'static str,
    document: &'o Served,
    list: String,
    operation: Operation,
    versions: Vec<Other>,
    /// What the form calls, if it can be called from here.
    trial: Option<Trial>,
    /// The page of the portal that tries it.
    portal: Option<String>,
    curl: String,
    /// The key in samples.
    key: &'o str,
    has_key: bool,
}

#[derive(Deserialize)]
pub(crate) struct Filter {
    #[serde(default)]
    q: String,
}

/// How many characters of a filter are read.
const FILTER: usize = 100;

impl Filter {
    fn words(&self) -> Vec<String> {
        let asked: String = self.q.chars().take(FILTER).collect();
        let words = asked.split_whitespace();
        words.map(str::to_lowercase).collect()
    }
}

pub(crate) async fn index(State(docs): State<DocsState>, Query(filter): Query<Filter>) -> Response {
    let shown = docs.shown();
    let rows = shown.documents.iter().zip(&shown.operations);
    let rows = rows.map(|(document, operations)| Row {
        document,
        count: operations.len(),
    });
    list(&docs, 0, rows.collect(), &filter)
}

fn list(docs: &Shared, at: usize, rows: Vec<Row<'_>>, filter: &Filter) -> Response {
    let shown = docs.shown();
    let Some(document) = shown.documents.get(at) else {
        return not_found(docs);
    };
    let template = ListTemplate {
        assets: ASSETS.base(),
        sections: navigation(&shown.site, None),
        question: "",
        rows,
        document,
        filter: &filter.q,
        groups: groups(&shown.operations[at], &filter.words()),
    };
    page_of(PAGE_POLICY, template.render())
}

/// The operations of a document, or an operation of the newest version.
pub(crate) async fn named(
    State(docs): State<DocsState>,
    Path(name): Path<String>,
    Query(filter): Query<Filter>,
) -> Response {
    let documents = &docs.shown().documents;
    match documents.iter().position(|it| it.name == name) {
        Some(at) => list(&docs, at, Vec::new(), &filter),
        None => show(&docs, 0, &name),
    }
}

/// An operation of a document.
pub(crate) async fn of_document(
    State(docs): State<DocsState>,
    Path((document, id)): Path<(String, String)>,
) -> Response {
    let documents = &docs.shown().documents;
    match documents.iter().position(|it| it.name == document) {
        Some(at) => show(&docs, at, &id),
        None => not_found(&docs),
    }
}

fn show(docs: &Shared, at: usize, id: &str) -> Response {
    let shown = docs.shown();
    let known = |at: usize| {
        shown
            .operations
            .get(at)
            .and_then(|all| all.iter().find(|it| it.id == id))
    };
    let (Some(document), Some(found)) = (shown.documents.get(at), known(at)) else {
        return not_found(docs);
    };
    let tree = document.value(&docs.content);
    let Some(operation) = read(document, &tree, found) else {
        return not_found(docs);
    };
    let versions = shown.documents.iter().enumerate();
    let versions = versions.filter_map(|(other, document)| {
        Some(Other {
            version: document.version()?,
            path: known(other)?.path_in(other, document),
            is_here: other == at,
        })
    });
    let is_here = document.format == Format::OpenApi && is_served_here(&tree, docs);
    let (trial, portal) = match document.tried_by(id) {
        Some(TriedBy::Tester(body)) => (Some(Trial::by_tester(body)), None),
        Some(TriedBy::Portal(page)) => (None, Some(page)),
        None => (is_here.then(|| operation.trial(document.version())), None),
    };
    let template = OperationTemplate {
        assets: ASSETS.base(),
        sections: navigation(&shown.site, None),
        question: "",
        document,
        list: match at {
            0 => PATH.to_owned(),
            _ => format!("{PATH}/{}", document.name),
        },
        versions: match document.version() {
            Some(_) => versions.collect(),
            None => Vec::new(),
        },
        trial,
        portal,
        curl: match document.format {
            Format::OpenApi => {
                curl::sample(&operation, &tree, &docs.content.filling, document.version())
            }
            Format::AsyncApi => String::new(),
        },
        operation,
        key: &docs.content.filling.key,
        has_key: docs.has_key,
    };
    page_of(PAGE_POLICY, template.render())
}

fn read(document: &Served, tree: &Value, listed: &Listed) -> Option<Operation> {
    match document.format {
        Format::OpenApi => operation::read(tree, listed),
        Format::AsyncApi => message::read(tree, listed),
    }
}

/// Whether what a document describes is served by this installation.
fn is_served_here(tree: &Value, docs: &Shared) -> bool {
    let server = tree["servers"][0]["url"].as_str();
    server.is_none_or(|url| url == docs.content.filling.base)
}
