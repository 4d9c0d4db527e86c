//! Waiting times after failed attempts, longer after each. [`Waits`] keeps a bounded number
//! of counts in memory; a [`Tries`] is one count, which may be stored anywhere.

use std::collections::HashMap;
use std::hash::Hash;

use serde::{Deserialize, Serialize};

use crate::time::{SignedDuration, Timestamp};

/// Above so many keys, the older half is forgotten.
const MOST_KNOWN: usize = 10_000;
/// Tries are forgotten when there was none for so long.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);

/// How failed tries make a user wait.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// How many attempts are free.
    pub free: u32,
    /// The wait after those; each further attempt doubles it.
    pub first: SignedDuration,
    /// The longest wait.
    pub longest: SignedDuration,
}

/// Attempts that failed or are still running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tries {
    count: u32,
    last: Timestamp,
}

impl Tries {
    const fn none(now: Timestamp) -> Self {
        Self {
            count: 0,
            last: now,
        }
    }

    /// The count after a first attempt.
    pub fn first(rule: &Rule, now: Timestamp) -> Self {
        Self::none(now).counted(rule, now)
    }

    /// How long to wait before the next attempt.
    pub fn wait(self, rule: &Rule, now: Timestamp) -> SignedDuration {
        match self.are_forgotten(now) {
            true => SignedDuration::ZERO,
            false => rule.wait(self, now),
        }
    }

    /// With one more attempt, counted as failed at once: many may run side by side.
    #[must_use]
    pub fn counted(self, rule: &Rule, now: Timestamp) -> Self {
        let before = match self.are_forgotten(now) {
            true => 0,
            false => self.count,
        };
        Self {
            count: (before + 1).min(rule.most()),
            last: now,
        }
    }

    /// Without so many of them, if any are left.
    pub fn forgiven(self, count: u32) -> Option<Self> {
        let count = self.count.checked_sub(count).filter(|count| *count > 0)?;
        Some(Self { count, ..self })
    }

    /// When they count no more.
    pub fn forgotten_at(self) -> Timestamp {
        self.last + REMEMBERED
    }

    fn are_forgotten(self, now: Timestamp) -> bool {
        now >= self.forgotten_at()
    }
}

impl Rule {
    /// How long a user must wait.
    fn wait(&self, tries: Tries, now: Timestamp) -> SignedDuration {
        let Some(beyond) = tries.count.checked_sub(self.free) else {
            return SignedDuration::ZERO;
        };
        let factor = 1_i32.checked_shl(beyond.min(30)).unwrap_or(i32::MAX);
        let wait = self.first.checked_mul(factor).unwrap_or(self.longest);
        let left = wait.min(self.longest) - now.duration_since(tries.last);
        left.max(SignedDuration::ZERO)
    }

    /// The most that is counted: from there on, no wait is longer.
    const fn most(&self) -> u32 {
        self.free + 20
    }
}

/// The tries of many, by a key.
pub struct Waits<K> {
    rule: Rule,
    tries: HashMap<K, Tries>,
}

impl<K: Hash + Eq + Clone> Waits<K> {
    pub fn new(rule: Rule) -> Self {
        Self {
            rule,
            tries: HashMap::new(),
        }
    }

    /// How long that one must wait before the next try.
    pub fn wait(&self, key: &K, now: Timestamp) -> SignedDuration {
        let tries = self.tries.get(key);
        tries.map_or(SignedDuration::ZERO, |tries| tries.wait(&self.rule, now))
    }

    /// Counts a try as if it had failed: many may be under way side by side.
    pub fn begin(&mut self, key: &K, now: Timestamp) {
        if self.tries.len() >= MOST_KNOWN && !self.tries.contains_key(key) {
            self.forget();
        }
        let tries = self.tries.entry(key.clone());
        let tries = tries.or_insert(Tries::none(now));
        *tries = tries.counted(&self.rule, now);
    }

    /// Forgives so many tries.
    pub fn forgive(&mut self, key: &K, count: u32) {
        let Some(tries) = self.tries.get_mut(key) else {
            return;
        };
        match tries.forgiven(count) {
            Some(left) => *tries = left,
            None => drop(self.tries.remove(key)),
        }
    }

    fn forget(&mut self) {
        let mut last: Vec<_> = self.tries.values().map(|tries| tries.last).collect();
        let middle = last.len() / 2;
        let (_, middle, _) = last.select_nth_unstable(middle);
        let middle = *middle;
        self.tries.retain(|_, tries| tries.last > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule {
        free: 5,
        first: SignedDuration::from_secs(10),
        longest: SignedDuration::from_mins(15),
    };

    #[test]
    fn each_try_beyond_the_free_ones_doubles_the_wait() {
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let mut tries = Tries::first(&RULE, at(0));
        for wait in [0, 0, 0, 10, 20, 40, 80, 160, 320, 640, 900, 900] {
            tries = tries.counted(&RULE, at(0));
            assert_eq!(tries.wait(&RULE, at(0)).as_secs(), wait);
        }
        assert_eq!(tries.wait(&RULE, at(600)).as_secs(), 300);
        assert_eq!(tries.wait(&RULE, at(3600)), SignedDuration::ZERO);
        assert_eq!(
            tries.counted(&RULE, at(3600)),
            Tries::first(&RULE, at(3600))
        );
        assert_eq!(Tries::first(&RULE, at(0)).forgiven(1), None);
    }

    #[test]
    fn what_is_known_has_a_bound() {
        let mut known = Waits::new(RULE);
        for n in 0..30_000 {
            known.begin(&n, Timestamp::UNIX_EPOCH + SignedDuration::from_secs(n));
            assert!(known.tries.len() <= MOST_KNOWN);
        }
        assert!(known.tries.contains_key(&29_999) && !known.tries.contains_key(&0));
    }
}
