//! An operation as its page shows it, read from AsyncAPI.

use serde_json::Value;

use super::listing::Listed;
use super::operation::{Answer, Example, Operation};
use super::schema::Schemas;
use crate::markdown::render;

/// The operation of a line of the list.
pub(crate) fn read(document: &Value, listed: &Listed) -> Option<Operation> {
    let operation = document["operations"].get(&listed.id)?;
    let schemas = Schemas(document);
    let sent = payload(document, &operation["messages"][0])?;
    let answered = payload(document, &operation["reply"]["messages"][0]);
    let params = schemas.property(sent, "params").unwrap_or(sent);
    let mut examples = vec![example(schemas, "Message", sent)];
    let mut answers = Vec::new();
    if let Some(answered) = answered {
        examples.push(example(schemas, "Answer", answered));
        for (name, said) in [
            ("result", "It was carried out."),
            ("error", "It was refused."),
        ] {
            let schema = schemas.property(answered, name);
            answers.push(Answer {
                status: name.to_owned(),
                description: format!("<p>{said}</p>"),
                fields: schema.map_or_else(String::new, |schema| schemas.fields(schema)),
            });
        }
    }
    let description = operation["description"].as_str().unwrap_or_default();
    Some(Operation {
        method: listed.method.clone(),
        path: listed.path.clone(),
        tag: listed.tag.clone(),
        summary: listed.summary.clone(),
        is_public: false,
        description: render(description, |_| None).html,
        parameters: Vec::new(),
        parameter_fields: String::new(),
        body_fields: schemas.fields(params),
        body: String::new(),
        answers,
        examples,
    })
}

/// The schema of the message that a link of an operation leads to.
fn payload<'d>(document: &'d Value, link: &'d Value) -> Option<&'d Value> {
    let mut at = link;
    while let Some(reference) = at["$ref"].as_str() {
        at = document.pointer(reference.trim_start_matches('#'))?;
    }
    at.get("payload")
}

fn example(schemas: Schemas<'_>, title: &'static str, schema: &Value) -> Example {
    let mut value = schemas.full_example("message", schema);
    // It has this or a result.
    if let Some(members) = value.as_object_mut() {
        members.remove("error");
    }
    let json = serde_json::to_string_pretty(&value).unwrap_or_default();
    Example { title, json }
}
