//! Figures of a day, counted from the journal.

use tatami_core::account::Scope;
use tatami_core::money::{Currency, Money};
use tatami_core::time::{SignedDuration, Timestamp, ticks};

use crate::Failure;
use crate::overview::Overview;
use crate::transactions::Place;

/// Lines that are counted at once.
const LINES: usize = 10_000;
/// The most lines that are counted.
const MOST_LINES: usize = 30_000;
/// Comes after all lines.
const END: &str = "~";

/// Payments of a day, as far as they were counted.
#[derive(Clone, Debug, Default)]
pub struct Day {
    /// Payments that were approved.
    pub approved: u64,
    /// Tries that were declined.
    pub declined: u64,
    /// What was approved, in minor units, for each currency that there was.
    pub sums: Vec<Money>,
    /// Approved payments of each hour since the start.
    pub hours: [u64; 24],
    /// Whether there are more than were counted.
    pub has_more: bool,
}

impl Overview<'_> {
    /// The payments since the start of a day, the newest ones up to a bound.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn day(self, scope: &Scope, start: Timestamp) -> Result<Day, Failure> {
        let (mut day, mut below, mut counted) = (Day::default(), END.to_owned(), 0);
        let hours = (0..24).map(|hour| ticks(start + SignedDuration::from_hours(hour)));
        let hours: Vec<String> = hours.collect();
        let above = ticks(start);
        loop {
            let journal = self.0.transactions();
            let lines = journal.places(scope, (&above, &below), LINES).await?;
            for line in &lines {
                day.count(line, &hours);
            }
            counted += lines.len();
            let is_last = lines.len() < LINES;
            day.has_more = !is_last && counted >= MOST_LINES;
            match lines.last() {
                Some(last) if !is_last && !day.has_more => below = last.as_str().to_owned(),
                _ => return Ok(day),
            }
        }
    }
}

impl Day {
    /// Counts a line. A line begins with its time, as the beginnings of hours are written.
    fn count(&mut self, line: &Place, hours: &[String]) {
        let Some(line) = line.read() else {
            return;
        };
        if !line.is_payment {
            return;
        }
        if line.is_declined {
            self.declined += 1;
        }
        if !line.is_done {
            return;
        }
        self.approved += 1;
        let begun = hours.partition_point(|hour| hour.as_str() <= line.at);
        self.hours[begun.saturating_sub(1)] += 1;
        let Some(currency) = Currency::from_code(line.currency) else {
            return;
        };
        let amount = Money::new(line.minor, currency);
        match self.sums.iter_mut().find(|sum| sum.currency == currency) {
            Some(sum) => *sum = sum.plus(amount).unwrap_or(*sum),
            None => self.sums.push(amount),
        }
    }
}
