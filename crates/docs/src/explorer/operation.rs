//! The operations of the API's description, as pages.

use serde_json::Value;

use super::schema::Schemas;
use crate::markdown::render;

/// A parameter, as the form asks for it.
pub(crate) struct Parameter {
    pub(crate) name: String,
    /// `path`, `query` or `header`.
    pub(crate) place: String,
    pub(crate) required: bool,
    pub(crate) example: String,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: String,
    /// As HTML.
    pub(crate) description: String,
    /// Its fields as HTML, of a success alone: refusals are all the same.
    pub(crate) fields: String,
}

/// An operation.
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) tag: String,
    pub(crate) summary: String,
    /// Whether it is called without the account's key.
    pub(crate) is_public: bool,
    /// As HTML.
    pub(crate) description: String,
    pub(crate) parameters: Vec<Parameter>,
    /// The parameters as HTML.
    pub(crate) parameter_fields: String,
    /// The fields of the body as HTML.
    pub(crate) body_fields: String,
    /// A body that has what is required; empty if it takes none.
    pub(crate) body: String,
    pub(crate) answers: Vec<Answer>,
}

/// The operations of a document, by tag in the document's order.
pub(crate) fn all(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object();
    let items = paths.into_iter().flatten().flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.filter_map(move |(method, operation)| read(document, path, method, operation))
    });
    let mut operations: Vec<Operation> = items.collect();
    let tags = document["tags"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    operations.sort_by_key(|operation| {
        tags.iter()
            .position(|tag| tag["name"] == operation.tag.as_str())
    });
    operations
}

fn read(document: &Value, path: &str, method: &str, operation: &Value) -> Option<Operation> {
    let schemas = Schemas(document);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let given = operation["parameters"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut parameter_fields = String::new();
    for parameter in given {
        let required = parameter["required"] == true;
        let field = schemas.field(&text(&parameter["name"]), &parameter["schema"], required, 1);
        let place = format!(
            "<dd class=\"place\">in the {}</dd>\n",
            text(&parameter["in"])
        );
        let said = render(&text(&parameter["description"]), |_| None).html;
        parameter_fields.push_str(&field.replacen("<dd>", &format!("<dd>{said}"), 1));
        parameter_fields.push_str(&place);
    }
    if !parameter_fields.is_empty() {
        parameter_fields = format!("<dl class=\"fields\">\n{parameter_fields}</dl>\n");
    }
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    let example = match body {
        Value::Null => String::new(),
        body => serde_json::to_string_pretty(&schemas.example("body", body)).unwrap_or_default(),
    };
    let security = operation["security"].as_array();
    Some(Operation {
        id: operation["operationId"].as_str()?.to_owned(),
        method: method.to_uppercase(),
        path: path.to_owned(),
        tag: text(&operation["tags"][0]),
        summary: text(&operation["summary"]),
        is_public: security
            .is_some_and(|kinds| kinds.iter().all(|kind| kind.get("ApiKeyAuth").is_none())),
        description: render(&text(&operation["description"]), |_| None).html,
        parameters: given.iter().map(parameter_of).collect(),
        parameter_fields,
        body_fields: schemas.fields(body),
        body: example,
        answers: answers(schemas, operation),
    })
}

fn parameter_of(parameter: &Value) -> Parameter {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Parameter {
        name: text(&parameter["name"]),
        place: text(&parameter["in"]),
        required: parameter["required"] == true,
        example: text(&parameter["example"]),
    }
}

fn answers(schemas: Schemas<'_>, operation: &Value) -> Vec<Answer> {
    let answers = operation["responses"].as_object();
    let answers = answers
        .into_iter()
        .flatten()
        .map(|(status, answer)| Answer {
            status: status.clone(),
            description: render(answer["description"].as_str().unwrap_or_default(), |_| None).html,
            fields: match status.starts_with('2') {
                true => schemas.fields(array_or_self(
                    &answer["content"]["application/json"]["schema"],
                )),
                false => String::new(),
            },
        });
    answers.collect()
}

/// What a list is of, or what it is itself.
fn array_or_self(schema: &Value) -> &Value {
    if schema["items"].is_object() {
        &schema["items"]
    } else {
        schema
    }
}
