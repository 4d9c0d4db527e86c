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
/// becomes a type, and parts become one whole where they can: what is wrong is
/// then told of its own place.
pub fn inlined(document: &Value, schema: &Value, strictness: Strictness) -> Value {
    let Some(given) = schema.as_object() else {
        return schema.clone();
    };
    let nullable = given.get("nullable") == Some(&json!(true));
    let of = |schema: &Value| inlined(document, schema, strictness);
    let whole = match stands_for(document, given) {
        Some(other) => of(other),
        None => Value::Object(merged(parts(given, &of), strictness)),
    };
    if nullable { or_null(whole) } else { whole }
}

/// The schema that another stands for: by reference, or as the only choice.
fn stands_for<'a>(document: &'a Value, given: &'a Map<String, Value>) -> Option<&'a Value> {
    if let Some(place) = given.get("$ref").and_then(Value::as_str) {
        let target = document.pointer(place.trim_start_matches('#'));
        return Some(target.unwrap_or_else(|| panic!("{place} leads nowhere")));
    }
    LISTS
        .iter()
        .find_map(|name| match given.get(*name)?.as_array()?.as_slice() {
            [only] if !given.contains_key("properties") => Some(only),
            _ => None,
        })
}

/// A schema whose parts are inlined.
fn parts(given: &Map<String, Value>, of: &dyn Fn(&Value) -> Value) -> Map<String, Value> {
    let mut whole = Map::new();
    for (name, value) in given {
        let value = match (name.as_str(), value) {
            ("properties", Value::Object(all)) => {
                let all = all.iter();
                all.map(|(name, schema)| (name.clone(), of(schema)))
                    .collect()
            }
            ("items" | "additionalProperties", schema) => of(schema),
            (name, Value::Array(all)) if LISTS.contains(&name) => all.iter().map(of).collect(),
            ("example" | "examples" | "nullable" | "description", _) => continue,
            (_, value) => value.clone(),
        };
        whole.insert(name.clone(), value);
    }
    whole
}

/// An object in one piece, if it was in several; closed if it has to be.
fn merged(mut whole: Map<String, Value>, strictness: Strictness) -> Map<String, Value> {
    if let Some(Value::Array(parts)) = whole.remove("allOf") {
        let mut closed = None;
        for part in parts {
            for (name, value) in part.as_object().cloned().unwrap_or_default() {
                match (whole.get_mut(&name), value) {
                    (Some(Value::Object(have)), Value::Object(more)) => have.extend(more),
                    (Some(Value::Array(have)), Value::Array(more)) => have.extend(more),
                    (_, value) if name == "additionalProperties" => closed = Some(value),
                    (_, value) => {
                        whole.insert(name, value);
                    }
                }
            }
        }
        whole.extend(closed.map(|closed| ("additionalProperties".to_owned(), closed)));
    }
    let is_open = whole.contains_key("properties") && !whole.contains_key("additionalProperties");
    if is_open && strictness == Strictness::Closed {
        whole.insert("additionalProperties".to_owned(), json!(false));
    }
    whole
}

fn or_null(schema: Value) -> Value {
    let Value::Object(mut given) = schema else {
        return schema;
    };
    let Some(name) = given.get("type").and_then(Value::as_str) else {
        return json!({ "anyOf": [given, { "type": "null" }] });
    };
    let names = json!([name, "null"]);
    given.insert("type".to_owned(), names);
    if let Some(Value::Array(words)) = given.get_mut("enum") {
        words.push(Value::Null);
    }
    Value::Object(given)
}
