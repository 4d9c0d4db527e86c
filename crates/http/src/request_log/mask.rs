//! Masks secrets and card numbers in the texts and bodies of the request log.
//!
//! A member of a body is masked by its name where its type says that it is secret.
//! Besides, what `tatami_core::mask` masks in any text is masked, and so is each text that
//! contains the number of a card in the body.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use tatami_core::card::CardNumber;
use tatami_core::mask::{MASK, text};

use crate::shape::Tree;

/// The most that is kept of a body, in bytes.
const KEPT_BYTES: usize = 16 * 1024;
/// Larger bodies are not read for the log.
pub(super) const READ_BYTES: usize = 64 * 1024;
/// What is added to a body that was cut.
const CUT: &str = "\n… (cut)";

/// Which values of a body are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shows {
    /// All that are not secret by their name.
    #[default]
    All,
    /// Those of members of these names.
    Only(&'static [&'static str]),
}

/// What is masked of the bodies of an operation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets {
    /// Names of members, in lower case.
    pub(super) names: BTreeSet<String>,
    pub(super) request: Shows,
    pub(super) answer: Shows,
}

impl Secrets {
    /// Whether the value of a member is secret.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(&name.to_ascii_lowercase())
    }
}

/// What is found in a body beside its masked form.
#[derive(Default)]
pub(super) struct Body {
    pub(super) text: String,
    /// The id and the reference at its top.
    pub(super) about: Vec<String>,
    /// The payment intent that it names.
    pub(super) payment: Option<String>,
}

/// A body of JSON. Of any other body only the length is shown: it cannot be
/// masked by types.
pub(super) fn body(bytes: &[u8], secrets: &Secrets, shows: Shows) -> Body {
    let length = bytes.len();
    let unread = |why: &str| Body {
        text: format!("({why} of {length} bytes, not kept)"),
        ..Body::default()
    };
    if length > READ_BYTES {
        return unread("a body");
    }
    let Ok(text) = tatami_engine::json_text(bytes) else {
        return unread("a body that is not UTF-8");
    };
    let Ok(tree) = Tree::parse(text) else {
        return unread("a body that is not JSON");
    };
    let mut writer = Writer {
        secrets,
        shows,
        cards: Vec::new(),
        out: String::with_capacity(length.min(KEPT_BYTES)),
    };
    writer.find_cards(&tree);
    writer.write(&tree, shows != Shows::All);
    let mut body = Body::default();
    if shows == Shows::All
        && let Tree::Object(members) = &tree
    {
        for (name, value) in members.iter() {
            let Tree::Text(text) = value else { continue };
            if secrets.has(name) {
                continue;
            }
            match name.to_ascii_lowercase().as_str() {
                "id" | "reference" => body.about.push(writer.shown(text).into_owned()),
                "paymentintentid" => body.payment = Some(writer.shown(text).into_owned()),
                _ => {}
            }
        }
    }
    body.text = writer.out;
    if body.text.len() > KEPT_BYTES {
        body.text
            .truncate(body.text.floor_char_boundary(KEPT_BYTES));
        body.text.push_str(CUT);
    }
    body
}

struct Writer<'s> {
    secrets: &'s Secrets,
    shows: Shows,
    /// The numbers of cards that the body carries.
    cards: Vec<CardNumber>,
    out: String,
}

impl Writer<'_> {
    fn find_cards(&mut self, value: &Tree<'_>) {
        match value {
            Tree::Nothing | Tree::Boolean(_) => {}
            Tree::Number(number) => self.cards.extend(CardNumber::parse(&number.to_string())),
            Tree::Text(text) => self.cards.extend(CardNumber::parse(text)),
            Tree::List(items) => items.iter().for_each(|item| self.find_cards(item)),
            Tree::Object(members) => members.iter().for_each(|(_, value)| self.find_cards(value)),
        }
    }

    /// Whether the value of a member is hidden, given whether its parent is.
    fn hides(&self, name: &str, is_hidden: bool) -> bool {
        if self.secrets.has(name) {
            return true;
        }
        match self.shows {
            Shows::All => is_hidden,
            Shows::Only(names) => !names.contains(&name),
        }
    }

    fn write(&mut self, value: &Tree<'_>, is_hidden: bool) {
        if self.out.len() > KEPT_BYTES {
            return;
        }
        match value {
            Tree::Nothing => self.out.push_str("null"),
            Tree::Boolean(value) => self.out.push_str(if *value { "true" } else { "false" }),
            Tree::Number(number) => {
                let text = number.to_string();
                match is_hidden || self.shown(&text) != text {
                    true => quoted(&mut self.out, MASK),
                    false => self.out.push_str(&text),
                }
            }
            Tree::Text(text) if is_hidden && !text.is_empty() => quoted(&mut self.out, MASK),
            Tree::Text(text) => {
                let shown = self.shown(text).into_owned();
                quoted(&mut self.out, &shown);
            }
            Tree::List(items) => {
                self.out.push('[');
                for (i, item) in items.iter().enumerate() {
                    self.out.push_str(if i > 0 { "," } else { "" });
                    self.write(item, is_hidden);
                }
                self.out.push(']');
            }
            Tree::Object(members) => {
                self.out.push('{');
                for (i, (name, value)) in members.iter().enumerate() {
                    self.out.push_str(if i > 0 { "," } else { "" });
                    let shown = self.shown(name).into_owned();
                    quoted(&mut self.out, &shown);
                    self.out.push(':');
                    let hides = self.hides(name, is_hidden);
                    self.write(value, hides);
                }
                self.out.push('}');
            }
        }
    }

    fn shown<'t>(&self, shown: &'t str) -> Cow<'t, str> {
        let could_hold = tatami_core::card::could_hold_number(shown);
        match could_hold && self.cards.iter().any(|card| card.is_in(shown)) {
            true => Cow::Borrowed(MASK),
            false => text(shown),
        }
    }
}

