//! What an older version lacks: changes of schemas, by which its answers are
//! written and its description is made.

use serde_json::{Map, Value, json};

use super::Object;

/// A difference to the next newer version, in the names of that one.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    /// Properties that a schema did not have.
    Added(&'static str, &'static [&'static str]),
    /// A property that had another name.
    Renamed {
        of: &'static str,
        now: &'static str,
        then: &'static str,
    },
    /// A property that could only be, or hold, one of these words.
    Words {
        of: &'static str,
        property: &'static str,
        words: &'static [&'static str],
        /// What stands for the others. Else it is `Unknown`, if that is one of the
        /// words, or nothing.
        instead: Option<&'static str>,
    },
    /// A property that need not be there, and was not null.
    Optional {
        of: &'static str,
        property: &'static str,
    },
    /// Properties that stood in a schema itself; now they are in an object there.
    Flat {
        of: &'static str,
        property: &'static str,
        properties: &'static [&'static str],
    },
    /// A property of requests that went, which could be one of these words.
    Gone {
        of: &'static str,
        property: &'static str,
        words: &'static [&'static str],
    },
    /// Paths that begin so and were not there.
    Path(&'static str),
    /// A parameter that the operations of a path did not have.
    Parameter {
        path: &'static str,
        name: &'static str,
    },
}

/// A property that could only be, or hold, one of these words.
pub const fn words(
    of: &'static str,
    property: &'static str,
    words: &'static [&'static str],
) -> Change {
    Change::Words {
        of,
        property,
        words,
        instead: None,
    }
}

impl Change {
    /// The schema that it is about.
    pub fn schema(&self) -> Option<&'static str> {
        match *self {
            Self::Added(of, _)
            | Self::Renamed { of, .. }
            | Self::Words { of, .. }
            | Self::Optional { of, .. }
            | Self::Flat { of, .. }
            | Self::Gone { of, .. } => Some(of),
            Self::Path(_) | Self::Parameter { .. } => None,
        }
    }

    /// Makes the description of the next newer version one without this change.
    pub fn describe(&self, document: &mut Value) {
        match *self {
            Self::Path(prefix) => {
                if let Some(paths) = document["paths"].as_object_mut() {
                    paths.retain(|path, _| !path.starts_with(prefix));
                }
            }
            Self::Parameter { path, name } => {
                let operations = document.pointer_mut("/paths").and_then(|p| p.get_mut(path));
                let operations = operations.and_then(Value::as_object_mut);
                for (_, operation) in operations.into_iter().flatten() {
                    if let Some(parameters) = operation["parameters"].as_array_mut() {
                        parameters.retain(|parameter| parameter["name"] != name);
                    }
                }
            }
            _ => self.describe_schema(document),
        }
    }

    fn describe_schema(&self, document: &mut Value) {
        let inner = self.flat_properties(document);
        let schemas = document.pointer_mut("/components/schemas");
        let schema = self.schema().and_then(|of| schemas?.get_mut(of));
        let Some(schema) = schema.and_then(Value::as_object_mut) else {
            return;
        };
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            self.require(required);
        }
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        let Some(properties) = properties else {
            return;
        };
        match *self {
            Self::Words {
                property, words, ..
            } => {
                if let Some(described) = properties.get_mut(property) {
                    describe_words(described, words);
                }
            }
            Self::Optional { property, .. } => {
                if let Some(described) = properties.get_mut(property) {
                    describe_something(described);
                }
            }
            Self::Gone {
                property, words, ..
            } => {
                let mut described = json!({ "type": ["string", "null"] });
                describe_words(&mut described, words);
                properties.insert(property.to_owned(), described);
            }
            _ => self.reshape(properties, inner),
        }
    }

    /// The properties that move out of an object into the one that holds it.
    fn flat_properties(&self, document: &Value) -> Object {
        let Self::Flat {
            of,
            property,
            properties,
        } = *self
        else {
            return Map::new();
        };
        let place = format!("/components/schemas/{of}/properties/{property}");
        let schema = document.pointer(&place).map(|s| resolved(document, s));
        let inner = schema.and_then(|schema| schema["properties"].as_object());
        let inner = inner.into_iter().flatten();
        let moved = inner.filter(|(name, _)| properties.contains(&name.as_str()));
        moved
            .map(|(n, schema)| (n.clone(), schema.clone()))
            .collect()
    }

    /// Names and places of properties, in a schema and in an answer alike.
    fn reshape(&self, properties: &mut Object, inner: Object) {
        match *self {
            Self::Added(_, later) => {
                for name in later {
                    properties.shift_remove(*name);
                }
            }
            Self::Renamed { now, then, .. } => {
                let renamed = std::mem::take(properties).into_iter();
                let renamed = renamed.map(|(name, value)| match name == now {
                    true => (then.to_owned(), value),
                    false => (name, value),
                });
                *properties = renamed.collect();
            }
            Self::Flat { property, .. } => {
                properties.shift_remove(property);
                properties.extend(inner);
            }
            _ => {}
        }
    }

    fn require(&self, required: &mut Vec<Value>) {
        match *self {
            Self::Added(_, later) => {
                required.retain(|name| !name.as_str().is_some_and(|n| later.contains(&n)));
            }
            Self::Renamed { now, then, .. } => {
                let renamed = required.iter_mut().filter(|name| **name == now);
                renamed.for_each(|name| *name = then.into());
            }
            Self::Optional { property, .. } | Self::Flat { property, .. } => {
                required.retain(|name| name != property);
            }
            _ => {}
        }
    }

    /// Makes an object of the next newer version one without this change. Whether
    /// it still has all that it needs.
    pub fn step_down(&self, object: &mut Object, needs: &dyn Fn(&str) -> bool) -> bool {
        match *self {
            Self::Words {
                property,
                words,
                instead,
                ..
            } => {
                let said = object.get_mut(property);
                if said.is_none_or(|said| in_words(said, words, instead)) {
                    return true;
                }
                object.shift_remove(property);
                !needs(property)
            }
            Self::Optional { property, .. } => {
                if object.get(property).is_some_and(Value::is_null) {
                    object.shift_remove(property);
                }
                true
            }
            Self::Flat {
                property,
                properties,
                ..
            } => {
                let inner = object.get_mut(property).and_then(Value::as_object_mut);
                let mut inner = inner.map(std::mem::take).unwrap_or_default();
                inner.retain(|name, _| properties.contains(&name.as_str()));
                self.reshape(object, inner);
                true
            }
            _ => {
                self.reshape(object, Map::new());
                true
            }
        }
    }
}

