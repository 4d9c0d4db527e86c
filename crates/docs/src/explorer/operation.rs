//! An operation as its page shows it, read from OpenAPI.

use serde_json::Value;

use super::listing::Listed;
use super::schema::Schemas;
use crate::markdown::render;

/// A parameter, as the form asks for it.
#[derive(Clone)]
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

/// A message or a body that could be sent.
pub(crate) struct Example {
    pub(crate) title: &'static str,
    pub(crate) json: String,
}

/// An operation.
pub(crate) struct Operation {
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
    /// Messages that are sent and answered.
    pub(crate) examples: Vec<Example>,
}

/// A request that the form of a page makes.
pub(crate) struct Trial {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) is_public: bool,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: String,
    /// Whether the tester tool is asked, which then calls a POS.
    pub(crate) is_by_tester: bool,
}

impl Trial {
    /// Starts a flow of the tester tool.
    pub(crate) fn by_tester(body: Value) -> Self {
        let header = |name: &str, example: &str| Parameter {
            name: name.to_owned(),
            place: "header".to_owned(),
            required: true,
            example: example.to_owned(),
        };
        Self {
            method: "POST".to_owned(),
            path: "/epos-tester-tool/flows".to_owned(),
            is_public: false,
            parameters: vec![
                header(
                    "version",
                    tatami_api::version_dates().next_back().unwrap_or_default(),
                ),
                header("software-house-id", "demo-pos"),
            ],
            body: serde_json::to_string_pretty(&body).unwrap_or_default(),
            is_by_tester: true,
        }
    }
}

impl Operation {
    /// The request that its own form makes, at that version of the API.
    pub(crate) fn trial(&self, version: Option<&str>) -> Trial {
        let mut parameters = self.parameters.clone();
        for parameter in &mut parameters {
            if let Some(date) = version.filter(|_| parameter.name == "version") {
                parameter.example = date.to_owned();
            }
        }
        Trial {
            method: self.method.clone(),
            path: self.path.clone(),
            is_public: self.is_public,
            parameters,
            body: self.body.clone(),
            is_by_tester: false,
        }
    }
}

/// The operation of a line of the list.
pub(crate) fn read(document: &Value, listed: &Listed) -> Option<Operation> {
    let operation = &document["paths"][&listed.path][listed.method.to_lowercase()];
    let schemas = Schemas(document);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let given = operation["parameters"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    let example = match body {
        Value::Null => String::new(),
        body => serde_json::to_string_pretty(&schemas.example("body", body)).unwrap_or_default(),
    };
    operation.is_object().then(|| Operation {
        method: listed.method.clone(),
        path: listed.path.clone(),
        tag: listed.tag.clone(),
        summary: listed.summary.clone(),
        is_public: is_public(operation, document),
        description: render(&text(&operation["description"]), |_| None).html,
        parameters: given.iter().map(parameter_of).collect(),
        parameter_fields: parameter_fields(schemas, given),
        body_fields: schemas.fields(body),
        body: example,
        answers: answers(schemas, operation),
        examples: Vec::new(),
    })
}

/// Whether no key is asked for: what an operation says, or else its document.
fn is_public(operation: &Value, document: &Value) -> bool {
    let kinds = operation["security"].as_array();
    let kinds = kinds.or_else(|| document["security"].as_array());
    kinds.is_some_and(|kinds| kinds.iter().all(|kind| kind.get("ApiKeyAuth").is_none()))
}

fn parameter_fields(schemas: Schemas<'_>, given: &[Value]) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut fields = String::new();
    for parameter in given {
        let required = parameter["required"] == true;
        let name = text(&parameter["name"]);
        let field = schemas.field(&name, &parameter["schema"], required, 1);
        let place = format!(
            "<dd class=\"place\">in the {}</dd>\n",
            text(&parameter["in"])
        );
        let said = render(&text(&parameter["description"]), |_| None).html;
        fields.push_str(&field.replacen("<dd>", &format!("<dd>{said}"), 1));
        fields.push_str(&place);
    }
    match fields.is_empty() {
        true => fields,
        false => format!("<dl class=\"fields\">\n{fields}</dl>\n"),
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_is_asked_for_unless_the_document_or_the_operation_says_otherwise() {
        let key = json!([{ "ApiKeyAuth": [] }]);
        let of = |operation: Value, document: Value| {
            is_public(
                &json!({ "security": operation }),
                &json!({ "security": document }),
            )
        };
        assert!(!of(Value::Null, key.clone()));
        assert!(of(json!([]), key.clone()));
        assert!(of(Value::Null, json!([])));
        assert!(!of(key, json!([])));
    }
}
