//! The statuses that operations publish in their OpenAPI documents.

use std::collections::{BTreeMap, BTreeSet};

use http::{Method, StatusCode};
use utoipa::IntoResponses;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{OpenApi, RefOr, Response};

use crate::openapi::{BadVersion, NotNow, Unfinished};

/// Which statuses each operation publishes for what it may find wrong.
#[derive(Debug, Default)]
pub struct Published(BTreeMap<String, BTreeSet<String>>);

/// Answers as an operation lists them, by status.
pub type Answers = BTreeMap<String, RefOr<Response>>;

impl Published {
    /// Those of the operations of a document. What has nothing to do with what they find,
    /// such as a wrong header or an earlier request that is still running, does not
    /// count, and neither do the answers `apart`.
    pub fn of(document: OpenApi, apart: &[Answers]) -> Self {
        let shared = [
            BadVersion::responses(),
            NotNow::responses(),
            Unfinished::responses(),
        ];
        let counts = |status: &str, answer: &RefOr<Response>| {
            let mut apart = shared.iter().chain(apart);
            apart.all(|of| of.get(status) != Some(answer))
        };
        let mut published = BTreeMap::new();
        for (path, mut item) in document.paths.paths {
            for (method, operation) in operations(&mut item) {
                let answers = operation.responses.responses.iter();
                let answers = answers.filter(|(status, answer)| counts(status, answer));
                let statuses = answers.map(|(status, _)| status.clone()).collect();
                published.insert(format!("{method} {path}"), statuses);
            }
        }
        Self(published)
    }

    /// Whether an operation publishes a status; so does every route that is not
    /// documented.
    pub fn has(&self, method: &Method, route: &str, status: StatusCode) -> bool {
        let statuses = self.0.get(&format!("{method} {route}"));
        statuses.is_none_or(|statuses| statuses.contains(status.as_str()))
    }
}

/// The operations of a path.
pub fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let operations = [
        (Method::GET, &mut item.get),
        (Method::POST, &mut item.post),
        (Method::PUT, &mut item.put),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
    ];
    let there = |(method, operation): (Method, _)| Option::as_mut(operation).map(|o| (method, o));
    operations.into_iter().filter_map(there)
}
