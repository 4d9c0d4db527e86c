//! Admission: how many requests are worked on, and how many calls to the outside are
//! under way.
//!
//! A request is admitted with a permit if there are not too many. While the engine
//! waits for an acquirer, it lends the permit: a request that waits costs nothing, and
//! must not keep others out. So there is a bound of its own for calls: an acquirer that
//! takes long would gather ever more requests that wait for it, and let each wait
//! longer. Accounts share that bound: each may have as many calls under way as are
//! still free, so one alone gets half of them, two a third each, and there is always
//! room for one more account.

use std::collections::HashMap;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tatami_core::id::AccountId;

/// The permits of a program. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Admission(Arc<Counted>);

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

impl Calls {
    fn own(&self, account: &AccountId) -> usize {
        self.of.get(account).copied().unwrap_or(0)
    }
}

/// Leave to work on a request, until it is dropped.
#[derive(Debug)]
pub struct Permit(Admission);

/// A permit that another request may have, until this is dropped.
#[derive(Debug)]
pub struct Lent(Admission);

/// A call to the outside, which lasts until this is dropped. Its caller lends its permit.
#[derive(Debug)]
pub struct CallPermit {
    lent: Lent,
    account: AccountId,
}

impl Admission {
    /// A permit, if fewer than `most` are taken.
    pub fn admit(&self, most: usize) -> Option<Permit> {
        // Jobs call the acquirer without a permit: then there is one more.
        let taken = &self.0.taken;
        let taken = taken.fetch_add(1, Ordering::Relaxed).max(0).unsigned_abs();
        let permit = Permit(self.clone());
        (taken < most).then_some(permit)
    }

    /// Whether `most` permits, or more, are taken.
    pub fn is_full(&self, most: usize) -> bool {
        self.taken() >= most
    }

    /// How many permits are taken.
    pub fn taken(&self) -> usize {
        let taken = self.0.taken.load(Ordering::Relaxed);
        taken.max(0).unsigned_abs()
    }

    /// Lets another request have the permit of the caller, who is about to wait.
    pub fn lend(&self) -> Lent {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
        Lent(self.clone())
    }

    /// Bounds the calls that requests begin. The first bound counts; without one,
    /// there may be any number.
    pub fn bound_calls(&self, most: usize) {
        // An engine has one server with limits.
        let _ = self.0.most_calls.set(most);
    }

    /// Whether a request of an account may begin what ends in a call. What has begun is
    /// carried out, so there may be more calls than the bound says, by as many as have
    /// permits.
    pub fn may_call(&self, account: &AccountId) -> bool {
        let Some(most) = self.0.most_calls.get() else {
            return true;
        };
        let calls = self.calls();
        calls.own(account) < most.saturating_sub(calls.all)
    }

    /// How many calls of an account are under way.
    pub fn calls_of(&self, account: &AccountId) -> usize {
        self.calls().own(account)
    }

    /// A call of an account that begins now.
    pub fn call(&self, account: &AccountId) -> CallPermit {
        let mut calls = self.calls();
        calls.all += 1;
        *calls.of.entry(account.clone()).or_default() += 1;
        drop(calls);
        CallPermit {
            lent: self.lend(),
            account: account.clone(),
        }
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.0.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.0.0.taken.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for CallPermit {
    fn drop(&mut self) {
        let mut calls = self.lent.0.calls();
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
    fn a_request_that_waits_keeps_no_other_out() {
        let admission = Admission::default();
        let first = admission.admit(1).expect("a permit");
        assert!(admission.admit(1).is_none());
        let lent = admission.lend();
        let second = admission.admit(1).expect("the first one's");
        drop(lent);
        // Both go on; nobody else comes in before both are over.
        assert!(admission.admit(1).is_none());
        drop(first);
        assert!(admission.admit(1).is_none());
        drop(second);
        assert!(admission.admit(1).is_some());
    }

    fn account(text: &str) -> AccountId {
        AccountId::parse(text).expect("an id")
    }

    #[test]
    fn calls_have_a_bound_of_their_own() {
        let (admission, one) = (Admission::default(), account("acc_0123456789012345678901"));
        let calls: Vec<CallPermit> = (0..100).map(|_| admission.call(&one)).collect();
        assert!(admission.may_call(&one), "without a bound");
        drop(calls);
        admission.bound_calls(1);
        assert!(admission.may_call(&one));
        let call = admission.call(&one);
        assert!(!admission.may_call(&one));
        assert!(admission.admit(1).is_some(), "nobody else is kept out");
        drop(call);
        assert!(admission.may_call(&one));
    }

    #[test]
    fn an_account_has_as_many_calls_as_are_free() {
        let admission = Admission::default();
        admission.bound_calls(12);
        let begin = |account: &AccountId| {
            let mut calls = Vec::new();
            while admission.may_call(account) {
                calls.push(admission.call(account));
            }
            calls
        };
        let [one, two, three] =
            ["a", "b", "c"].map(|tail| account(&format!("acc_{}", tail.repeat(22))));
        let of_one = begin(&one);
        assert_eq!(of_one.len(), 6, "one alone has half of them");
        assert_eq!((admission.calls_of(&one), admission.calls_of(&two)), (6, 0));
        let of_two = begin(&two);
        assert_eq!(of_two.len(), 3, "another finds room");
        assert_eq!(begin(&three).len(), 2, "and a third one");
        assert!(!admission.may_call(&one), "until there is room for all");
        drop(of_one);
        assert_eq!(begin(&one).len(), 5);
    }
}