/// Writes a text as JSON.
fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = "4456530000001096";

    fn secrets(names: &[&str]) -> Secrets {
        Secrets {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            request: Shows::All,
            answer: Shows::All,
        }
    }

    fn shown(json: &str) -> String {
        body(json.as_bytes(), &secrets(&["cv2", "secret"]), Shows::All).text
    }

    #[test]
    fn cards_are_masked_wherever_they_stand() {
        for json in [
            format!(r#"{{"reference":"{CARD}"}}"#),
            format!(r#"{{"a":[{{"b":{CARD}}}]}}"#),
            format!(r#"{{"{CARD}":1}}"#),
            r#"{"note":"my card is 4456 5300 0000 1096, thanks"}"#.to_owned(),
            r#"{"note":"4456-5300-0000-1096"}"#.to_owned(),
            r#"{"note":"4456.5300/0000_1096"}"#.to_owned(),
            r#"{"note":"٤٤٥٦٥٣٠٠٠٠٠٠١٠٩٦"}"#.to_owned(),
        ] {
            let shown = shown(&json);
            let digits: String = shown.chars().filter_map(tatami_core::card::digit).collect();
            assert!(digits.len() < 4, "{shown}");
            assert!(shown.contains(MASK), "{shown}");
        }
        // Of a card that is there as such, every spelling.
        let both = shown(&format!(
            r#"{{"cardNumber":"{CARD}","note":"x4a4b56530000001c096"}}"#
        ));
        assert_eq!(both, r#"{"cardNumber":"****","note":"****"}"#);
    }

    #[test]
    fn secrets_are_masked_by_name() {
        let json = r#"{"CV2":"123","customer":{"secret":{"a":["x"]}},"flag":true}"#;
        assert_eq!(
            shown(json),
            r#"{"CV2":"****","customer":{"secret":{"a":["****"]}},"flag":true}"#
        );
    }

    #[test]
    fn what_is_no_secret_stays() {
        for json in [
            r#"{"amount":{"value":1000,"currencyCode":"GBP"},"reference":"Order 1"}"#,
            r#"{"at":"2026-11-30T15:22:08.1234567Z","list":[1,2.5,null,"a\"b\\\n"]}"#,
            r#"{"paymentLink":"http://localhost/checkout/pi_sandbox_0123456789abcdefABCDEF"}"#,
        ] {
            assert_eq!(shown(json), json);
        }
        let body = body(
            br#"{"id":"pi_1","paymentIntentId":"pi_2","reference":"R"}"#,
            &secrets(&[]),
            Shows::All,
        );
        assert_eq!(body.about, ["pi_1", "R"]);
        assert_eq!(body.payment.as_deref(), Some("pi_2"));
    }

    #[test]
    fn a_body_with_a_card_shows_no_value() {
        let json = br#"{"a":"x","b":[1,true,""],"message":"No.","cv2":{"message":"1"}}"#;
        let none = body(json, &secrets(&[]), Shows::Only(&[])).text;
        assert_eq!(
            none,
            r#"{"a":"****","b":["****",true,""],"message":"****","cv2":{"message":"****"}}"#
        );
        let some = body(json, &secrets(&["a"]), Shows::Only(&["message", "a"])).text;
        assert!(
            some.starts_with(r#"{"a":"****","b":["****",true,""],"message":"No.""#),
            "{some}"
        );
    }

    #[test]
    fn bodies_are_bounded() {
        let long = format!(r#"{{"a":"{}"}}"#, "é ".repeat(KEPT_BYTES / 2));
        let kept = shown(&long);
        assert!(kept.len() <= KEPT_BYTES + CUT.len(), "{}", kept.len());
        assert!(kept.ends_with(CUT));
        let longer = format!(r#"{{"a":"{}"}}"#, "x ".repeat(READ_BYTES));
        assert!(shown(&longer).ends_with("bytes, not kept)"));
        assert_eq!(
            shown("4456530000001096 is not"),
            "(a body that is not JSON of 23 bytes, not kept)"
        );
    }
}
