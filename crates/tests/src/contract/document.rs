//! A description of the API, compiled as far as it was asked for.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;

use super::finding::Fault;
use super::schema::{Strictness, inlined};
use super::{place, shown};

/// A description.
pub struct Document {
    operations: Vec<Operation>,
}

/// An operation, by its method and path.
pub struct Operation {
    method: String,
    /// The template of its path.
    pub template: String,
    answers: BTreeMap<String, Described>,
}

/// What an answer of a status is.
struct Described {
    /// The schema of its JSON; nothing if it has none.
    schema: Option<Value>,
    /// Whether there is a body.
    has_body: bool,
    validator: OnceLock<Validator>,
}

impl Document {
    /// The program's own: it must describe all that it sends.
    pub fn of_own(document: &Value) -> Self {
        Self::of(document, Strictness::Closed)
    }

    /// A published one, which leaves some things open.
    pub fn of_published(document: &Value) -> Self {
        Self::of(document, Strictness::AsDescribed)
    }

    fn of(document: &Value, strictness: Strictness) -> Self {
        let mut operations = Vec::new();
        for (path, item) in members(&document["paths"]) {
            for (method, operation) in members(item) {
                let answers = members(&operation["responses"]);
                let described = |(status, answer): (&String, &Value)| {
                    (status.clone(), Described::of(document, answer, strictness))
                };
                operations.push(Operation {
                    method: method.clone(),
                    template: path.clone(),
                    answers: answers.map(described).collect(),
                });
            }
        }
        Self { operations }
    }

    /// The operation that a path leads to; of two templates that it fits, the one
    /// with more words.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        let fitting = self
            .operations
            .iter()
            .filter(|operation| operation.method == method && fits(&operation.template, path));
        fitting.min_by_key(|operation| operation.template.matches('{').count())
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn fits(template: &str, path: &str) -> bool {
    let (places, parts) = (template.split('/'), path.split('/'));
    let same = places.clone().count() == parts.clone().count();
    let fit = |(place, part): (&str, &str)| place.starts_with('{') || place == part;
    same && places.zip(parts).all(fit)
}

impl Operation {
    /// What is wrong with an answer.
    pub fn faults(&self, status: u16, body: &[u8]) -> Vec<Fault> {
        match self.answers.get(&status.to_string()) {
            Some(described) => described.faults(body),
            None => vec![Fault::status()],
        }
    }

    /// What is wrong with an answer to `HEAD`, which has no body.
    pub fn faults_of_head(&self, status: u16) -> Vec<Fault> {
        match self.answers.contains_key(&status.to_string()) {
            true => Vec::new(),
            false => vec![Fault::status()],
        }
    }
}

impl Described {
    fn of(document: &Value, answer: &Value, strictness: Strictness) -> Self {
        let content = members(&answer["content"]).next();
        let json = content.filter(|(media_type, _)| media_type.contains("json"));
        Self {
            schema: json.map(|(_, content)| inlined(document, &content["schema"], strictness)),
            has_body: content.is_some(),
            validator: OnceLock::new(),
        }
    }

    fn faults(&self, body: &[u8]) -> Vec<Fault> {
        let Some(schema) = &self.schema else {
            let surplus = !self.has_body && !body.is_empty();
            return Vec::from_iter(surplus.then(|| Fault::at("$", "there is a body")));
        };
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return vec![Fault::at("$", "the body is not JSON")];
        };
        let validator = self.validator.get_or_init(|| compiled(schema));
        let errors = validator.iter_errors(&value);
        let fault = |error: jsonschema::ValidationError<'_>| Fault {
            place: place(&error.instance_path().to_string()),
            what: error.masked().to_string(),
            seen: shown(error.instance()),
        };
        errors.map(fault).collect()
    }
}

fn compiled(schema: &Value) -> Validator {
    jsonschema::options()
        .should_validate_formats(true)
        .build(schema)
        .unwrap_or_else(|error| panic!("{error}: {schema}"))
}
