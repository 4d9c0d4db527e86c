//! The shapes of request bodies, compiled from the generated OpenAPI document:
//! what the document says is what is accepted.

mod read;
#[cfg(test)]
mod tests;
mod tree;

use serde_json::Value;

pub use read::BODY;
pub use tree::{Members, Tree};

/// How a schema says how many bytes the names and values of an object may have in
/// all, which JSON Schema has no word for.
pub const MAX_BYTES: &str = "x-max-bytes";

/// What a JSON value must be.
#[derive(Debug)]
pub struct Shape {
    kind: Kind,
    nullable: bool,
}

#[derive(Debug)]
enum Kind {
    Object(Vec<Field>),
    /// Any names, values of one shape.
    Map(Box<Shape>, MapBounds),
    /// So many items at most.
    List(Box<Shape>, usize),
    Integer {
        least: i64,
        most: i64,
    },
    Boolean,
    Text(Text),
    Any,
}

#[derive(Debug)]
struct Field {
    name: String,
    shape: Shape,
    required: bool,
}

/// How much a map may hold.
#[derive(Clone, Copy, Debug)]
struct MapBounds {
    keys: usize,
    key_chars: usize,
    bytes: usize,
}

#[derive(Debug)]
struct Text {
    least_chars: usize,
    most_chars: usize,
    form: Form,
    /// The words it may be; none means any.
    words: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Plain,
    Moment,
    Span,
    Link,
}

impl Shape {
    /// Compiles a schema of an OpenAPI document. What it does not understand
    /// becomes a value of any kind.
    pub fn compile(document: &Value, schema: &Value) -> Self {
        if let Some(target) = schema["$ref"].as_str() {
            let pointer = target.trim_start_matches('#');
            return match document.pointer(pointer) {
                Some(schema) => Self::compile(document, schema),
                None => Self::any(),
            };
        }
        if let Some(parts) = schema["allOf"].as_array() {
            return Self::all(document, parts);
        }
        for key in ["oneOf", "anyOf"] {
            if let Some(choices) = schema[key].as_array() {
                return Self::choice(document, choices);
            }
        }
        let (name, nullable) = type_of(schema);
        let kind = match name {
            "object" => object(document, schema),
            "array" => {
                let items = Box::new(Self::compile(document, &schema["items"]));
                Kind::List(items, bound(schema, "maxItems"))
            }
            "integer" => integer(schema),
            "boolean" => Kind::Boolean,
            "string" => Kind::Text(text(schema)),
            _ => Kind::Any,
        };
        Self { kind, nullable }
    }

    fn any() -> Self {
        Self {
            kind: Kind::Any,
            nullable: true,
        }
    }

    /// An object with the properties of several.
    fn all(document: &Value, parts: &[Value]) -> Self {
        let mut shapes = parts.iter().map(|part| Self::compile(document, part));
        let Some(mut whole) = shapes.next() else {
            return Self::any();
        };
        for part in shapes {
            if let (Kind::Object(fields), Kind::Object(more)) = (&mut whole.kind, part.kind) {
                fields.extend(more);
            }
        }
        whole
    }

    /// One shape, or nothing at all. Of several objects it may be, none of whose
    /// properties is required then.
    fn choice(document: &Value, choices: &[Value]) -> Self {
        let nothing = |schema: &&Value| schema["type"] == "null";
        let nullable = choices.iter().any(|schema| nothing(&schema));
        let shapes = choices.iter().filter(|schema| !nothing(schema));
        let mut shapes = shapes.map(|schema| Self::compile(document, schema));
        let mut shape = shapes.next().unwrap_or_else(Self::any);
        for other in shapes {
            if let (Kind::Object(fields), Kind::Object(more)) = (&mut shape.kind, other.kind) {
                fields.extend(more);
                fields.iter_mut().for_each(|field| field.required = false);
            }
        }
        shape.nullable |= nullable;
        shape
    }
}

fn type_of(schema: &Value) -> (&str, bool) {
    match &schema["type"] {
        Value::String(name) => (name, false),
        Value::Array(names) => {
            let name = names
                .iter()
                .filter_map(Value::as_str)
                .find(|n| *n != "null");
            (name.unwrap_or(""), names.iter().any(|n| n == "null"))
        }
        _ => ("", false),
    }
}

/// The most that a schema allows of something; any number if it says nothing.
fn bound(schema: &Value, name: &str) -> usize {
    let most = schema[name].as_u64();
    most.and_then(|n| usize::try_from(n).ok())
        .unwrap_or(usize::MAX)
}

fn object(document: &Value, schema: &Value) -> Kind {
    let Some(properties) = schema["properties"].as_object() else {
        let values = &schema["additionalProperties"];
        return if values.is_object() {
            let bounds = MapBounds {
                keys: bound(schema, "maxProperties"),
                key_chars: bound(&schema["propertyNames"], "maxLength"),
                bytes: bound(schema, MAX_BYTES),
            };
            Kind::Map(Box::new(Shape::compile(document, values)), bounds)
        } else {
            Kind::Any
        };
    };
    let required = schema["required"].as_array();
    let field = |(name, schema): (&String, &Value)| Field {
        name: name.clone(),
        shape: Shape::compile(document, schema),
        required: required.is_some_and(|all| all.iter().any(|r| r == name.as_str())),
    };
    Kind::Object(properties.iter().map(field).collect())
}

fn integer(schema: &Value) -> Kind {
    let (least, most) = if schema["format"] == "int32" {
        (i64::from(i32::MIN), i64::from(i32::MAX))
    } else {
        (i64::MIN, i64::MAX)
    };
    // Bounds may be written as floating-point numbers.
    let bound = |name: &str| {
        let bound = &schema[name];
        bound.as_i64().or_else(|| bound.as_f64().map(|b| b as i64))
    };
    Kind::Integer {
        least: bound("minimum").unwrap_or(least),
        most: bound("maximum").unwrap_or(most),
    }
}

fn text(schema: &Value) -> Text {
    let least = schema["minLength"].as_u64();
    let words = schema["enum"].as_array().into_iter().flatten();
    Text {
        least_chars: least.and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
        most_chars: bound(schema, "maxLength"),
        form: match schema["format"].as_str() {
            Some("date-time") => Form::Moment,
            Some("timespan") => Form::Span,
            Some("uri") => Form::Link,
            _ => Form::Plain,
        },
        words: words.filter_map(Value::as_str).map(str::to_owned).collect(),
    }
}
