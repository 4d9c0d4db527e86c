//! Reading a JSON value by its shape: lenient as clients need it, and with
//! every violation at once.
//!
//! Property names come in any case, integers as texts, words in any case, and
//! an empty text stands for nothing. Unknown properties are left out. What
//! breaks a rule is noted and left out, so that the rest can still be checked.

use std::fmt::{self, Write as _};

use jiff::Timestamp;
use serde_json::{Map, Value};
use tatami_core::problem::Violation;
use tatami_core::time::TimeSpan;

use super::{Field, Form, Kind, Shape, Text};

/// Where violations of the body as a whole are noted.
pub const BODY: &str = "$";

impl Shape {
    /// The value with the names and forms of the contract, and every rule it
    /// breaks that is not excused. The value is `null` if the body as a whole is
    /// not of the shape.
    pub fn read(
        &self,
        value: Value,
        excuses: &dyn Fn(&Violation) -> bool,
    ) -> (Value, Vec<Violation>) {
        let mut reader = Reader {
            excuses,
            broken: Vec::new(),
        };
        let value = reader.value(self, value, &At::Body).unwrap_or_default();
        (value, reader.broken)
    }

    /// Whether a value stands for nothing: `null`, or an empty text where a
    /// text would have to say something.
    fn is_nothing(&self, value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::String(text) if text.is_empty() => match &self.kind {
                Kind::Text(rules) => {
                    rules.form != Form::Plain || !rules.words.is_empty() || rules.least_chars > 0
                }
                Kind::Any => false,
                Kind::Object(_) | Kind::Map(_) | Kind::List(_) => true,
                Kind::Integer { .. } | Kind::Boolean => true,
            },
            Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
            Value::Array(_) | Value::Object(_) => false,
        }
    }
}

struct Reader<'a> {
    excuses: &'a dyn Fn(&Violation) -> bool,
    broken: Vec<Violation>,
}

