//! How often payers may try cards: after some declines they wait, longer after each.
//!
//! What counts is kept in memory, for each program. The bound of one payment is the
//! core's.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use axum::extract::FromRequestParts;
use http::HeaderName;
use http::request::Parts;
use tatami_core::account::Scope;
use tatami_core::id::Environment;
use tatami_core::time::{SignedDuration, Timestamp};
use tatami_core::waits::{Rule, Waits};
use tatami_http::client_address;

use crate::CheckoutState;

/// Somebody who types cards: most need one or two tries.
const ADDRESS: Rule = Rule {
    free: 5,
    first: SignedDuration::from_secs(10),
    longest: SignedDuration::from_mins(15),
};
/// All payers of an account: where cards are tried out, many more are declined than
/// approved. The waits are short, so that somebody who tries cards does not keep all
/// others from paying.
const ACCOUNT: Rule = Rule {
    free: 100,
    first: SignedDuration::from_secs(1),
    longest: SignedDuration::from_secs(30),
};
/// How many declines an approval makes up for, of an account.
const FORGIVEN: u32 = 1;

/// How a try went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The card was accepted.
    Approved,
    /// It was declined.
    Declined,
    /// It was neither: there was no try, or it goes on.
    Open,
}

impl Outcome {
    /// How many tries it takes back, itself included: it was counted as declined.
    const fn forgives(self, approval: u32) -> u32 {
        match self {
            Self::Declined => 0,
            Self::Approved => 1 + approval,
            Self::Open => 1,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Open => "open",
        }
    }
}

/// An address, with the sandbox that it was seen in: each has a clock of its own.
type Address = (Option<Scope>, IpAddr);

/// How often payers tried lately.
pub struct PayerLimits {
    header: Option<HeaderName>,
    in_sandbox: bool,
    addresses: Mutex<Waits<Address>>,
    accounts: Mutex<Waits<Scope>>,
}

/// A payer who is about to try a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Payer(Option<IpAddr>);

impl PayerLimits {
    /// Nobody has tried yet. `header` is where a proxy tells the address of a payer;
    /// `in_sandbox` is whether payers in sandboxes wait as well.
    pub fn new(header: Option<HeaderName>, in_sandbox: bool) -> Self {
        Self {
            header,
            in_sandbox,
            addresses: Mutex::new(Waits::new(ADDRESS)),
            accounts: Mutex::new(Waits::new(ACCOUNT)),
        }
    }

