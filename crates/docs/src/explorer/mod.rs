//! A page for each operation of the API, from its own description: parameters, bodies,
//! answers, and a form that calls it.

mod operation;
mod schema;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use tatami_http::{PAGE_POLICY, page_of};

pub(crate) use operation::{Operation, all};

use crate::pages::{Section, navigation, not_found};
use crate::{ASSETS, DocsState};

/// Where the operations are listed; each is below it under its id.
pub(crate) const PATH: &str = "/docs/api";

/// The operations of one tag.
struct Group<'o> {
    tag: &'o str,
    operations: Vec<&'o Operation>,
}

fn groups(operations: &[Operation]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for operation in operations {
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
    groups: Vec<Group<'o>>,
}

#[derive(Template)]
#[template(path = "operation.html")]
struct OperationTemplate<'o> {
    assets: &'static str,
    sections: Vec<Section>,
    question: &'static str,
    operation: &'o Operation,
    /// Empty if it is not known.
    key: &'o str,
}

pub(crate) async fn list(State(docs): State<DocsState>) -> Response {
    let shown = docs.shown();
    let template = ListTemplate {
        assets: ASSETS.base(),
        sections: navigation(&shown.site, None),
        question: "",
        groups: groups(&shown.operations),
    };
    page_of(PAGE_POLICY, template.render())
}

pub(crate) async fn show(State(docs): State<DocsState>, Path(id): Path<String>) -> Response {
    let shown = docs.shown();
    let Some(operation) = shown.operations.iter().find(|operation| operation.id == id) else {
        return not_found(&docs);
    };
    let template = OperationTemplate {
        assets: ASSETS.base(),
        sections: navigation(&shown.site, None),
        question: "",
        operation,
        key: if docs.has_key { &docs.filling.key } else { "" },
    };
    page_of(PAGE_POLICY, template.render())
}
