//! Locks of orders at a POS.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::schedule::wait_after;
use crate::id::TerminalId;
use crate::payment_intent::SETTLE_AFTER;
use crate::time::{DAY, SignedDuration, Timestamp};

/// How long a lock lasts that cannot be extended, and how long one is extended at most.
const LONG: SignedDuration = SignedDuration::from_mins(30);
/// How long a lock lasts that can be extended.
const SHORT: SignedDuration = SignedDuration::from_mins(2);

/// How the orders of a POS are locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Locking {
    /// Not at all.
    None,
    /// For as long as paying may take.
    Long,
    /// For a short time, which is extended.
    Short,
}

impl Locking {
    /// How a POS is locked that can create, delete and extend locks.
    pub const fn of(create: bool, delete: bool, extend: bool) -> Self {
        match (create && delete, extend) {
            (false, _) => Self::None,
            (true, false) => Self::Long,
            (true, true) => Self::Short,
        }
    }

    /// How long a new lock lasts.
    pub const fn length(self) -> SignedDuration {
        match self {
            Self::None => SignedDuration::ZERO,
            Self::Long => LONG,
            Self::Short => SHORT,
        }
    }
}

/// What is known of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LockStage {
    /// The POS was asked for it and has not answered.
    Requested,
    /// The POS gave it.
    Held,
    /// It is to be deleted.
    Releasing,
}

/// A lock of an order at its POS.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLock {
    /// Its id, which the POS knows it by.
    pub id: String,
    /// How it is kept.
    pub locking: Locking,
    /// The waiter and the machine that it was requested for.
    pub waiter_id: Option<String>,
    /// The machine.
    pub terminal: Option<TerminalId>,
    /// Where it stands.
    pub stage: LockStage,
    /// When the POS takes it for given up.
    pub expires_at: Timestamp,
    /// Until when a node waits for the answer to a request about it.
    pub asked_until: Option<Timestamp>,
    /// How often it was extended.
    pub extended: u32,
    /// Tries of the request that is due.
    pub tries: u32,
    /// When it is to be looked at.
    pub look_at: Timestamp,
    /// When it was requested.
    pub created_at: Timestamp,
}

impl OrderLock {
    /// A lock that is requested now.
    pub fn requested(
        id: String,
        locking: Locking,
        (terminal, waiter_id): (Option<TerminalId>, Option<String>),
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            locking,
            waiter_id,
            terminal,
            stage: LockStage::Requested,
            expires_at: now + locking.length(),
            asked_until: Some(now + SETTLE_AFTER),
            extended: 0,
            tries: 0,
            look_at: now + SETTLE_AFTER,
            created_at: now,
        }
    }

    /// Whether a request about it is under way.
    pub fn is_asked(&self, now: Timestamp) -> bool {
        self.asked_until.is_some_and(|until| until > now)
    }

    /// The POS gave it.
    pub fn given(&mut self) {
        self.stage = LockStage::Held;
        self.quiet();
    }

    /// The POS extended it.
    pub fn was_extended(&mut self, until: Timestamp) {
        self.expires_at = until;
        self.extended += 1;
        self.quiet();
    }

    fn quiet(&mut self) {
        self.asked_until = None;
        self.tries = 0;
        self.look_at = match self.locking {
            // When half of it is gone.
            Locking::Short => self.expires_at - SHORT / 2,
            Locking::Long | Locking::None => self.expires_at,
        };
    }

    /// It is to be deleted.
    pub fn release(&mut self, now: Timestamp) {
        self.stage = LockStage::Releasing;
        self.asked_until = None;
        self.tries = 0;
        self.look_at = now;
    }

    /// The POS did not answer a request about it: again later.
    pub fn unanswered(&mut self, now: Timestamp) {
        self.asked_until = None;
        self.tries = self.tries.saturating_add(1);
        self.look_at = now + wait_after(self.tries);
    }

    /// Whether it is extended no more.
    pub fn is_old(&self, now: Timestamp) -> bool {
        now >= self.created_at + LONG || now >= self.expires_at
    }

    /// Whether the POS has long given it up.
    pub fn is_forgotten(&self, now: Timestamp) -> bool {
        now >= self.expires_at + DAY
    }

    /// Until when it is extended now.
    pub fn next_expiry(&self, now: Timestamp) -> Timestamp {
        now + self.locking.length()
    }
}