    /// Begins a try, of which [`PayerLimits::end`] is to be told.
    ///
    /// # Errors
    /// With the time to wait, if too many were declined.
    pub(crate) fn begin(
        &self,
        payer: Payer,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<(), SignedDuration> {
        if !self.hold_in(scope) {
            return Ok(());
        }
        let address = payer.in_scope(scope);
        let mut addresses = lock(&self.addresses);
        let mut accounts = lock(&self.accounts);
        let wait = address.as_ref().map(|key| addresses.wait(key, now));
        refuse(scope, "address", wait.unwrap_or_default())?;
        refuse(scope, "account", accounts.wait(scope, now))?;
        if let Some(key) = &address {
            addresses.begin(key, now);
        }
        accounts.begin(scope, now);
        Ok(())
    }

    /// Notes how a try went.
    pub(crate) fn end(&self, payer: Payer, scope: &Scope, outcome: Outcome) {
        metrics::counter!(
            "tatami_payer_tries_total",
            "account" => scope.account.to_string(),
            "environment" => scope.environment.word(),
            "outcome" => outcome.word(),
        )
        .increment(1);
        if !self.hold_in(scope) {
            return;
        }
        if let Some(key) = payer.in_scope(scope) {
            lock(&self.addresses).forgive(&key, outcome.forgives(0));
        }
        lock(&self.accounts).forgive(scope, outcome.forgives(FORGIVEN));
    }

    /// Notes how a try went on that was open: after the bank's page.
    pub(crate) fn went_on(&self, payer: Payer, scope: &Scope, outcome: Outcome, now: Timestamp) {
        if self.hold_in(scope) {
            if let Some(key) = payer.in_scope(scope) {
                lock(&self.addresses).begin(&key, now);
            }
            lock(&self.accounts).begin(scope, now);
        }
        self.end(payer, scope, outcome);
    }

    fn hold_in(&self, scope: &Scope) -> bool {
        self.in_sandbox || scope.environment == Environment::Production
    }
}

fn lock<T>(known: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refuse(scope: &Scope, why: &'static str, wait: SignedDuration) -> Result<(), SignedDuration> {
    if wait <= SignedDuration::ZERO {
        return Ok(());
    }
    refused(scope, why);
    Err(wait)
}

/// Counts a card that was refused unseen.
pub(crate) fn refused(scope: &Scope, why: &'static str) {
    metrics::counter!(
        "tatami_payer_tries_refused_total",
        "account" => scope.account.to_string(),
        "environment" => scope.environment.word(),
        "why" => why,
    )
    .increment(1);
}

impl Payer {
    fn in_scope(self, scope: &Scope) -> Option<Address> {
        let sandbox = scope.environment == Environment::Sandbox;
        Some((sandbox.then(|| scope.clone()), self.0?))
    }
}

impl FromRequestParts<CheckoutState> for Payer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &CheckoutState,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self(client_address(parts, state.payers.header.as_ref())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tatami_core::id::AccountId;

    fn scope(digit: u8, environment: Environment) -> Scope {
        let id = format!("acc_{}", digit.to_string().repeat(22));
        Scope {
            account: AccountId::parse(&id).expect("an id"),
            environment,
        }
    }

    fn payer(last: u8) -> Payer {
        Payer(Some(IpAddr::from([192, 0, 2, last])))
    }

    fn after(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    /// Tries a card, and says how long to wait if it was refused unseen.
    fn try_one(
        limits: &PayerLimits,
        (payer, scope): (Payer, &Scope),
        outcome: Outcome,
        seconds: i64,
    ) -> Option<i64> {
        match limits.begin(payer, scope, after(seconds)) {
            Ok(()) => {
                limits.end(payer, scope, outcome);
                None
            }
            Err(wait) => Some(wait.as_secs()),
        }
    }

    #[test]
    fn an_address_waits_longer_after_each_decline() {
        let (limits, shop) = (
            PayerLimits::new(None, false),
            scope(1, Environment::Production),
        );
        let decline = |seconds| try_one(&limits, (payer(1), &shop), Outcome::Declined, seconds);
        for _ in 0..5 {
            assert_eq!(decline(0), None);
        }
        assert_eq!(decline(0), Some(10));
        assert_eq!(decline(9), Some(1));
        assert_eq!(decline(10), None);
        assert_eq!(decline(10), Some(20));
        // At another shop, too; but nobody else waits.
        let other = scope(2, Environment::Production);
        let wait = |payer, shop| try_one(&limits, (payer, shop), Outcome::Approved, 10);
        assert_eq!(wait(payer(1), &other), Some(20));
        assert_eq!(wait(payer(2), &shop), None);
        // No wait is longer than a quarter of an hour, and an hour makes all good.
        let mut at = 30;
        for _ in 0..20 {
            assert_eq!(decline(at), None);
            at += 900;
        }
        assert_eq!(decline(at - 1), Some(1));
        assert_eq!(decline(at + 3600), None);
        assert_eq!(decline(at + 3600), None);
    }

    #[test]
    fn tries_side_by_side_count_before_they_are_over() {
        let (limits, shop) = (
            PayerLimits::new(None, false),
            scope(1, Environment::Production),
        );
        for _ in 0..5 {
            assert_eq!(limits.begin(payer(1), &shop, after(0)), Ok(()));
        }
        assert!(limits.begin(payer(1), &shop, after(0)).is_err());
        limits.end(payer(1), &shop, Outcome::Open);
        assert_eq!(limits.begin(payer(1), &shop, after(0)), Ok(()));
    }

    #[test]
    fn an_account_waits_when_far_more_is_declined_than_approved() {
        let (limits, shop) = (
            PayerLimits::new(None, false),
            scope(1, Environment::Production),
        );
        let one = |n: u8, outcome| try_one(&limits, (payer(n), &shop), outcome, 0);
        for n in 0..99 {
            assert_eq!(one(n, Outcome::Declined), None);
        }
        assert_eq!(one(200, Outcome::Approved), None);
        assert_eq!(one(201, Outcome::Declined), None);
        assert_eq!(one(202, Outcome::Declined), None);
        assert_eq!(one(203, Outcome::Declined), Some(1));
        let other = scope(2, Environment::Production);
        assert_eq!(
            try_one(&limits, (payer(203), &other), Outcome::Declined, 0),
            None
        );
    }

    #[test]
    fn in_sandboxes_nobody_waits_unless_it_is_asked_for() {
        let shop = scope(1, Environment::Sandbox);
        for (asked, refused) in [(false, false), (true, true)] {
            let limits = PayerLimits::new(None, asked);
            for _ in 0..5 {
                try_one(&limits, (payer(1), &shop), Outcome::Declined, 0);
            }
            let wait = try_one(&limits, (payer(1), &shop), Outcome::Declined, 0);
            assert_eq!(wait.is_some(), refused);
        }
    }
}
