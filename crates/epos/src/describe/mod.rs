//! The EPOS Data contract as documents: OpenAPI of what a POS serves over REST, and
//! AsyncAPI of the messages over a WebSocket. Both are made from the capabilities and
//! from the types that are read and written.

mod operation;
mod rest;
mod schemas;
mod socket;

pub use rest::rest_document;
pub use socket::socket_document;

use serde_json::{Value, json};

/// The version of the contract.
const CONTRACT: &str = "1.0.0";

const TAGS: [(&str, &str); 6] = [
    (
        "Orders",
        "Find, read, lock, pay and print the orders of a POS.",
    ),
    ("Tables", "The tables of a location."),
    ("Areas", "The parts of a location that tables are in."),
    ("Parties", "Guests who sit at a table."),
    ("Reservations", "Tables that are kept for guests."),
    (
        "Events",
        "Changes that a POS and the platform report to each other.",
    ),
];

fn tags() -> Value {
    let tag = |(name, said): &(&str, &str)| json!({ "name": name, "description": said });
    TAGS.iter().map(tag).collect()
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::Capability;

    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn no_reference_leads_nowhere() {
        for document in [rest_document(), socket_document()] {
            let mut found = Vec::new();
            references(&document, &mut found);
            assert!(found.len() > 20, "{}", found.len());
            for reference in found {
                let pointer = reference.trim_start_matches('#');
                assert!(document.pointer(pointer).is_some(), "{reference}");
            }
        }
    }

    #[test]
    fn every_capability_with_a_published_form_is_in_both() {
        let (rest, socket) = (rest_document(), socket_document());
        for capability in Capability::ALL {
            let Some((method, path)) = capability.rest() else {
                continue;
            };
            let method = method.as_str().to_lowercase();
            assert!(rest["paths"][path][method].is_object(), "{path}");
            let name = capability.rpc_method();
            assert!(socket["operations"][&name].is_object(), "{name}");
        }
    }

    #[test]
    fn every_property_is_described() {
        let document = rest_document();
        let schemas = document["components"]["schemas"].as_object();
        for (name, schema) in schemas.expect("schemas") {
            let properties = schema["properties"].as_object();
            for (property, schema) in properties.into_iter().flatten() {
                let said = schema["description"].as_str().or_else(|| {
                    let choices = schema["oneOf"].as_array();
                    choices?.iter().find_map(|it| it["description"].as_str())
                });
                let words = said.map_or(0, |said| said.split_whitespace().count());
                assert!(words > 1, "{name}.{property}: {said:?}");
            }
        }
    }
}
