//! Readers of what POS systems write otherwise than they should.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;

/// A text, which may be written as a number.
pub fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    match Option::<Value>::deserialize(from)? {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(D::Error::custom("a text was expected")),
    }
}

/// A text that is there; nothing is an empty one.
pub fn some_text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    text(from).map(Option::unwrap_or_default)
}

/// A list, which is empty if it is `null`.
pub fn list<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<Vec<T>>::deserialize(from).map(Option::unwrap_or_default)
}

/// A whole number, which may be written as a text or with a fraction of nothing.
pub fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    let value = Value::deserialize(from)?;
    let text = match &value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return Err(D::Error::custom("a whole number was expected")),
    };
    let digits = match text.split_once('.') {
        Some((digits, fraction)) if fraction.bytes().all(|b| b == b'0') => digits,
        _ => text.as_str(),
    };
    let whole = digits.parse();
    whole.map_err(|_| D::Error::custom(format!("'{text:.40}' is not a whole number")))
}
