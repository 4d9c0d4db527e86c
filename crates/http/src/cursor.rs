//! Cursors of listings: the id of what they point at, made opaque.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tatami_core::id::MalformedId;
use tatami_core::problem::Violation;

/// The cursor of an id.
pub fn cursor_at(id: &str) -> String {
    URL_SAFE_NO_PAD.encode(id)
}

/// The ids that the cursors of a request point at.
#[derive(Debug, PartialEq, Eq)]
pub struct Sides<T> {
    /// The page ends right before it.
    pub before: Option<T>,
    /// The page begins right after it.
    pub after: Option<T>,
}

impl<T> Sides<T> {
    /// Reads the cursors of a request; empty ones are none. `place` is where
    /// they are in it.
    pub fn read(
        place: &str,
        before: Option<String>,
        after: Option<String>,
        parse: fn(&str) -> Result<T, MalformedId>,
        broken: &mut Vec<Violation>,
    ) -> Self {
        let field = |name: &str| match place {
            "" => name.to_owned(),
            place => format!("{place}.{name}"),
        };
        let given = |cursor: Option<String>| cursor.filter(|c| !c.is_empty());
        let (before, after) = (given(before), given(after));
        if before.is_some() && after.is_some() {
            let place = if place.is_empty() { "Before" } else { place };
            broken.push(Violation::new(
                place,
                "Only one of Before and After may be given.",
            ));
        }
        let mut read = |name: &str, cursor: Option<String>| {
            let id = cursor.map(|cursor| id_at(&cursor, parse))?;
            if id.is_none() {
                let rule = format!("The {name} must be a cursor from an earlier answer.");
                broken.push(Violation::new(field(name), rule));
            }
            id
        };
        Self {
            before: read("Before", before),
            after: read("After", after),
        }
    }
}

fn id_at<T>(cursor: &str, parse: fn(&str) -> Result<T, MalformedId>) -> Option<T> {
    let id = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    parse(&id).ok()
}
