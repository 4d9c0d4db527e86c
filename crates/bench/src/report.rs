//! The table.

use std::fmt::Write as _;

use crate::rows::{Row, Wanted};
use crate::subject::Database;

/// The values of a row on a database, one for each round.
pub struct Values<'a> {
    pub row: &'a Row,
    database: Database,
    wanted: Wanted,
    /// The old build's, if it was measured.
    pub old: Vec<f64>,
    pub new: Vec<f64>,
    /// Why it could not be measured.
    pub failure: Option<String>,
}

impl<'a> Values<'a> {
    /// None yet.
    pub const fn new(row: &'a Row, database: Database, wanted: Wanted) -> Self {
        Self {
            row,
            database,
            wanted,
            old: Vec::new(),
            new: Vec::new(),
            failure: None,
        }
    }

    /// The median of the ratios of each round: what they compare was measured side
    /// by side.
    fn ratio(&self) -> f64 {
        let pairs = self.new.iter().zip(&self.old);
        median(pairs.map(|(new, old)| new / old).collect())
    }

    /// What is wanted, what is compared with it, and whether it is met.
    fn verdict(&self) -> (String, f64, &'static str) {
        let (ratio, new) = (self.ratio(), median(self.new.clone()));
        let (text, value, met) = match self.wanted {
            Wanted::AtLeastOfOld(limit) => (format!("≥ {limit} of old"), ratio, ratio >= limit),
            Wanted::AtMostOfOld(limit) => (format!("≤ {limit} of old"), ratio, ratio <= limit),
            Wanted::AtLeast(limit) => (format!("≥ {limit}"), new, new >= limit),
            Wanted::AtMost(limit) => (format!("≤ {limit}"), new, new <= limit),
            Wanted::Nothing => (String::new(), ratio, true),
        };
        let met = match (value.is_nan() || text.is_empty(), met) {
            (true, _) => "",
            (_, true) => "met",
            (_, false) => "**not met**",
        };
        (text, value, met)
    }
}

/// The table in Markdown.
pub fn table(all: &[Values<'_>]) -> String {
    let mut text = String::from(
        "| what | database | old | new | wanted | value | |\n\
         | --- | --- | ---: | ---: | --- | ---: | --- |\n",
    );
    for values in all {
        let (wanted, value, met) = values.verdict();
        let met = match &values.failure {
            Some(_) => "**failed**",
            None => met,
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {wanted} | {} | {met} |",
            values.row.what,
            values.database.name(),
            number(median(values.old.clone())),
            number(median(values.new.clone())),
            number(value),
        );
    }
    for values in all {
        if let Some(why) = &values.failure {
            let (name, database) = (values.row.name, values.database.name());
            let _ = writeln!(text, "\n{name} on {database}: {why}");
        }
    }
    text
}

/// The median; not a number if there are no values.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

/// With three digits or more.
fn number(value: f64) -> String {
    match value.abs() {
        n if n.is_nan() => String::new(),
        n if n < 10.0 => format!("{value:.2}"),
        n if n < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::ROWS;

    #[test]
    fn a_row_is_judged_by_the_median_of_its_rounds() {
        let values = |wanted, old: &[f64], new: &[f64]| Values {
            old: old.to_vec(),
            new: new.to_vec(),
            ..Values::new(&ROWS[0], Database::Sqlite, wanted)
        };
        let (old, new) = ([100.0, 200.0, 100.0], [90.0, 300.0, 80.0]);
        let (_, ratio, met) = values(Wanted::AtLeastOfOld(0.9), &old, &new).verdict();
        assert_eq!((ratio, met), (0.9, "met"));
        let (_, _, met) = values(Wanted::AtMostOfOld(0.8), &old, &new).verdict();
        assert_eq!(met, "**not met**");
        let (_, value, met) = values(Wanted::AtMost(25.0), &[], &[10.0, 30.0]).verdict();
        assert_eq!((value, met), (20.0, "met"));
        // Without an old build there is nothing to compare.
        assert_eq!(values(Wanted::AtLeastOfOld(0.9), &[], &new).verdict().2, "");
        let mut broken = values(Wanted::AtMost(25.0), &[], &[]);
        broken.failure = Some("status 500".to_owned());
        let table = table(&[broken]);
        let shown = table.contains("**failed**") && table.contains("status 500");
        assert!(shown, "{table}");
    }
}
