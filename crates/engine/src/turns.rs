//! Turns: how many requests compete for this machine, and how many calls to
//! acquirers are under way.
//!
//! A door lets a request in if there are not too many of them. While the engine
//! waits for an acquirer, it steps aside: whoever waits for somebody else costs
//! nothing, and must not keep others out. So there is a bound of its own for calls: an
//! acquirer that takes long would gather ever more of those who wait for it, and let
//! each wait longer. Accounts share that bound: each may have as many calls under way
//! as are still free, so one alone gets half of them, two a third each, and there is
//! always room for one more account.

use std::collections::HashMap;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tatami_core::id::AccountId;

/// The turns of a program. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Turns(Arc<Counted>);

#[derive(Debug, Default)]
struct Counted {
    taken: AtomicIsize,
    calls: Mutex<Calls>,
    most_calls: OnceLock<usize>,
}

/// Calls under way.
#[derive(Debug, Default)]
struct Calls {
    all: usize,
    of: HashMap<AccountId, usize>,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub struct Turn(Turns);

/// A turn that somebody else may have, until this is dropped.
#[derive(Debug)]
pub struct Aside(Turns);

/// A call to an acquirer, which lasts until this is dropped. Its caller steps aside.
#[derive(Debug)]
pub struct Calling {
    aside: Aside,
    account: AccountId,
}

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

    /// Whether a request of an account may begin what ends in a call. What has begun is
    /// carried out, so there may be more calls than the bound says, by as many as have
    /// turns.
    pub fn may_call(&self, account: &AccountId) -> bool {
        let Some(most) = self.0.most_calls.get() else {
            return true;
        };
        let calls = self.calls();
        let own = calls.of.get(account).copied().unwrap_or(0);
        own < most.saturating_sub(calls.all)
    }

    /// A call of an account that begins now.
    pub fn call(&self, account: &AccountId) -> Calling {
        let mut calls = self.calls();
        calls.all += 1;
        *calls.of.entry(account.clone()).or_default() += 1;
        drop(calls);
        Calling {
            aside: self.step_aside(),
            account: account.clone(),
        }
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.0.calls.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut calls = self.aside.0.calls();
        calls.all -= 1;
        if let Some(own) = calls.of.get_mut(&self.account) {
            *own -= 1;
        }
        calls.of.retain(|_, own| *own > 0);
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

    fn account(text: &str) -> AccountId {
        AccountId::parse(text).expect("an id")
    }

    #[test]
    fn calls_have_a_bound_of_their_own() {
        let (turns, one) = (Turns::default(), account("acc_0123456789012345678901"));
        let calls: Vec<Calling> = (0..100).map(|_| turns.call(&one)).collect();
        assert!(turns.may_call(&one), "without a bound");
        drop(calls);
        turns.bound_calls(1);
        assert!(turns.may_call(&one));
        let call = turns.call(&one);
        assert!(!turns.may_call(&one));
        assert!(turns.take(1).is_some(), "nobody else is kept out");
        drop(call);
        assert!(turns.may_call(&one));
    }

    #[test]
    fn an_account_has_as_many_calls_as_are_free() {
        let turns = Turns::default();
        turns.bound_calls(12);
        let begin = |account: &AccountId| {
            let mut calls = Vec::new();
            while turns.may_call(account) {
                calls.push(turns.call(account));
            }
            calls
        };
        let [one, two, three] =
            ["a", "b", "c"].map(|tail| account(&format!("acc_{}", tail.repeat(22))));
        let of_one = begin(&one);
        assert_eq!(of_one.len(), 6, "one alone has half of them");
        let of_two = begin(&two);
        assert_eq!(of_two.len(), 3, "another finds room");
        assert_eq!(begin(&three).len(), 2, "and a third one");
        assert!(!turns.may_call(&one), "until there is room for all");
        drop(of_one);
        assert_eq!(begin(&one).len(), 5);
    }
}
