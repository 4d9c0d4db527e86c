//! JSON as it was written: the names and texts of a tree are parts of the body
//! that it was read from, and members stand in the order of the body.
//!
//! A request is read once and gone. A map that finds a member by its name would
//! cost more to build than all that is asked of it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use serde::de::value::{CowStrDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{Deserialize, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Number;

/// A JSON value. It may hold a card: it has no `Debug`.
#[derive(Default)]
pub enum Tree<'a> {
    /// `null`.
    #[default]
    Nothing,
    /// `true` or `false`.
    Boolean(bool),
    /// Any number.
    Number(Number),
    /// A text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Tree<'a>>),
    /// An object.
    Object(Members<'a>),
}

impl<'a> Tree<'a> {
    /// Reads a text that is JSON and nothing more.
    ///
    /// # Errors
    /// Where it is not JSON.
    pub fn parse(text: &'a str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }
}

/// A member of an object: its name and its value.
type Member<'a> = (Cow<'a, str>, Tree<'a>);

/// The members of an object, as often as they were written. Of those of one
/// name, the last counts, in the place of the first.
#[derive(Default)]
pub struct Members<'a>(Vec<Member<'a>>);

impl<'a> Members<'a> {
    /// None yet, with room for some.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// How many were written.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Their names, in the order of the body.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_ref())
    }

    /// How many bytes their names, and those of their values that are texts, have.
    pub fn text_bytes(&self) -> usize {
        let bytes = |(name, value): &Member<'_>| match value {
            Tree::Text(text) => name.len() + text.len(),
            _ => name.len(),
        };
        self.0.iter().map(bytes).sum()
    }

    /// Each name with its value, in the order of the body.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tree<'a>)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// Takes the value at that place and leaves nothing there.
    pub fn take_value(&mut self, at: usize) -> Tree<'a> {
        std::mem::take(&mut self.0[at].1)
    }

    /// Adds one.
    pub fn push(&mut self, name: impl Into<Cow<'a, str>>, value: Tree<'a>) {
        self.0.push((name.into(), value));
    }

    /// Where the value of that name, in any case, is: of names that differ in
    /// case, the first is meant.
    fn find(&self, name: &str) -> Option<usize> {
        let mut names = self.0.iter().map(|(name, _)| name);
        let first = names.position(|found| found.eq_ignore_ascii_case(name))?;
        let spelling = &self.0[first].0;
        let again = self.0[first + 1..].iter();
        let last = again.enumerate().rev().find(|(_, (n, _))| n == spelling);
        Some(last.map_or(first, |(after, _)| first + 1 + after))
    }

    /// The value of that name in any case.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Tree<'a>> {
        let at = self.find(name)?;
        Some(&mut self.0[at].1)
    }

    /// Takes the value of that name in any case out.
    pub fn take(&mut self, name: &str) -> Option<Tree<'a>> {
        let at = self.find(name)?;
        let (spelling, value) = self.0.remove(at);
        self.0.retain(|(name, _)| *name != spelling);
        Some(value)
    }

    /// The same, with every name once.
    pub fn distinct(self) -> Self {
        let mut places: HashMap<_, usize> = HashMap::with_capacity(self.0.len());
        let mut kept: Vec<Member<'a>> = Vec::with_capacity(self.0.len());
        for (name, value) in self.0 {
            match places.entry(name.clone()) {
                Entry::Occupied(place) => kept[*place.get()].1 = value,
                Entry::Vacant(place) => {
                    place.insert(kept.len());
                    kept.push((name, value));
                }
            }
        }
        Self(kept)
    }
}

impl<'a> IntoIterator for Members<'a> {
    type Item = Member<'a>;
    type IntoIter = std::vec::IntoIter<Member<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'de> Deserialize<'de> for Tree<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Tree<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Tree<'de>, E> {
        Ok(Tree::Nothing)
    }

    fn visit_bool<E>(self, is: bool) -> Result<Tree<'de>, E> {
        Ok(Tree::Boolean(is))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Tree<'de>, E> {
        // JSON has no number that would not be finite.
        Ok(Number::from_f64(number).map_or(Tree::Nothing, Tree::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree<'de>, A::Error> {
        let mut object = Members::default();
        while let Some((Name(name), value)) = members.next_entry()? {
            object.push(name, value);
        }
        Ok(Tree::Object(object))
    }
}

struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(AnyName)
    }
}

struct AnyName;

impl<'de> Visitor<'de> for AnyName {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}

