//! When a delivery that failed is tried again: eight tries over about a day.

use tatami_core::time::SignedDuration;

/// How long to wait after the first, second, … failed try.
const WAITS: [SignedDuration; 7] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_secs(30),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(12),
];

/// How many tries a delivery gets.
pub const MAX_ATTEMPTS: u32 = WAITS.len() as u32 + 1;

/// How long to wait after `made` tries that failed (1 is the first), moved by up
/// to a tenth either way so that receivers that failed together are not all
/// tried together: `chance` 0 shortens most, 65,535 lengthens most. `None` when
/// no try is left.
pub fn after_failure(made: u32, chance: u16) -> Option<SignedDuration> {
    let wait = WAITS.get(usize::try_from(made).ok()?.checked_sub(1)?)?;
    let millis = wait.as_secs() * 1_000;
    let tenth = millis / 10;
    let moved = 2 * tenth * i64::from(chance) / i64::from(u16::MAX) - tenth;
    Some(SignedDuration::from_millis(millis + moved))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn eight_tries_take_about_a_day() {
        assert_eq!(MAX_ATTEMPTS, 8);
        for (chance, hours) in [(0, 18), (u16::MAX / 2, 20), (u16::MAX, 22)] {
            let total: SignedDuration = (1..)
                .map_while(|made| after_failure(made, chance))
                .fold(SignedDuration::ZERO, |sum, wait| sum + wait);
            assert_eq!(total.as_hours(), hours, "{chance}");
        }
        assert_eq!(after_failure(8, 0), None);
        assert_eq!(after_failure(0, 0), None);
        assert_eq!(after_failure(u32::MAX, 0), None);
    }

    proptest! {
        #[test]
        fn waits_grow_and_stay_within_a_tenth(made in 1_u32..=7, one: u16, other: u16) {
            let wait = after_failure(made, one).expect("a try is left");
            let middle = WAITS[made as usize - 1].as_millis();
            prop_assert!((wait.as_millis() - middle).abs() * 10 <= middle);
            if let Some(next) = after_failure(made + 1, other) {
                prop_assert!(next > wait);
            }
        }
    }
}
