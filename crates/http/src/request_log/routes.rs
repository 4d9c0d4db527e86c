//! Which routes are in the request log, and what is secret of them.

use std::collections::{BTreeSet, HashMap};

use http::Method;
use serde_json::Value;
use utoipa::openapi::OpenApi;

use super::mask::{Secrets, Shows};

/// The format of a secret property.
const SECRET: &str = "password";
/// The property that only bodies with a card have.
const CARD: &str = "cv2";

/// Routes that carry a card or a token and are in no document: their paths, and the
/// members that are shown of their answers.
#[derive(Clone, Copy, Debug)]
pub struct CardRoutes {
    pub paths: &'static [&'static str],
    pub shown: &'static [&'static str],
}

/// The routes that are kept in the log.
#[derive(Debug, Default)]
pub struct LoggedRoutes(HashMap<String, Route>);

/// What is secret of a route, by its methods, and of those that are not described.
#[derive(Debug)]
struct Route {
    methods: Vec<(Method, Secrets)>,
    otherwise: Secrets,
}

/// Of what is not described only those values are shown.
fn only(answer: &'static [&'static str]) -> Secrets {
    Secrets {
        names: BTreeSet::new(),
        request: Shows::Only(&[]),
        answer: Shows::Only(answer),
    }
}

impl LoggedRoutes {
    /// The operations of a document, without those about the program itself. What is secret
    /// of each is what its schemas say is.
    pub fn of(document: &OpenApi, apart: &[&str]) -> Self {
        let document = serde_json::to_value(document).unwrap_or_default();
        let mut routes = HashMap::new();
        let paths = document["paths"].as_object();
        for (path, item) in paths.into_iter().flatten() {
            if apart.contains(&path.as_str()) {
                continue;
            }
            let methods = item.as_object().into_iter().flatten();
            let methods = methods.filter_map(|(method, operation)| {
                let method = method.to_ascii_uppercase().parse().ok()?;
                Some((method, secrets(&document, operation)))
            });
            let route = Route {
                methods: methods.collect(),
                otherwise: only(&[]),
            };
            routes.insert(path.clone(), route);
        }
        Self(routes)
    }

    /// The same with routes that are in no document.
    #[must_use]
    pub fn with(mut self, routes: CardRoutes) -> Self {
        for path in routes.paths {
            self.0.entry((*path).to_owned()).or_insert_with(|| Route {
                methods: Vec::new(),
                otherwise: only(routes.shown),
            });
        }
        self
    }

    /// What is secret of a request to that route, if it is kept.
    pub(super) fn secrets(&self, method: &Method, route: &str) -> Option<&Secrets> {
        let route = self.0.get(route)?;
        let own = route.methods.iter().find(|(of, _)| of == method);
        Some(own.map_or(&route.otherwise, |(_, secrets)| secrets))
    }
}

/// What the schemas of an operation say is secret.
fn secrets(document: &Value, operation: &Value) -> Secrets {
    let mut search = Search {
        document,
        seen: BTreeSet::new(),
        names: BTreeSet::new(),
    };
    search.walk(&operation["requestBody"]);
    let request = match search.names.contains(CARD) {
        true => Shows::Only(&[]),
        false => Shows::All,
    };
    search.walk(&operation["responses"]);
    Secrets {
        names: search.names,
        request,
        answer: Shows::All,
    }
}

struct Search<'d> {
    document: &'d Value,
    seen: BTreeSet<String>,
    names: BTreeSet<String>,
}

impl Search<'_> {
    fn walk(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref")
                    && self.seen.insert(reference.clone())
                {
                    let pointer = reference.trim_start_matches('#');
                    let referred = self.document.pointer(pointer);
                    referred.into_iter().for_each(|schema| self.walk(schema));
                }
                if let Some(Value::Object(properties)) = members.get("properties") {
                    for (name, schema) in properties {
                        if schema["format"] == SECRET {
                            self.names.insert(name.to_ascii_lowercase());
                        }
                    }
                }
                members.values().for_each(|value| self.walk(value));
            }
            Value::Array(items) => items.iter().for_each(|item| self.walk(item)),
            _ => {}
        }
    }
}
