//! The table.

use std::fmt::Write as _;

use crate::rows::{Row, Wanted};
use crate::subject::Database;

/// The values of a row on a database, a pair for each round: the old build's, if it
/// was measured, and the new one's.
pub struct Values<'a> {
    pub row: &'a Row,
    pub database: Database,
    pub wanted: Wanted,
    pub rounds: Vec<(Option<f64>, f64)>,
    /// Why it could not be measured.
    pub failure: Option<String>,
}

impl Values<'_> {
    /// The medians of the old build and of the new one.
    fn medians(&self) -> (f64, f64) {
        let old = self.rounds.iter().filter_map(|(old, _)| *old).collect();
        let new = self.rounds.iter().map(|(_, new)| *new).collect();
        (median(old), median(new))
    }

    /// The median of the ratios of each round: what they compare was measured side
    /// by side.
    fn ratio(&self) -> f64 {
        let pairs = self.rounds.iter();
        median(pairs.filter_map(|(old, new)| Some(new / (*old)?)).collect())
    }

    /// What is wanted, what is compared with it, and whether it is met.
    fn verdict(&self) -> (String, f64, &'static str) {
        let (ratio, (_, new)) = (self.ratio(), self.medians());
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
        let (old, new) = values.medians();
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
            number(old),
            number(new),
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
    use crate::rows::rows;

    #[test]
    fn a_row_is_judged_by_the_median_of_its_rounds() {
        let rows = rows();
        let values = |wanted, rounds: &[(Option<f64>, f64)]| Values {
            row: &rows[0],
            database: Database::Sqlite,
            wanted,
            rounds: rounds.to_vec(),
            failure: None,
        };
        let rounds = [
            (Some(100.0), 90.0),
            (Some(200.0), 300.0),
            (Some(100.0), 80.0),
        ];
        let (_, ratio, met) = values(Wanted::AtLeastOfOld(0.9), &rounds).verdict();
        assert_eq!((ratio, met), (0.9, "met"));
        let (_, _, met) = values(Wanted::AtMostOfOld(0.8), &rounds).verdict();
        assert_eq!(met, "**not met**");
        let alone = [(None, 20.0)];
        assert_eq!(values(Wanted::AtMost(25.0), &alone).verdict().2, "met");
        assert_eq!(values(Wanted::AtLeastOfOld(0.9), &alone).verdict().2, "");
        let mut broken = values(Wanted::AtMost(25.0), &[]);
        broken.failure = Some("status 500".to_owned());
        let table = table(&[broken]);
        assert!(
            table.contains("**failed**") && table.contains("status 500"),
            "{table}"
        );
    }
}
