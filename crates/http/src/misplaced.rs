//! A card's number in other fields of the request that carries the card.

use tatami_core::card::CardNumber;
use tatami_core::problem::Violation;

use crate::shape::{BODY, Tree};

/// Every field but the card's `own` that holds the number, whatever it is called
/// and whether it is read or not.
pub fn misplaced(body: &Tree<'_>, number: &CardNumber, own: &str) -> Vec<Violation> {
    let mut search = Search {
        number,
        own,
        found: Vec::new(),
    };
    search.walk(body, "");
    search.found
}

/// That a field must not hold the number.
pub fn violation(field: &str) -> Violation {
    let name = field.rsplit('.').next().unwrap_or_default();
    let rule = format!("The {name} must not contain the card number.");
    Violation::new(field, rule)
}

struct Search<'s> {
    number: &'s CardNumber,
    own: &'s str,
    found: Vec<Violation>,
}

impl Search<'_> {
    fn walk(&mut self, value: &Tree<'_>, path: &str) {
        match value {
            Tree::Nothing | Tree::Boolean(_) => {}
            Tree::Number(number) => self.look(&number.to_string(), path),
            Tree::Text(text) => self.look(text, path),
            Tree::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    self.walk(item, &format!("{path}[{i}]"));
                }
            }
            Tree::Object(members) => {
                for (name, value) in members.iter() {
                    self.look(name, path);
                    // A name that is the number is not repeated.
                    let name = match self.number.is_in(name) {
                        true => "…".to_owned(),
                        false => pascal(name),
                    };
                    let dot = if path.is_empty() { "" } else { "." };
                    self.walk(value, &format!("{path}{dot}{name}"));
                }
            }
        }
    }

    fn look(&mut self, text: &str, path: &str) {
        let field = if path.is_empty() { BODY } else { path };
        let known = self.found.iter().any(|v| v.field == field);
        if !known && !field.eq_ignore_ascii_case(self.own) && self.number.is_in(text) {
            self.found.push(violation(field));
        }
    }
}

fn pascal(name: &str) -> String {
    let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
    first.to_ascii_uppercase() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_found_in_values_names_and_lists_but_not_in_its_own_field() {
        let number = CardNumber::parse("4111111111111111").expect("a test card");
        let fields = |body: &str| -> Vec<String> {
            let body = Tree::parse(body).expect("json");
            let found = misplaced(&body, &number, "Card.CardNumber");
            found.into_iter().map(|v| v.field).collect()
        };
        let none: [&str; 0] = [];
        assert_eq!(
            fields(r#"{"CARD":{"cardnumber":"4111111111111111"}}"#),
            none
        );
        for (body, field) in [
            (r#"{"reference":"4111 1111 1111 1111"}"#, "Reference"),
            (r#"{"a":{"b":[{"c":4111111111111111}]}}"#, "A.B[0].C"),
            (r#"{"metadata":{"4111-1111-1111-1111":"x"}}"#, "Metadata"),
            (r#"{"4111111111111111":null}"#, BODY),
            (
                r#"{"card":{"cardNumber":["4111111111111111"]}}"#,
                "Card.CardNumber[0]",
            ),
        ] {
            assert_eq!(fields(body), [field], "{body}");
        }
        let both = fields(r#"{"m":{"4111111111111111":"4111111111111111"}}"#);
        assert_eq!(both, ["M", "M.…"]);
    }
}
