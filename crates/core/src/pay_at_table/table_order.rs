//! Orders that are being paid.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::{EqualSplit, LockStage, Locking, Order, OrderLock, PartStage, TablePayment};
use crate::account::Scope;
use crate::id::TerminalId;
use crate::problem::Refusal;
use crate::time::{DAY, Timestamp};

/// The card machine at an order.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineAt {
    /// The machine.
    pub terminal: TerminalId,
    /// The number printed on it.
    pub tid: String,
    /// The waiter.
    pub waiter_id: Option<String>,
}

/// An order that is being paid.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableOrder {
    id: String,
    pub scope: Scope,
    /// The software house whose POS has it.
    pub house: String,
    /// The order as its POS said last.
    pub order: Order,
    /// The name that it has on the machine.
    pub name: String,
    /// The machine on which it is chosen.
    pub machine: Option<MachineAt>,
    pub lock: Option<OrderLock>,
    /// The equal split that it is in.
    pub split: Option<EqualSplit>,
    /// How many equal splits there were.
    pub splits: u32,
    /// When it is to be looked at, whatever for.
    pub look_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A request about a lock that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockCall {
    /// Keep it for longer.
    Extend(Timestamp),
    /// Delete it.
    Delete,
}

impl TableOrder {
    /// An order that nobody has paid of yet.
    pub fn new(scope: &Scope, house: &str, order: Order, now: Timestamp) -> Self {
        Self {
            id: Self::id_of(scope, house, &order.id),
            scope: scope.clone(),
            house: house.to_owned(),
            name: super::names(std::slice::from_ref(&order)).remove(0),
            order,
            machine: None,
            lock: None,
            split: None,
            splits: 0,
            look_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// The id of an order of a POS: no two documents have one id.
    pub fn id_of(scope: &Scope, house: &str, order: &str) -> String {
        // The length keeps a name that contains a slash from being read as another one.
        format!("table_order_{scope}/{}/{house}/{order}", house.len())
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// When something is to be done about it; in the end it is forgotten.
    pub fn due_at(&self) -> Option<Timestamp> {
        let lock = self.lock.as_ref().map(|lock| match lock.asked_until {
            Some(until) => until.max(lock.look_at),
            None => lock.look_at,
        });
        let forgotten = self.is_idle().then(|| self.updated_at + DAY);
        [lock, self.look_at, forgotten].into_iter().flatten().min()
    }

    fn is_idle(&self) -> bool {
        self.machine.is_none() && self.lock.is_none()
    }

    /// Whether it has no use any more.
    pub fn is_forgotten(&self, now: Timestamp) -> bool {
        self.is_idle() && now >= self.updated_at + DAY
    }

    /// A machine is put at it.
    ///
    /// # Errors
    /// If another machine is.
    pub fn take(&mut self, machine: MachineAt, now: Timestamp) -> Result<(), Refusal> {
        if let Some(other) = self
            .machine
            .as_ref()
            .filter(|m| m.terminal != machine.terminal)
        {
            return Err(Refusal::Conflict(format!(
                "The order is being paid on the card machine {}.",
                other.tid
            )));
        }
        self.machine = Some(machine);
        self.split = None;
        self.updated_at = now;
        Ok(())
    }

    /// The machine leaves it.
    pub fn leave(&mut self, terminal: &TerminalId, now: Timestamp) {
        if self
            .machine
            .as_ref()
            .is_some_and(|m| m.terminal == *terminal)
        {
            self.machine = None;
            self.split = None;
        }
        self.touch(now);
    }

    /// It is looked at as soon as possible.
    pub fn touch(&mut self, now: Timestamp) {
        self.look_at = Some(now);
        self.updated_at = now;
    }

    /// The POS said what it is like now.
    pub fn is_now(&mut self, order: Order, now: Timestamp) {
        self.name = super::names(std::slice::from_ref(&order)).remove(0);
        self.order = order;
        self.updated_at = now;
    }

    /// The lock that it is under.
    pub fn held(&self, now: Timestamp) -> Option<&OrderLock> {
        let lock = self.lock.as_ref()?;
        (lock.stage == LockStage::Held && lock.expires_at > now).then_some(lock)
    }

    /// Whether a person is paying it.
    fn is_wanted(&self, parts: &[TablePayment]) -> bool {
        let is_paying = |part: &TablePayment| match part.stage {
            PartStage::Waiting => part.lock_id.is_some(),
            PartStage::Recording => true,
            _ => false,
        };
        self.machine.is_some() || parts.iter().any(is_paying)
    }

    /// What is to be asked about its lock now. Notes that it is asked.
    pub fn next_call(&mut self, parts: &[TablePayment], now: Timestamp) -> Option<LockCall> {
        self.look_at = None;
        let is_wanted = self.is_wanted(parts);
        let lock = self.lock.as_mut().filter(|lock| !lock.is_asked(now))?;
        match lock.stage {
            // Nobody waits for the answer any more: the POS may have given it.
            LockStage::Requested => lock.release(now),
            LockStage::Held if !is_wanted || lock.is_old(now) => lock.release(now),
            LockStage::Held | LockStage::Releasing => {}
        }
        if lock.look_at > now {
            return None;
        }
        let call = match (lock.stage, lock.locking) {
            (LockStage::Releasing, _) if lock.is_forgotten(now) => {
                self.lock = None;
                return None;
            }
            (LockStage::Releasing, _) => LockCall::Delete,
            (_, Locking::Short) => LockCall::Extend(lock.next_expiry(now)),
            (_, Locking::Long | Locking::None) => return None,
        };
        lock.asked_until = Some(now + crate::payment_intent::SETTLE_AFTER);
        Some(call)
    }

    /// Lets the lock that is to be deleted be used again, unless the POS is being asked.
    /// Whether there is one.
    pub fn reuse_lock(&mut self, now: Timestamp) -> bool {
        let Some(lock) = self.lock.as_mut() else {
            return false;
        };
        let is_usable = !lock.is_asked(now) && lock.tries == 0 && !lock.is_old(now);
        if lock.stage == LockStage::Releasing && is_usable {
            lock.given();
        }
        self.held(now).is_some()
    }
}
