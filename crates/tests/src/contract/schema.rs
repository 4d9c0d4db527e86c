//! Schemas as a JSON Schema validator reads them: whole, and in its dialect.

use serde_json::{Map, Value, json};

/// What becomes of properties that are not described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// They are faults.
    Closed,
    /// They are faults where the description says so.
    AsDescribed,
}

/// The parts of a schema that are lists of schemas.
const LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// A schema with all that it refers to inside it. `nullable` of the older OpenAPI
/// becomes a type; parts of `allOf` leave it to the whole which properties there
/// can be.
pub fn inlined(document: &Value, schema: &Value, strictness: Strictness) -> Value {
    let Some(given) = schema.as_object() else {
        return schema.clone();
    };
    let nullable = given.get("nullable") == Some(&json!(true));
    if let Some(place) = given.get("$ref").and_then(Value::as_str) {
        let target = document.pointer(place.trim_start_matches('#'));
        let target = target.unwrap_or_else(|| panic!("{place} leads nowhere"));
        let target = inlined(document, target, strictness);
        return if nullable { or_null(target) } else { target };
    }
    let mut whole = Map::new();
    for (name, value) in given {
        let value = match (name.as_str(), value) {
            ("properties", Value::Object(all)) => all
                .iter()
                .map(|(name, schema)| (name.clone(), inlined(document, schema, strictness)))
                .collect(),
            ("items" | "additionalProperties", schema) => inlined(document, schema, strictness),
            (name, Value::Array(all)) if LISTS.contains(&name) => {
                let all = all.iter();
                all.map(|schema| inlined(document, schema, strictness))
                    .collect()
            }
            ("example" | "examples" | "nullable" | "description", _) => continue,
            (_, value) => value.clone(),
        };
        whole.insert(name.clone(), value);
    }
    let is_part = |name: &str| whole.contains_key(name);
    let is_open = is_part("properties") && !is_part("additionalProperties");
    if is_open && strictness == Strictness::Closed && !LISTS.iter().any(|name| is_part(name)) {
        whole.insert("additionalProperties".to_owned(), json!(false));
    }
    close_together(&mut whole);
    if nullable {
        return nullable_of(whole);
    }
    Value::Object(whole)
}

/// Parts that are closed each by itself would allow nothing together: the whole is
/// closed in their place.
fn close_together(whole: &mut Map<String, Value>) {
    let Some(Value::Array(parts)) = whole.get_mut("allOf") else {
        return;
    };
    let mut closed = false;
    for part in parts.iter_mut().filter_map(Value::as_object_mut) {
        if part.get("additionalProperties") == Some(&json!(false)) {
            part.remove("additionalProperties");
            closed = true;
        }
        closed |= part.remove("unevaluatedProperties").is_some();
    }
    if closed {
        whole.insert("unevaluatedProperties".to_owned(), json!(false));
    }
}

fn nullable_of(mut schema: Map<String, Value>) -> Value {
    if LISTS.iter().any(|name| schema.contains_key(*name)) {
        return or_null(Value::Object(schema));
    }
    if let Some(name) = schema.get("type").and_then(Value::as_str) {
        let names = json!([name, "null"]);
        schema.insert("type".to_owned(), names);
    }
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.push(Value::Null);
    }
    Value::Object(schema)
}

fn or_null(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}
