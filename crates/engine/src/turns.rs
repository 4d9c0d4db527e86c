//! Turns: how many requests compete for this machine, and how many calls to
//! acquirers are under way.
//!
//! A door lets a request in if there are not too many of them. While the engine
//! waits for an acquirer, it steps aside: whoever waits for somebody else costs
//! nothing, and must not keep others out. So there is a bound of its own for calls: an
//! acquirer that takes long would gather ever more of those who wait for it, and let
//! each wait longer.

use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// The turns of a program. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Counted>);

#[derive(Debug, Default)]
struct Counted {
    taken: AtomicIsize,
    calls: AtomicUsize,
    most_calls: OnceLock<usize>,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub struct Turn(Turns);

/// A turn that somebody else may have, until this is dropped.
#[derive(Debug)]
pub struct Aside(Turns);

/// A call to an acquirer, which lasts until this is dropped. Its caller steps aside.
#[derive(Debug)]
pub struct Calling(Aside);

impl Turns {
    /// A turn, if fewer than `most` are taken.
    pub fn take(&self, most: usize) -> Option<Turn> {
        // Timers call the acquirer without a turn: then there is one more.
        let taken = &self.0.taken;
        let taken = taken.fetch_add(1, Ordering::Relaxed).max(0).unsigned_abs();
        let turn = Turn(self.clone());
        (taken < most).then_some(turn)
    }

    /// Whether `most` of them, or more, are taken.
    pub fn are_taken(&self, most: usize) -> bool {
        let taken = self.0.taken.load(Ordering::Relaxed);
        taken.max(0).unsigned_abs() >= most
    }

    /// Lets somebody else have the turn of the caller, who is about to wait.
    pub fn step_aside(&self) -> Aside {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
        Aside(self.clone())
    }

    /// Bounds the calls that requests begin. The first bound counts; without one,
    /// there may be any number.
    pub fn bound_calls(&self, most: usize) {
        // There is one door with limits to an engine.
        let _ = self.0.most_calls.set(most);
    }

    /// Whether a request may begin what ends in a call. What has begun is carried
    /// out, so there may be more calls than the bound says, by as many as have turns.
    pub fn may_call(&self) -> bool {
        let most = self.0.most_calls.get();
        most.is_none_or(|most| self.0.calls.load(Ordering::Relaxed) < *most)
    }

    /// A call that begins now.
    pub fn call(&self) -> Calling {
        self.0.calls.fetch_add(1, Ordering::Relaxed);
        Calling(self.step_aside())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        self.0.0.taken.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Calling {
    fn drop(&mut self) {
        self.0.0.0.calls.fetch_sub(1, Ordering::Relaxed);
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

    #[test]
    fn calls_have_a_bound_of_their_own() {
        let turns = Turns::default();
        let calls: Vec<Calling> = (0..100).map(|_| turns.call()).collect();
        assert!(turns.may_call(), "without a bound");
        drop(calls);
        turns.bound_calls(1);
        assert!(turns.may_call());
        let one = turns.call();
        assert!(!turns.may_call());
        assert!(turns.take(1).is_some(), "nobody else is kept out");
        drop(one);
        assert!(turns.may_call());
    }
}
