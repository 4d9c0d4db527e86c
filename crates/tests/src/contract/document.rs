//! A description of the API, compiled as far as it was asked for.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
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
    /// The media types it can be of, with their schemas if they are JSON.
    contents: Vec<(String, Option<Value>)>,
    /// Of the one that is JSON.
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

    /// The operation that a path leads to; of two templates that it fits, that is
    /// the one with more words.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        let templates = self.operations.iter().map(|operation| &operation.template);
        let fitting = templates.filter(|template| fits(template, path));
        let template = fitting.min_by_key(|template| template.matches('{').count())?;
        let mut operations = self.operations.iter();
        operations.find(|o| o.method == method && o.template == *template)
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
    /// What is wrong with an answer. One to `HEAD` has no body.
    pub fn faults(&self, status: u16, media_type: &str, body: Option<&[u8]>) -> Vec<Fault> {
        match (self.answers.get(&status.to_string()), body) {
            (None, body) => vec![Fault::of_status(body.unwrap_or_default())],
            (Some(_), None) => Vec::new(),
            (Some(described), Some(body)) => described.faults(media_type, body),
        }
    }
}

impl Described {
    fn of(document: &Value, answer: &Value, strictness: Strictness) -> Self {
        let contents = members(&answer["content"]);
        let contents = contents.map(|(media_type, content)| {
            let is_json = is_json(media_type);
            let schema = || inlined(document, &content["schema"], strictness);
            (media_type.clone(), is_json.then(schema))
        });
        Self {
            contents: contents.collect(),
            validator: OnceLock::new(),
        }
    }

    fn faults(&self, media_type: &str, body: &[u8]) -> Vec<Fault> {
        if self.contents.is_empty() {
            let surplus = !body.is_empty();
            return Vec::from_iter(surplus.then(|| Fault::at("$", "there is a body")));
        }
        let mut contents = self.contents.iter();
        // Problem details are JSON, too, and published as that.
        let same = |(name, _): &&(String, Option<Value>)| {
            name == media_type || is_json(name) && is_json(media_type)
        };
        match contents.find(same) {
            None => vec![Fault::at("$", "this media type is not described")],
            Some((_, None)) => Vec::new(),
            Some((_, Some(schema))) => self.faults_of_json(schema, body),
        }
    }

    fn faults_of_json(&self, schema: &Value, body: &[u8]) -> Vec<Fault> {
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            return vec![Fault::at("$", "the body is not JSON")];
        };
        let validator = self.validator.get_or_init(|| compiled(schema));
        validator.iter_errors(&value).flat_map(faults_of).collect()
    }
}

fn is_json(media_type: &str) -> bool {
    media_type.ends_with("/json") || media_type.ends_with("+json")
}

/// What a validator found; of properties that are not described, each by itself.
fn faults_of(error: ValidationError<'_>) -> Vec<Fault> {
    let at = place(&error.instance_path().to_string());
    if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() {
        let surplus = |name| Fault {
            seen: shown(&error.instance()[name]),
            ..Fault::at(&format!("{at}.{name}"), "this property is not described")
        };
        return unexpected.iter().map(surplus).collect();
    }
    vec![Fault {
        seen: shown(error.instance()),
        ..Fault::at(&at, &error.masked().to_string())
    }]
}

fn compiled(schema: &Value) -> Validator {
    jsonschema::options()
        .should_validate_formats(true)
        .build(schema)
        .unwrap_or_else(|error| panic!("{error}: {schema}"))
}
