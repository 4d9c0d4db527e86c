//! Reading a JSON tree by its shape: lenient as clients need it, and with
//! every violation at once.
//!
//! Property names come in any case, integers and truth values as texts, words in any
//! case, and an empty text stands for nothing. Unknown properties are left out. What
//! breaks a rule is noted and left out, so that the rest can still be checked.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use jiff::Timestamp;
use tatami_core::card::could_hold_number;
use tatami_core::problem::Violation;
use tatami_core::time::TimeSpan;

use super::{Field, Form, Kind, MapBounds, Members, Shape, Text, Tree};

/// Where violations of the body as a whole are noted.
pub const BODY: &str = "$";

impl Shape {
    /// The value with the names and forms of the contract, and every rule it
    /// breaks that is not excused. The value is nothing if the body as a whole is
    /// not of the shape.
    pub fn read<'a>(
        &'a self,
        value: Tree<'a>,
        excuses: &dyn Fn(&Violation) -> bool,
    ) -> (Tree<'a>, Vec<Violation>) {
        let mut reader = Reader {
            excuses,
            broken: Vec::new(),
        };
        let value = reader.value(self, value, &At::Body).unwrap_or_default();
        (value, reader.broken)
    }

    /// Whether a value stands for nothing: `null`, or an empty text where a
    /// text would have to say something.
    fn is_nothing(&self, value: &Tree<'_>) -> bool {
        match value {
            Tree::Nothing => true,
            Tree::Text(text) if text.is_empty() => match &self.kind {
                Kind::Text(rules) => {
                    rules.form != Form::Plain || !rules.words.is_empty() || rules.least_chars > 0
                }
                Kind::Any => false,
                Kind::Object(_) | Kind::Map(..) | Kind::List(..) => true,
                Kind::Integer { .. } | Kind::Boolean => true,
            },
            Tree::Boolean(_) | Tree::Number(_) | Tree::Text(_) => false,
            Tree::List(_) | Tree::Object(_) => false,
        }
    }
}

struct Reader<'a> {
    excuses: &'a dyn Fn(&Violation) -> bool,
    broken: Vec<Violation>,
}