impl Reader<'_> {
    fn note(&mut self, at: &At<'_>, rule: &str) -> Option<Value> {
        let at = at.to_string();
        let field = if at.is_empty() { BODY } else { &at };
        let name = at.rsplit('.').next().filter(|n| !n.is_empty());
        let name = name.map_or("The body".to_owned(), |n| format!("The {n}"));
        let violation = Violation::new(field, format!("{name} {rule}"));
        if !(self.excuses)(&violation) {
            self.broken.push(violation);
        }
        None
    }

    fn value(&mut self, shape: &Shape, value: Value, at: &At<'_>) -> Option<Value> {
        match (&shape.kind, value) {
            (Kind::Any, value) => Some(value),
            (Kind::Object(fields), Value::Object(map)) => Some(self.object(fields, map, at)),
            (Kind::Map(values), Value::Object(map)) => Some(self.map(values, map, at)),
            (Kind::Object(_) | Kind::Map(_), _) => self.note(at, "must be an object."),
            (Kind::List(items), Value::Array(all)) => self.list(items, all, at),
            (Kind::List(_), _) => self.note(at, "must be a list."),
            (Kind::Boolean, Value::Bool(is)) => Some(Value::Bool(is)),
            (Kind::Boolean, _) => self.note(at, "must be true or false."),
            (Kind::Integer { least, most }, value) => match integer(&value) {
                Some(number) => self.bounded(number, *least, *most, at),
                None => self.note(at, "must be an integer."),
            },
            (Kind::Text(rules), Value::String(text)) => self.text(rules, text, at),
            (Kind::Text(_), _) => self.note(at, "must be a text."),
        }
    }

    fn object(&mut self, fields: &[Field], map: Map<String, Value>, at: &At<'_>) -> Value {
        let mut found: Vec<Option<Value>> = vec![None; fields.len()];
        for (name, value) in map {
            let field = fields
                .iter()
                .position(|f| f.name.eq_ignore_ascii_case(&name));
            if let Some(field) = field {
                found[field] = Some(value);
            }
        }
        let mut read = Map::with_capacity(found.iter().flatten().count());
        for (field, value) in fields.iter().zip(found) {
            let shape = &field.shape;
            match value {
                Some(value) if !shape.is_nothing(&value) => {
                    if let Some(value) = self.value(shape, value, &At::Property(at, &field.name)) {
                        read.insert(field.name.clone(), value);
                    }
                }
                Some(_) if shape.nullable => {}
                _ if field.required => {
                    self.note(&At::Property(at, &field.name), "field is required.");
                }
                _ => {}
            }
        }
        Value::Object(read)
    }

    fn map(&mut self, values: &Shape, map: Map<String, Value>, at: &At<'_>) -> Value {
        let mut read = Map::new();
        for (name, value) in map {
            if value.is_null() {
                continue;
            }
            if let Some(value) = self.value(values, value, &At::Key(at, &name)) {
                read.insert(name, value);
            }
        }
        Value::Object(read)
    }

    /// A list with a broken item is left out whole: the places of the others
    /// would no longer be theirs.
    fn list(&mut self, items: &Shape, all: Vec<Value>, at: &At<'_>) -> Option<Value> {
        let before = self.broken.len();
        let mut read = Vec::with_capacity(all.len());
        for (i, item) in all.into_iter().enumerate() {
            let at = At::Item(at, i);
            if item.is_null() {
                self.note(&at, "must not be null.");
            } else {
                read.extend(self.value(items, item, &at));
            }
        }
        (self.broken.len() == before).then_some(Value::Array(read))
    }

    fn bounded(&mut self, number: i64, least: i64, most: i64, at: &At<'_>) -> Option<Value> {
        if (least..=most).contains(&number) {
            return Some(Value::from(number));
        }
        let rule = match (number < least, least, most) {
            (true, 0, _) => "must not be negative.".to_owned(),
            (true, 1, i64::MAX) => "must be greater than 0.".to_owned(),
            (_, i64::MIN, _) => format!("must be at most {most}."),
            (_, _, i64::MAX) => format!("must be at least {least}."),
            (_, least, most) => format!("must be between {least} and {most}."),
        };
        self.note(at, &rule)
    }

    fn text(&mut self, rules: &Text, text: String, at: &At<'_>) -> Option<Value> {
        if !rules.words.is_empty() {
            let word = rules.words.iter().find(|w| w.eq_ignore_ascii_case(&text));
            return match word {
                Some(word) => Some(Value::from(word.as_str())),
                None => self.note(at, &format!("must be one of {}.", rules.words.join(", "))),
            };
        }
        let chars = text.chars().count();
        if chars > rules.most_chars {
            let rule = format!("must be at most {} characters long.", rules.most_chars);
            return self.note(at, &rule);
        }
        if chars < rules.least_chars {
            let rule = format!("must be at least {} characters long.", rules.least_chars);
            return self.note(at, &rule);
        }
        match rules.form {
            Form::Plain | Form::Link => Some(Value::String(text)),
            Form::Moment => match moment(&text) {
                Some(moment) => Some(Value::String(moment.to_string())),
                None => self.note(at, "must be a date and time in the ISO 8601 format."),
            },
            Form::Span => match TimeSpan::parse(&text) {
                Some(_) => Some(Value::String(text)),
                None => self.note(at, "must be a time span of the form dd.hh:MM:ss."),
            },
        }
    }
}

/// Where a value stands in the body, written out only if it breaks a rule:
/// `Amount.Value`, `ItemLines[0]`.
enum At<'a> {
    Body,
    /// A property of the contract, which begins with a capital letter.
    Property(&'a At<'a>, &'a str),
    /// A name that the caller chose.
    Key(&'a At<'a>, &'a str),
    Item(&'a At<'a>, usize),
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body => Ok(()),
            Self::Property(within, name) => {
                if !matches!(within, Self::Body) {
                    write!(f, "{within}.")?;
                }
                let mut chars = name.chars();
                let first = chars.next().map(|c| c.to_ascii_uppercase());
                first.map_or(Ok(()), |first| f.write_char(first))?;
                f.write_str(chars.as_str())
            }
            Self::Key(within, name) => write!(f, "{within}.{name}"),
            Self::Item(within, n) => write!(f, "{within}[{n}]"),
        }
    }
}

/// An integer, written as one, as a text, or with an empty fraction.
fn integer(value: &Value) -> Option<i64> {
    /// Whole numbers up to here are exact as floating-point numbers.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let number = number.as_f64()?;
            let whole = number.fract() == 0.0 && number.abs() <= EXACT;
            whole.then_some(number as i64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A moment; without an offset it is UTC.
fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let zoned = text.parse::<Timestamp>().ok();
    zoned.or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    })
}
