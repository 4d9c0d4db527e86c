//! The published versions. Inside there is one, the newest: an older `version`
//! header passes its requests up and its answers down through the steps of the
//! modules here, each of which lists exactly what changed after it. The same
//! lists make the description of each version.

mod change;
mod steps;
#[cfg(test)]
mod tests;
mod v2022_04_07;
mod v2024_02_05;
mod v2025_09_10;
mod v2026_02_27;

use http::HeaderMap;
use serde::Serialize;
use serde_json::{Map, Value};
use tatami_core::problem::Violation;
use tatami_http::input::BodyVersion;
use tatami_http::problem::Problem;
use tatami_http::shape::{Members, Tree};
use utoipa::ToSchema;

use change::Change;
use steps::Steps;

/// A JSON object of an answer.
type Object = Map<String, Value>;

/// A published version, and the step between it and the next newer one.
#[derive(Debug)]
pub struct Version {
    /// Its date, `yyyy-mm-dd`: its name.
    pub date: &'static str,
    /// Whether every answer carries the client session secret.
    pub always_shows_secret: bool,
    /// Whether a canceled payment intent is not found unless it is asked for.
    pub hides_canceled: bool,
    /// Makes a request body that of the next version.
    upgrade: fn(&mut Members<'_>),
    /// What was otherwise in answers than in the next version.
    changes: &'static [Change],
    /// Whether a rule of the newest version does not hold in this one.
    excuses: fn(&Violation) -> bool,
}

/// All of them, oldest first.
pub static ALL: [Version; 4] = [
    v2022_04_07::VERSION,
    v2024_02_05::VERSION,
    v2025_09_10::VERSION,
    v2026_02_27::VERSION,
];

/// The newest.
pub fn newest() -> &'static Version {
    &ALL[ALL.len() - 1]
}

/// The newest version that was published by that date.
fn on(date: &str) -> Option<&'static Version> {
    ALL.iter().rev().find(|v| v.date <= date)
}

/// The version of that very date, or the newest: for answers that were begun
/// for a caller who is gone.
pub fn named(date: &str) -> &'static Version {
    ALL.iter().find(|v| v.date == date).unwrap_or_else(newest)
}

/// The version that the `version` header names.
///
/// # Errors
/// 400 if there is none, or it is not a date on or after the first version.
pub fn required(headers: &HeaderMap) -> Result<&'static Version, Problem> {
    match headers.get("version") {
        Some(_) => optional(headers),
        None => Err(Problem::field("Version", "The version header is required.")),
    }
}

/// The version that the `version` header names; the newest without one.
///
/// # Errors
/// 400 if it is not a date on or after the first version.
pub fn optional(headers: &HeaderMap) -> Result<&'static Version, Problem> {
    let Some(header) = headers.get("version") else {
        return Ok(newest());
    };
    let text = header.to_str().unwrap_or_default().trim();
    if !is_date(text) {
        return Err(Problem::field(
            "Version",
            "The version header must be a date of the form yyyy-mm-dd.",
        ));
    }
    on(text)
        .ok_or_else(|| Problem::field("Version", format!("The first version is {}.", ALL[0].date)))
}

fn is_date(text: &str) -> bool {
    let form = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| match i {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
    form && text.parse::<jiff::civil::Date>().is_ok()
}

impl Version {
    /// Whether it is what everything inside is written in.
    pub fn is_newest(&self) -> bool {
        self.date == newest().date
    }

    fn at(&self) -> usize {
        ALL.iter().position(|v| v.date == self.date).unwrap_or(0)
    }

    /// An answer as this version has it; `None` if that is as the newest has it.
    pub fn step_down<T: Serialize + ToSchema>(&self, answer: &T) -> Option<Value> {
        if self.is_newest() {
            return None;
        }
        let steps = Steps::of::<T>(self);
        if steps.are_none() {
            return None;
        }
        let mut value = serde_json::to_value(answer).unwrap_or_default();
        steps.take(&mut value);
        Some(value)
    }

    /// Makes the description of the newest version that of this version.
    pub fn describe(&self, document: &mut Value) {
        for step in ALL[self.at()..].iter().rev() {
            for change in step.changes {
                change.describe(document);
            }
        }
        document["info"]["version"] = self.date.into();
    }
}

/// Bodies become those of the newest version, step by step.
impl BodyVersion for Version {
    fn upgrade(&self, body: &mut Tree<'_>) {
        let Tree::Object(body) = body else { return };
        // What the first version called things is understood in all of them.
        v2022_04_07::understand(body);
        for step in &ALL[self.at()..] {
            (step.upgrade)(body);
        }
    }

    fn excuses(&self, violation: &Violation) -> bool {
        ALL[self.at()..].iter().any(|v| (v.excuses)(violation))
    }
}

fn nothing_to_upgrade(_: &mut Members<'_>) {}

fn nothing_excused(_: &Violation) -> bool {
    false
}
