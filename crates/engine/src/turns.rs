//! Turns: how many requests compete for this machine.
//!
//! A door lets a request in if there are not too many of them. While the engine
//! waits for an acquirer, it steps aside: whoever waits for somebody else costs
//! nothing, and must not keep others out.

use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};

/// The turns of a program. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<AtomicIsize>);

/// A turn, until it is dropped.
#[derive(Debug)]
pub struct Turn(Turns);

/// A turn that somebody else may have, until this is dropped.
#[derive(Debug)]
pub struct Aside(Turns);

impl Turns {
    /// A turn, if fewer than `most` are taken.
    pub fn take(&self, most: usize) -> Option<Turn> {
        // Timers call the acquirer without a turn: then there is one more.
        let taken = self.0.fetch_add(1, Ordering::Relaxed).max(0).unsigned_abs();
        let turn = Turn(self.clone());
        (taken < most).then_some(turn)
    }

    /// Lets somebody else have the turn of the caller, who is about to wait.
    pub fn step_aside(&self) -> Aside {
        self.0.fetch_sub(1, Ordering::Relaxed);
        Aside(self.clone())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_for_somebody_else_keeps_nobody_out() {
        let turns = Turns::default();
        let first = turns.take(1).expect("a turn");
        assert!(turns.take(1).is_none());
        let aside = turns.step_aside();
        let second = turns.take(1).expect("the first one's");
        drop(aside);
        // Both go on; nobody else comes in before both are over.
        assert!(turns.take(1).is_none());
        drop(first);
        assert!(turns.take(1).is_none());
        drop(second);
        assert!(turns.take(1).is_some());
    }
}
