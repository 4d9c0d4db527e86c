//! Schemas of the API's description: their fields in words, and examples of them.

use serde_json::{Map, Value, json};

use crate::markdown::{escaped, render};

/// How deep fields are listed. Deeper ones are in the description itself.
const DEPTH: usize = 5;

/// The schemas that references lead to.
#[derive(Clone, Copy)]
pub(crate) struct Schemas<'d>(pub(crate) &'d Value);

impl<'d> Schemas<'d> {
    /// What a schema comes to: references followed, `null` among alternatives left out.
    /// With it the description that is nearest to where it is used.
    fn resolved(self, schema: &'d Value) -> (&'d Value, Option<&'d str>) {
        let said = schema["description"].as_str();
        let next = if let Some(reference) = schema["$ref"].as_str() {
            self.0.pointer(reference.trim_start_matches('#'))
        } else {
            let choices = schema["oneOf"]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default();
            let mut real = choices.iter().filter(|choice| choice["type"] != "null");
            real.next().filter(|_| real.next().is_none())
        };
        match next {
            Some(next) => {
                let (schema, inner) = self.resolved(next);
                (schema, said.or(inner))
            }
            None => (schema, said),
        }
    }

    /// The properties of an object, those of its parts among them, each with whether
    /// it is required.
    fn properties(self, schema: &'d Value) -> Vec<(&'d str, &'d Value, bool)> {
        let (schema, _) = self.resolved(schema);
        let parts = schema["allOf"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let mut all: Vec<_> = parts
            .iter()
            .flat_map(|part| self.properties(part))
            .collect();
        let required = schema["required"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let own = schema["properties"].as_object();
        all.extend(
            own.into_iter()
                .flatten()
                .map(|(name, value)| (name.as_str(), value, required.iter().any(|it| it == name))),
        );
        all
    }

    /// The schema of a property of an object.
    pub(crate) fn property(self, schema: &'d Value, name: &str) -> Option<&'d Value> {
        let properties = self.properties(schema);
        let mut found = properties.into_iter().filter(|(known, ..)| *known == name);
        found.next().map(|(_, schema, _)| schema)
    }

    /// The fields of an object as HTML; empty if it has none.
    pub(crate) fn fields(self, schema: &'d Value) -> String {
        self.fields_to(schema, DEPTH)
    }

    fn fields_to(self, schema: &'d Value, depth: usize) -> String {
        let properties = self.properties(schema);
        if properties.is_empty() || depth == 0 {
            return String::new();
        }
        let mut html = String::from("<dl class=\"fields\">\n");
        for (name, schema, required) in properties {
            html.push_str(&self.field(name, schema, required, depth));
        }
        html.push_str("</dl>\n");
        html
    }

    /// A property or a parameter as a pair of `dt` and `dd`.
    pub(crate) fn field(
        self,
        name: &str,
        schema: &'d Value,
        required: bool,
        depth: usize,
    ) -> String {
        let (inner, said) = self.resolved(schema);
        let required = if required {
            " <strong>required</strong>"
        } else {
            ""
        };
        let mut html = format!(
            "<dt><code>{}</code> <span>{}</span>{required}</dt>\n<dd>{}",
            escaped(name),
            escaped(&self.kind(inner)),
            render(said.unwrap_or_default(), |_| None).html
        );
        let of = if inner["items"].is_object() {
            &inner["items"]
        } else {
            inner
        };
        let fields = self.fields_to(of, depth.saturating_sub(1));
        if !fields.is_empty() {
            let summary = format!("Fields of <code>{}</code>", escaped(name));
            html.push_str(&format!(
                "<details><summary>{summary}</summary>\n{fields}</details>\n"
            ));
        }
        html.push_str("</dd>\n");
        html
    }

    /// What a value is: its type, words and bounds.
    fn kind(self, schema: &'d Value) -> String {
        if let Some(words) = schema["enum"].as_array() {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            return words.join(" | ");
        }
        let mut kind = match type_of(schema) {
            "array" => format!("array of {}", self.kind(self.resolved(&schema["items"]).0)),
            name => name.to_owned(),
        };
        for (bound, word) in [
            ("minimum", "from"),
            ("maximum", "to"),
            ("maxLength", "at most"),
            ("maxItems", "at most"),
        ] {
            if let Some(number) = schema[bound].as_i64() {
                let unit = if bound == "maxLength" {
                    " characters"
                } else {
                    ""
                };
                kind.push_str(&format!(", {word} {number}{unit}"));
            }
        }
        kind
    }

    /// A value with what is required and nothing else.
    pub(crate) fn example(self, name: &str, schema: &'d Value) -> Value {
        self.example_to(name, schema, DEPTH, false)
    }

    /// A value with all that there may be.
    pub(crate) fn full_example(self, name: &str, schema: &'d Value) -> Value {
        self.example_to(name, schema, DEPTH, true)
    }

    fn example_to(self, name: &str, schema: &'d Value, depth: usize, is_full: bool) -> Value {
        let (schema, _) = self.resolved(schema);
        for fixed in ["example", "const"] {
            if !schema[fixed].is_null() {
                return schema[fixed].clone();
            }
        }
        if let Some(word) = schema["enum"].get(0) {
            return word.clone();
        }
        let properties = self.properties(schema);
        if depth > 0 && !properties.is_empty() {
            let chosen = properties.into_iter();
            let chosen = chosen.filter(|(_, _, required)| is_full || *required);
            let members = chosen.map(|(name, schema, _)| {
                let example = self.example_to(name, schema, depth - 1, is_full);
                (name.to_owned(), example)
            });
            return Value::Object(members.collect::<Map<_, _>>());
        }
        match name {
            "currencyCode" => return json!("GBP"),
            "amount" | "value" => return json!(1000),
            _ => {}
        }
        match type_of(schema) {
            "array" => {
                let depth = depth.saturating_sub(1);
                json!([self.example_to(name, &schema["items"], depth, is_full)])
            }
            "integer" | "number" => schema["minimum"].as_i64().unwrap_or(1).into(),
            "boolean" => json!(true),
            "string" if schema["format"] == "date-time" => {
                json!("2026-11-30T08:32:54.3929121Z")
            }
            "string" => json!(format!("{name} 1")),
            _ => json!({}),
        }
    }
}

/// The type of a value that is there.
fn type_of(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(name) => name.as_str(),
        Value::Array(names) => {
            let mut names = names.iter().filter_map(Value::as_str);
            names.find(|name| *name != "null").unwrap_or("any")
        }
        _ => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_alternatives_and_parts_are_followed() {
        let document = json!({"components": {"schemas": {
            "Money": {"type": "object", "required": ["value"], "properties": {
                "value": {"type": "integer", "minimum": 1, "description": "In `pence`."},
            }},
            "Order": {"allOf": [
                {"type": "object", "properties": {"id": {"type": ["string", "null"], "maxLength": 9}}},
                {"type": "object", "required": ["price"], "properties": {
                    "price": {"oneOf": [{"$ref": "#/components/schemas/Money", "description": "The price."}, {"type": "null"}]},
                }},
            ]},
            "Loop": {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Loop"}}},
        }}});
        let schemas = Schemas(&document);
        let order = json!({"$ref": "#/components/schemas/Order"});
        let fields = schemas.fields(&order);
        assert!(
            fields.contains("<code>id</code> <span>string, at most 9 characters</span></dt>"),
            "{fields}"
        );
        assert!(fields.contains("<p>The price.</p>"), "{fields}");
        assert!(fields.contains("In <code>pence</code>."), "{fields}");
        assert_eq!(
            schemas.example("order", &order),
            json!({"price": {"value": 1000}})
        );
        assert_eq!(
            schemas.full_example("order", &order),
            json!({"id": "id 1", "price": {"value": 1000}})
        );
        let round = json!({"$ref": "#/components/schemas/Loop"});
        assert!(schemas.fields(&round).len() < 2000);
        assert!(schemas.example("round", &round).is_object());
    }
}
