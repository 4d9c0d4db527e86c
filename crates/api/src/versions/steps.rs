//! The way of an answer down to an older version, compiled from its schema: only
//! the places that change are looked at.

use std::any::type_name;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::{Value, json};
use utoipa::ToSchema;

use super::change::Change;
use super::{ALL, Version};

/// A place in an answer at which something changes, or below it.
#[derive(Debug, Default)]
struct Place {
    /// The changes of the object.
    changes: Vec<Change>,
    /// The properties that the object cannot be without.
    needs: Vec<String>,
    /// The properties in which something changes.
    properties: Vec<(String, Place)>,
    /// What changes in each value of a list.
    items: Option<Box<Place>>,
}

/// The steps from the newest version down to an older one.
#[derive(Debug)]
pub struct Steps(Vec<Place>);

/// The steps that were asked for so far, by version and type.
type Known = BTreeMap<(&'static str, &'static str), Arc<Steps>>;

static KNOWN: RwLock<Known> = RwLock::new(BTreeMap::new());

impl Steps {
    /// Those of answers of that type.
    pub fn of<T: ToSchema>(version: &Version) -> Arc<Self> {
        let key = (version.date, type_name::<T>());
        let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(steps) = known.get(&key) {
            return Arc::clone(steps);
        }
        drop(known);
        let steps = Arc::new(Self::compiled::<T>(version));
        let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(key).or_insert(steps))
    }

    fn compiled<T: ToSchema>(version: &Version) -> Self {
        let mut parts = Vec::new();
        T::schemas(&mut parts);
        parts.push((T::name().into_owned(), T::schema()));
        let parts: BTreeMap<_, _> = parts.into_iter().collect();
        let mut document = json!({ "components": { "schemas": parts } });
        let root = json!({ "$ref": format!("#/components/schemas/{}", T::name()) });
        let older = ALL.iter().rev().filter(|v| v.date >= version.date);
        let mut steps = Vec::new();
        for Version { changes, .. } in older {
            steps.extend(Place::at(&document, &root, changes));
            changes
                .iter()
                .for_each(|change| change.describe(&mut document));
        }
        Self(steps)
    }

    /// Whether the newest version and this one write it alike.
    pub fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes an answer of the newest version one of this version.
    pub fn take(&self, answer: &mut Value) {
        for place in &self.0 {
            place.step_down(answer);
        }
    }
}

impl Place {
    /// What changes in values of that schema, if anything.
    fn at(document: &Value, schema: &Value, changes: &[Change]) -> Option<Self> {
        let name = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next());
        let mut place = Self::default();
        if let Some(name) = name {
            let own = changes
                .iter()
                .filter(|change| change.schema() == Some(name));
            place.changes.extend(own);
        }
        let target = match name {
            Some(_) => document.pointer(schema["$ref"].as_str()?.trim_start_matches('#'))?,
            None => schema,
        };
        place.look_into(document, target, changes);
        (!place.is_empty()).then_some(place)
    }

    fn look_into(&mut self, document: &Value, schema: &Value, changes: &[Change]) {
        for key in ["oneOf", "anyOf", "allOf"] {
            for part in schema[key].as_array().into_iter().flatten() {
                if let Some(part) = Self::at(document, part, changes) {
                    self.changes.extend(part.changes);
                    self.needs.extend(part.needs);
                    self.properties.extend(part.properties);
                }
            }
        }
        let needs = schema["required"].as_array().into_iter().flatten();
        let optional = |name: &&str| {
            let drops = |change: &Change| matches!(change, Change::Optional { property, .. } if property == name);
            self.changes.iter().any(drops)
        };
        let needs = needs
            .filter_map(Value::as_str)
            .filter(|name| !optional(name));
        let needs: Vec<_> = needs.map(str::to_owned).collect();
        self.needs.extend(needs);
        let properties = schema["properties"].as_object().into_iter().flatten();
        self.properties
            .extend(properties.filter_map(|(name, schema)| {
                Some((name.clone(), Self::at(document, schema, changes)?))
            }));
        self.items = schema
            .get("items")
            .and_then(|items| Self::at(document, items, changes))
            .map(Box::new);
    }

    fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.properties.is_empty() && self.items.is_none()
    }

    /// Whether the value can still be told.
    fn step_down(&self, value: &mut Value) -> bool {
        match value {
            Value::Array(items) => {
                if let Some(place) = &self.items {
                    items.retain_mut(|item| place.step_down(item));
                }
                true
            }
            Value::Object(object) => {
                let needs = |name: &str| self.needs.iter().any(|needed| needed == name);
                let mut whole = true;
                for (name, place) in &self.properties {
                    let value = object.get_mut(name);
                    if value.is_some_and(|value| !place.step_down(value)) {
                        object.shift_remove(name);
                        whole &= !needs(name);
                    }
                }
                for change in &self.changes {
                    whole &= change.step_down(object, &needs);
                }
                whole
            }
            _ => true,
        }
    }
}
