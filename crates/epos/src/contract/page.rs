//! Pages of what a POS lists.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub data: Vec<T>,
    /// Why entries are left out that could not be read.
    pub unreadable: Vec<String>,
    /// The cursor of the page before it.
    pub before: Option<String>,
    /// The cursor of the page after it.
    pub after: Option<String>,
}

impl<T: DeserializeOwned> Page<T> {
    /// Reads a page. Some send an array of pages, of which the first counts and the
    /// others are joined to it, and some only the array of what would be on it.
    pub fn read(value: Value) -> Option<Self> {
        let parts = match value {
            Value::Array(parts) => parts,
            page @ Value::Object(_) => vec![page],
            _ => return None,
        };
        let mut page = Self {
            data: Vec::new(),
            unreadable: Vec::new(),
            before: None,
            after: None,
        };
        for (i, mut part) in parts.into_iter().enumerate() {
            match part.get_mut("data").map(Value::take) {
                Some(Value::Array(entries)) => entries.into_iter().for_each(|e| page.add(e)),
                Some(Value::Null) => {}
                Some(_) => return None,
                None if part.get("id").is_some() => {
                    page.add(part);
                    continue;
                }
                None => {}
            }
            let cursor = |name| {
                part.get(name)
                    .and_then(Value::as_str)
                    .filter(|c| !c.is_empty())
            };
            if i == 0 {
                page.before = cursor("before").map(str::to_owned);
            }
            page.after = cursor("after").map(str::to_owned);
        }
        Some(page)
    }

    fn add(&mut self, entry: Value) {
        match serde_json::from_value(entry) {
            Ok(entry) => self.data.push(entry),
            Err(why) => self.unreadable.push(why.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Table;
    use serde_json::json;

    fn names(value: Value) -> Option<Vec<String>> {
        let page = Page::<Table>::read(value)?;
        Some(page.data.into_iter().map(|table| table.name).collect())
    }

    #[test]
    fn a_page_comes_alone_or_in_an_array() {
        let one = json!({ "data": [{ "id": "1", "name": "One" }], "after": "x" });
        let two = json!({ "data": [{ "id": 2, "name": "Two" }] });
        assert_eq!(names(one.clone()), Some(vec!["One".to_owned()]));
        let both = vec!["One".to_owned(), "Two".to_owned()];
        assert_eq!(names(json!([one, two])), Some(both));
        assert_eq!(
            names(json!([{ "id": "3", "name": "Three" }])),
            Some(vec!["Three".to_owned()])
        );
        assert_eq!(names(json!([])), Some(vec![]));
        assert_eq!(names(json!({})), Some(vec![]));
    }

    #[test]
    fn what_is_no_page_is_refused() {
        for value in [json!(null), json!("x"), json!({ "data": 1 })] {
            assert_eq!(names(value), None);
        }
    }

    #[test]
    fn one_bad_entry_does_not_hide_the_others() {
        let page = json!({ "data": [{ "id": [], "name": "A" }, { "id": "1", "name": "B" }] });
        let page = Page::<Table>::read(page).expect("a page");
        assert_eq!((page.data.len(), page.unreadable.len()), (1, 1));
    }
}