/// Whether a value can be said in these words, after it is put into them. A word
/// of a list for which there is none is left out.
fn in_words(value: &mut Value, words: &[&str], instead: Option<&str>) -> bool {
    match value {
        Value::Array(all) => {
            all.retain_mut(|value| in_words(value, words, instead));
            true
        }
        Value::String(word) if !words.contains(&word.as_str()) => {
            let unknown = words.iter().find(|word| **word == "Unknown").copied();
            match instead.or(unknown) {
                Some(other) => {
                    *value = other.into();
                    true
                }
                None => false,
            }
        }
        _ => true,
    }
}

/// What a reference leads to, of several the first that is something.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(place) = schema["$ref"].as_str() {
        let target = document.pointer(place.trim_start_matches('#'));
        return target.map_or(&Value::Null, |target| resolved(document, target));
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[key].as_array() {
            let something = choices.iter().find(|choice| choice["type"] != "null");
            return something.map_or(&Value::Null, |choice| resolved(document, choice));
        }
    }
    schema
}

fn is_type(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::Array(names) => names.iter().any(|n| n == name),
        one => one == name,
    }
}

/// Closes what was any text, or a list of texts.
fn describe_words(schema: &mut Value, words: &[&str]) {
    if is_type(schema, "array") {
        schema["items"] = json!({ "type": "string", "enum": words });
        return;
    }
    let choices = schema["oneOf"].as_array();
    let nothing = choices.is_some_and(|choices| choices.iter().any(|c| c["type"] == "null"));
    let description = schema["description"].take();
    *schema = match nothing || is_type(schema, "null") {
        true => {
            let words: Vec<_> = words
                .iter()
                .map(|w| json!(w))
                .chain([json!(null)])
                .collect();
            json!({ "type": ["string", "null"], "enum": words })
        }
        false => json!({ "type": "string", "enum": words }),
    };
    if description.is_string() {
        schema["description"] = description;
    }
}

/// Takes the possibility of `null` out.
fn describe_something(schema: &mut Value) {
    if let Some(Value::Array(names)) = schema.get_mut("type") {
        names.retain(|name| name != "null");
    }
    if let Some(Value::Array(choices)) = schema.get_mut("oneOf") {
        choices.retain(|choice| choice["type"] != "null");
    }
}
