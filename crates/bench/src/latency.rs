//! Latencies: every one is kept, so quantiles are exact. A measurement is
//! bounded in count, and so is this.

use std::time::Duration;

/// The latencies of one measurement.
#[derive(Clone, Debug, Default)]
pub struct Latencies(Vec<u32>);

impl Latencies {
    /// Takes note of one.
    pub fn add(&mut self, took: Duration) {
        self.0
            .push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
    }

    /// Puts another's beside these.
    pub fn merge(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The quantiles asked for (0 to 1), in milliseconds.
    pub fn quantiles_ms<const N: usize>(mut self, wanted: [f64; N]) -> [f64; N] {
        self.0.sort_unstable();
        wanted.map(|q| {
            let last = self.0.len().saturating_sub(1);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "an index of a list"
            )]
            let at = (last as f64 * q).round() as usize;
            self.0
                .get(at)
                .map_or(f64::NAN, |us| f64::from(*us) / 1000.0)
        })
    }
}

/// What became of requests, of which some may be refused.
#[derive(Clone, Debug, Default)]
pub struct Met {
    /// Those that were let in.
    pub accepted: Latencies,
    /// Those that were answered 503.
    pub refused: Latencies,
}

impl Met {
    /// Puts another's beside these.
    pub fn merge(&mut self, other: &Self) {
        self.accepted.merge(&other.accepted);
        self.refused.merge(&other.refused);
    }
}

/// The middle of some values; not a number if there are none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.retain(|v| v.is_finite());
    values.sort_by(f64::total_cmp);
    let n = values.len();
    match n {
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
        for ms in (1..=101).rev() {
            some.add(Duration::from_millis(ms));
        }
        assert_eq!(some.quantiles_ms([0.5, 0.99, 1.0]), [51.0, 100.0, 101.0]);
        assert!(Latencies::default().quantiles_ms([0.5])[0].is_nan());
        assert_eq!(median(vec![3.0, 1.0, f64::NAN, 2.0]), 2.0);
        assert_eq!(median(vec![1.0, 2.0]), 1.5);
    }
}