impl<'de> Deserializer<'de> for Tree<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Self::Nothing => visitor.visit_unit(),
            Self::Boolean(is) => visitor.visit_bool(is),
            Self::Number(number) => number.deserialize_any(visitor),
            Self::Text(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Self::Text(Cow::Owned(text)) => visitor.visit_string(text),
            Self::List(list) => {
                let mut items = SeqDeserializer::new(list.into_iter());
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }
            Self::Object(object) => {
                let mut members = MapDeserializer::new(object.into_iter());
                let value = visitor.visit_map(&mut members)?;
                members.end()?;
                Ok(value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Self::Nothing => visitor.visit_none(),
            some => visitor.visit_some(some),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    /// The documented enumerations are words; none has a value with it.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match self {
            Self::Text(word) => visitor.visit_enum(CowStrDeserializer::new(word)),
            other => other.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, serde_json::Error> for Tree<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use serde_json::{Value, json};

    use super::*;

    const SCALARS: [&str; 30] = [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "7",
        "-7",
        "7.0",
        "7.5e-3",
        "1e999",
        "1e-999",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "01",
        "-",
        "1.",
        "nul",
        r#""""#,
        r#""text""#,
        r#""café""#,
        r#""\n\\""#,
        r#""\u0041""#,
        r#""\ud83d\ude00""#,
        r#""\ud800""#,
        r#""\udc00x""#,
        r#""\x""#,
        "\"\n\"",
        "",
    ];
    const NAMES: [&str; 6] = ["a", "b", "A", r"\u0061", "café", ""];

    /// Texts that are JSON, or nearly.
    fn texts() -> impl Strategy<Value = String> {
        let scalars = select(&SCALARS[..]).prop_map(str::to_owned);
        scalars.prop_recursive(4, 24, 4, |inner| {
            let member = (select(&NAMES[..]), inner.clone());
            let member = member.prop_map(|(name, value)| format!("\"{name}\": {value}"));
            prop_oneof![
                vec(inner, 0..4).prop_map(|all| format!("[{}]", all.join(" ,"))),
                vec(member, 0..5).prop_map(|all| format!("{{{}}}", all.join(",\n"))),
            ]
        })
    }

    /// What a text says, or where it is not JSON.
    fn said(text: &str) -> Result<Value, (usize, usize)> {
        let tree = Tree::parse(text).map_err(|error| (error.line(), error.column()))?;
        Ok(Value::deserialize(tree).expect("any JSON"))
    }

    fn assert_same(text: &[u8]) {
        let Ok(text) = str::from_utf8(text) else {
            return;
        };
        let wanted = serde_json::from_str::<Value>(text);
        let wanted = wanted.map_err(|error| (error.line(), error.column()));
        assert_eq!(said(text), wanted, "{text}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_tree_says_what_a_value_of_the_same_text_says(
            text in texts(),
            place in any::<Index>(),
            byte in any::<u8>(),
        ) {
            let mut text = text.into_bytes();
            assert_same(&text);
            let place = place.index(text.len() + 1);
            assert_same(&text[..place]);
            text.insert(place, byte);
            assert_same(&text);
        }
    }

    #[test]
    fn nesting_ends_somewhere() {
        for depth in [127, 128, 100_000] {
            let list = [b"[".repeat(depth), b"]".repeat(depth)].concat();
            let object = [&b"{\"a\":".repeat(depth), &b"1"[..], &b"}".repeat(depth)].concat();
            for text in [list, object] {
                assert_same(&text);
                let text = String::from_utf8(text).expect("ASCII");
                assert_eq!(said(&text).is_ok(), depth < 128);
            }
        }
    }

    #[test]
    fn of_one_name_the_last_counts_in_the_place_of_the_first() {
        let members = || match Tree::parse(r#"{"a":1,"A":2,"b":3,"a":4,"A":5}"#) {
            Ok(Tree::Object(members)) => members,
            _ => panic!("not an object"),
        };
        let mut left = members();
        assert!(matches!(left.take("A"), Some(Tree::Number(n)) if n == 4.into()));
        assert!(matches!(left.get_mut("a"), Some(Tree::Number(n)) if *n == 5.into()));
        assert_eq!(left.names().collect::<Vec<_>>(), ["A", "b", "A"]);
        assert!(left.take("c").is_none());
        let distinct = members().distinct();
        assert_eq!(distinct.names().collect::<Vec<_>>(), ["a", "A", "b"]);
        let distinct = Value::deserialize(Tree::Object(distinct));
        assert_eq!(distinct.ok(), Some(json!({ "a": 4, "A": 5, "b": 3 })));
    }
}
