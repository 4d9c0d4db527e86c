//! Medians and quantiles.

use std::time::Duration;

/// The latencies of a load in microseconds. All are kept, so quantiles are exact.
#[derive(Default)]
pub struct Latencies(pub Vec<u32>);

impl Latencies {
    /// Adds one.
    pub fn add(&mut self, took: Duration) {
        let us = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        self.0.push(us);
    }

    /// The latency that one request in a hundred exceeds, in milliseconds.
    pub fn p99_ms(mut self) -> f64 {
        self.0.sort_unstable();
        let at = (self.0.len() * 99).div_ceil(100).saturating_sub(1);
        let us = self.0.get(at);
        us.map_or(f64::NAN, |us| f64::from(*us) / 1000.0)
    }
}

/// The median; not a number if there are no values.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_and_medians() {
        let mut some = Latencies::default();
        for ms in (1..=200).rev() {
            some.add(Duration::from_millis(ms));
        }
        assert_eq!(some.p99_ms(), 198.0);
        assert!(Latencies::default().p99_ms().is_nan());
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![1.0, 2.0]), 1.5);
        assert!(median(Vec::new()).is_nan());
    }
}
