//! How tries that fail make a user wait, longer after each. What is counted is kept in
//! memory, within a bound.

use std::collections::HashMap;
use std::hash::Hash;

use crate::time::{SignedDuration, Timestamp};

/// Above so many keys, the older half is forgotten.
const MOST_KNOWN: usize = 10_000;
/// Tries are forgotten when there was none for so long.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);

/// How failed tries make a user wait.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// So many are free.
    pub free: u32,
    /// The wait after those; each more doubles it.
    pub first: SignedDuration,
    /// The longest wait.
    pub longest: SignedDuration,
}

/// Tries that failed, or are not over.
#[derive(Clone, Copy)]
struct Tries {
    count: u32,
    last: Timestamp,
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
        let tries = self.tries.get(key).copied();
        let tries = tries.filter(|tries| now.duration_since(tries.last) < REMEMBERED);
        tries.map_or(SignedDuration::ZERO, |tries| self.rule.wait(tries, now))
    }

    /// Counts a try as if it had failed: many may be under way side by side.
    pub fn begin(&mut self, key: &K, now: Timestamp) {
        if self.tries.len() >= MOST_KNOWN && !self.tries.contains_key(key) {
            self.forget();
        }
        let first = Tries {
            count: 0,
            last: now,
        };
        let tries = self.tries.entry(key.clone()).or_insert(first);
        if now.duration_since(tries.last) >= REMEMBERED {
            *tries = first;
        }
        tries.count = (tries.count + 1).min(self.rule.most());
        tries.last = now;
    }

    /// Forgives so many tries.
    pub fn forgive(&mut self, key: &K, count: u32) {
        if let Some(tries) = self.tries.get_mut(key) {
            tries.count = tries.count.saturating_sub(count);
            if tries.count == 0 {
                self.tries.remove(key);
            }
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
    fn what_is_known_has_a_bound() {
        let mut known = Waits::new(RULE);
        for n in 0..30_000 {
            known.begin(&n, Timestamp::UNIX_EPOCH + SignedDuration::from_secs(n));
            assert!(known.tries.len() <= MOST_KNOWN);
        }
        assert!(known.tries.contains_key(&29_999) && !known.tries.contains_key(&0));
    }
}