impl Reader<'_> {
    fn note(&mut self, at: &At<'_>, rule: &str) {
        let at = at.to_string();
        let field = if at.is_empty() { BODY } else { &at };
        let name = at.rsplit('.').next().filter(|n| !n.is_empty());
        let name = name.map_or("The body".to_owned(), |n| format!("The {n}"));
        let violation = Violation::new(field, format!("{name} {rule}"));
        if !(self.excuses)(&violation) {
            self.broken.push(violation);
        }
    }

    fn refuse<'a>(&mut self, at: &At<'_>, rule: &str) -> Option<Tree<'a>> {
        self.note(at, rule);
        None
    }

    fn value<'a>(&mut self, shape: &'a Shape, value: Tree<'a>, at: &At<'_>) -> Option<Tree<'a>> {
        match (&shape.kind, value) {
            (Kind::Any, value) => Some(value),
            (Kind::Object(fields), Tree::Object(given)) => Some(self.object(fields, given, at)),
            (Kind::Map(values, bounds), Tree::Object(given)) => {
                self.map(values, *bounds, given, at)
            }
            (Kind::Object(_) | Kind::Map(..), _) => self.refuse(at, "must be an object."),
            (Kind::List(items, most), Tree::List(all)) => self.list(items, *most, all, at),
            (Kind::List(..), _) => self.refuse(at, "must be a list."),
            (Kind::Boolean, value) => match boolean(&value) {
                Some(is) => Some(Tree::Boolean(is)),
                None => self.refuse(at, "must be true or false."),
            },
            (Kind::Integer { least, most }, value) => match integer(&value) {
                Some(number) => self.bounded(number, *least, *most, at),
                None => self.refuse(at, "must be an integer."),
            },
            (Kind::Text(rules), Tree::Text(text)) => self.text(rules, text, at),
            (Kind::Text(_), _) => self.refuse(at, "must be a string."),
        }
    }

    fn object<'a>(&mut self, fields: &'a [Field], mut given: Members<'a>, at: &At<'_>) -> Tree<'a> {
        let mut found = vec![None; fields.len()];
        if !find(fields, &given, &mut found) {
            given = given.distinct();
            find(fields, &given, &mut found);
        }
        let mut read = Members::with_capacity(given.len().min(fields.len()));
        for (field, place) in fields.iter().zip(found) {
            let (shape, name) = (&field.shape, field.name.as_str());
            let value = place.map(|place| given.take_value(place));
            match value {
                Some(value) if !shape.is_nothing(&value) => {
                    if let Some(value) = self.value(shape, value, &At::Property(at, name)) {
                        read.push(name, value);
                    }
                }
                Some(_) if shape.nullable => {}
                _ if field.required => self.note(&At::Property(at, name), "field is required."),
                _ => {}
            }
        }
        Tree::Object(read)
    }

    fn map<'a>(
        &mut self,
        values: &'a Shape,
        bounds: MapBounds,
        given: Members<'a>,
        at: &At<'_>,
    ) -> Option<Tree<'a>> {
        let given = given.distinct();
        if !self.within(bounds, &given, at) {
            return None;
        }
        let mut read = Members::default();
        for (name, value) in given {
            if matches!(value, Tree::Nothing) {
                continue;
            }
            if let Some(value) = self.value(values, value, &At::Key(at, &name)) {
                read.push(name, value);
            }
        }
        Some(Tree::Object(read))
    }

    /// Whether a map has no more than it may have. Names that are too long are not
    /// told: they may be anything.
    fn within(&mut self, bounds: MapBounds, given: &Members<'_>, at: &At<'_>) -> bool {
        let before = self.broken.len();
        let MapBounds {
            keys,
            key_chars,
            bytes,
        } = bounds;
        if given.len() > keys {
            self.note(at, &format!("must have at most {keys} keys."));
        }
        let is_long = |name: &str| name.len() > key_chars && name.chars().count() > key_chars;
        if given.names().any(is_long) {
            let rule = format!("must have keys of at most {key_chars} characters.");
            self.note(at, &rule);
        }
        if given.text_bytes() > bytes {
            self.note(at, &format!("must be at most {bytes} bytes in all."));
        }
        self.broken.len() == before
    }

    /// A list with a broken item is left out whole: the places of the others
    /// would no longer be theirs.
    fn list<'a>(
        &mut self,
        items: &'a Shape,
        most: usize,
        all: Vec<Tree<'a>>,
        at: &At<'_>,
    ) -> Option<Tree<'a>> {
        if all.len() > most {
            return self.refuse(at, &format!("must have at most {most} items."));
        }
        let before = self.broken.len();
        let mut read = Vec::with_capacity(all.len());
        for (i, item) in all.into_iter().enumerate() {
            let at = At::Item(at, i);
            if matches!(item, Tree::Nothing) {
                self.note(&at, "must not be null.");
            } else {
                read.extend(self.value(items, item, &at));
            }
        }
        (self.broken.len() == before).then_some(Tree::List(read))
    }

    fn bounded<'a>(&mut self, number: i64, least: i64, most: i64, at: &At<'_>) -> Option<Tree<'a>> {
        if (least..=most).contains(&number) {
            return Some(Tree::Number(number.into()));
        }
        let rule = match (number < least, least, most) {
            (true, 0, _) => "must not be negative.".to_owned(),
            (true, 1, i64::MAX) => "must be greater than 0.".to_owned(),
            (_, i64::MIN, _) => format!("must be at most {most}."),
            (_, _, i64::MAX) => format!("must be at least {least}."),
            (_, least, most) => format!("must be between {least} and {most}."),
        };
        self.refuse(at, &rule)
    }

    fn text<'a>(&mut self, rules: &'a Text, text: Cow<'a, str>, at: &At<'_>) -> Option<Tree<'a>> {
        if !rules.words.is_empty() {
            let word = rules.words.iter().find(|w| w.eq_ignore_ascii_case(&text));
            return match word {
                Some(word) => Some(Tree::Text(Cow::Borrowed(word))),
                None => self.refuse(at, &format!("must be one of {}.", rules.words.join(", "))),
            };
        }
        // A text has no more characters than bytes.
        let most = rules.most_chars;
        if text.len() > most && text.chars().count() > most {
            let rule = format!("must be at most {most} characters long.");
            return self.refuse(at, &rule);
        }
        let least = rules.least_chars;
        if text.chars().take(least).count() < least {
            let rule = format!("must be at least {least} characters long.");
            return self.refuse(at, &rule);
        }
        match rules.form {
            Form::Plain | Form::Link => Some(Tree::Text(text)),
            Form::Moment => match moment(&text) {
                Some(moment) => Some(Tree::Text(moment.to_string().into())),
                None => self.refuse(at, "must be a date and time in the ISO 8601 format."),
            },
            Form::Span => match TimeSpan::parse(&text) {
                Some(_) => Some(Tree::Text(text)),
                None => self.refuse(at, "must be a time span of the form dd.hh:MM:ss."),
            },
        }
    }
}

/// Finds the place of the value of each field; of several, that of the last.
/// Whether there was at most one for each.
fn find(fields: &[Field], given: &Members<'_>, found: &mut [Option<usize>]) -> bool {
    let mut once = true;
    for (at, name) in given.names().enumerate() {
        // Most callers write names as they are documented, which is quick to see.
        let field = fields
            .iter()
            .position(|f| f.name == name || f.name.eq_ignore_ascii_case(name));
        if let Some(field) = field {
            once &= found[field].replace(at).is_none();
        }
    }
    once
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
            // A key may be anything, a card number too.
            Self::Key(within, name) if could_hold_number(name) => write!(f, "{within}.****"),
            Self::Key(within, name) => write!(f, "{within}.{name}"),
            Self::Item(within, n) => write!(f, "{within}[{n}]"),
        }
    }
}

/// A truth value, written as one or as its word.
fn boolean(value: &Tree<'_>) -> Option<bool> {
    match value {
        Tree::Boolean(is) => Some(*is),
        Tree::Text(word) if word.trim().eq_ignore_ascii_case("true") => Some(true),
        Tree::Text(word) if word.trim().eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// An integer, written as one, as a text, or with an empty fraction.
fn integer(value: &Tree<'_>) -> Option<i64> {
    /// Whole numbers up to here are exact as floating-point numbers.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Tree::Number(number) => number.as_i64().or_else(|| {
            let number = number.as_f64()?;
            let whole = number.fract() == 0.0 && number.abs() <= EXACT;
            whole.then_some(number as i64)
        }),
        Tree::Text(text) => text.trim().parse().ok(),
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
