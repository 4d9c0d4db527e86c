//! Locks of orders at their POS.

use tatami_core::account::Scope;
use tatami_core::pay_at_table::{LockCall, LockStage, Locking, Order, OrderLock, TableOrder};
use tatami_core::time::Timestamp;

use super::{
    GUEST_PRODUCT, MACHINE_PRODUCT, PosCalls, TableFailure, TableLocks, TableParts, under_way,
};
use crate::Failure;
use crate::command::Decided;
use crate::ports::documents::{DocumentKind, DocumentWrite};
use crate::ports::pos::{PosCaller, PosFailure};
use crate::ports::store::{Commit, Stored};

/// What is locked here while a POS is asked about the lock of an order.
fn locks_of(order: &str) -> String {
    format!("lock at the POS of {order}")
}

/// What an order is, if it is under a lock of ours, and what the POS said of it when it
/// gave that lock now.
pub(super) struct Locked {
    pub(super) lock: Option<String>,
    pub(super) order: Option<Order>,
}

/// What acquiring a lock begins with.
enum Begun {
    /// There is one.
    Held(String),
    /// This one is requested.
    Requested(OrderLock),
}

impl TableLocks<'_> {
    pub(super) async fn table_order(
        self,
        scope: &Scope,
        id: &str,
    ) -> Result<Option<Stored<TableOrder>>, Failure> {
        self.0.find(Some(scope), id).await
    }

    /// A commit of an order.
    pub(super) fn order_commit(
        self,
        order: &TableOrder,
        version: Option<i64>,
    ) -> Result<Commit, Failure> {
        let write = DocumentWrite::put(order, version)?;
        Ok(self.0.commit_of(&order.scope, vec![write]))
    }

    /// Changes an order that is there; what `change` says.
    pub(super) async fn change_order<T: Default>(
        self,
        scope: &Scope,
        id: &str,
        change: impl Fn(&mut TableOrder, Timestamp) -> T,
    ) -> Result<T, Failure> {
        let changed = self.0.change(id, || async {
            let Some(Stored { mut value, version }) = self.table_order(scope, id).await? else {
                return Ok(Decided::nothing(T::default()));
            };
            let result = change(&mut value, self.0.now(scope));
            let commit = self.order_commit(&value, Some(version))?;
            Ok(Decided::change(commit, result))
        });
        Ok(changed.await?.0)
    }

    /// Takes the lock of an order that is there, or shares the one that is held.
    pub(super) async fn acquire(
        self,
        by: &PosCaller,
        locking: Locking,
        known: &TableOrder,
    ) -> Result<Locked, TableFailure> {
        if locking == Locking::None {
            return Ok(Locked {
                lock: None,
                order: None,
            });
        }
        let (scope, id) = (&by.scope, known.id());
        let _asking = self.0.locks.hold(&locks_of(id)).await;
        // One that is to be deleted goes first.
        if let Some(failure) = self.drive_lock(scope, id, true).await? {
            return Err(failure.into());
        }
        let lock = self.0.documents().new_id();
        let begun = self.0.change(id, || async {
            let found = self.table_order(scope, id).await?;
            let Some(Stored { mut value, version }) = found else {
                return Err(under_way("The order changes.").into());
            };
            let now = self.0.now(scope);
            let begun = match value.reuse_lock(now) {
                true => Begun::Held(
                    value
                        .lock
                        .as_ref()
                        .map_or_else(String::new, |l| l.id.clone()),
                ),
                false if value.lock.is_some() => {
                    return Err(under_way("The lock of the order is about to change.").into());
                }
                false => {
                    let of = (by.terminal.clone(), by.waiter_id.clone());
                    let lock = OrderLock::requested(lock.clone(), locking, of, now);
                    value.lock = Some(lock.clone());
                    Begun::Requested(lock)
                }
            };
            let mut commit = self.order_commit(&value, Some(version))?;
            if matches!(begun, Begun::Requested(_)) {
                commit.claims = vec![self.0.jobs().lease(DocumentKind::TableOrder, id)];
            }
            Ok(Decided::change(commit, begun))
        });
        // The order is locked here no longer.
        let (begun, _) = begun.await?;
        match begun {
            Begun::Held(lock) => Ok(Locked {
                lock: Some(lock),
                order: None,
            }),
            Begun::Requested(lock) => self.request(by, known, lock).await,
        }
    }

    /// Asks the POS for a lock, which is recorded.
    async fn request(
        self,
        by: &PosCaller,
        known: &TableOrder,
        lock: OrderLock,
    ) -> Result<Locked, TableFailure> {
        let by = PosCaller {
            request_id: format!("lock_{}", lock.id),
            ..by.clone()
        };
        let pos = PosCalls(self.0).pos()?;
        let work = pos.lock(&by, &known.order.id, &lock.id, lock.expires_at);
        let answer = PosCalls(self.0)
            .call(&by.scope, ("create_lock", &lock.id), work)
            .await;
        let kept = self.change_order(&by.scope, known.id(), |order, now| {
            let own = order.lock.as_mut().filter(|own| own.id == lock.id);
            let Some(own) = own.filter(|own| own.stage == LockStage::Requested) else {
                return;
            };
            match &answer {
                Ok(answer) => {
                    own.given();
                    if let Some(answer) = answer {
                        order.is_now(answer.clone(), now);
                    }
                }
                Err(failure) if failure.did_nothing() => order.lock = None,
                // The POS may have given it.
                Err(_) => own.release(now),
            }
        });
        kept.await?;
        Ok(Locked {
            order: answer?,
            lock: Some(lock.id),
        })
    }

    /// Asks the POS what is due about the lock of an order.
    pub(super) async fn drive_order(self, scope: &Scope, id: &str) -> Result<(), Failure> {
        let _asking = self.0.locks.hold(&locks_of(id)).await;
        let failure = self.drive_lock(scope, id, false).await?;
        if let Some(failure) = failure {
            tracing::warn!(order.id = id, %failure, "the POS is asked about a lock again");
        }
        Ok(())
    }

    /// The same, for a caller that nobody else asks beside. `at_once`: a lock that is to
    /// be deleted waits no longer. Why the POS is to be asked again, if it is.
    async fn drive_lock(
        self,
        scope: &Scope,
        id: &str,
        at_once: bool,
    ) -> Result<Option<PosFailure>, Failure> {
        let Some((order, lock, call)) = self.next_call(scope, id, at_once).await? else {
            return Ok(None);
        };
        let answer = self.ask_about(&order, &lock, call).await;
        self.change_order(scope, id, |order, now| {
            let Some(own) = order.lock.as_mut().filter(|own| own.id == lock.id) else {
                return;
            };
            match (&answer, call) {
                (Ok(()), LockCall::Extend(until)) => own.was_extended(until),
                (Ok(()), LockCall::Delete) => order.lock = None,
                // It is not there any more.
                (Err(failure), _) if failure.is_for_good() => order.lock = None,
                (Err(_), _) => own.unanswered(now),
            }
        })
        .await?;
        Ok(answer.err().filter(|failure| !failure.is_for_good()))
    }

    async fn next_call(
        self,
        scope: &Scope,
        id: &str,
        at_once: bool,
    ) -> Result<Option<(TableOrder, OrderLock, LockCall)>, Failure> {
        let next = self.0.change(id, || async {
            let found = self.table_order(scope, id).await?;
            let Some(Stored { mut value, version }) = found else {
                return Ok(Decided::nothing(None));
            };
            let now = self.0.now(scope);
            if value.is_forgotten(now) {
                let write = DocumentWrite::delete(&Stored { value, version });
                let commit = self.0.commit_of(scope, vec![write]);
                return Ok(Decided::change(commit, None));
            }
            let parts = TableParts(self.0).parts_of(scope, id).await?;
            let before = value.clone();
            if let Some(lock) = &mut value.lock
                && at_once
                && lock.stage == LockStage::Releasing
            {
                lock.look_at = lock.look_at.min(now);
            }
            let call = value.next_call(&parts, now);
            let is_same = match at_once {
                true => value.lock.is_some() == before.lock.is_some(),
                false => value == before,
            };
            if call.is_none() && is_same {
                return Ok(Decided::nothing(None));
            }
            let mut commit = self.order_commit(&value, Some(version))?;
            if call.is_some() {
                commit.claims = vec![self.0.jobs().lease(DocumentKind::TableOrder, id)];
            }
            let lock = value.lock.clone();
            let next = lock.zip(call).map(|(lock, call)| (value, lock, call));
            Ok(Decided::change(commit, next))
        });
        Ok(next.await?.0)
    }

    async fn ask_about(
        self,
        order: &TableOrder,
        lock: &OrderLock,
        call: LockCall,
    ) -> Result<(), PosFailure> {
        let request_id = match call {
            LockCall::Extend(_) => format!("extend_{}_{}", lock.id, lock.extended),
            LockCall::Delete => format!("unlock_{}", lock.id),
        };
        let by = PosCaller {
            scope: order.scope.clone(),
            house: order.house.clone(),
            request_id,
            product: match lock.terminal {
                Some(_) => MACHINE_PRODUCT,
                None => GUEST_PRODUCT,
            },
            waiter_id: lock.waiter_id.clone(),
            terminal: lock.terminal.clone(),
            is_patient: lock.tries == 0,
        };
        let pos = PosCalls(self.0).pos()?;
        match call {
            LockCall::Extend(until) => {
                let work = pos.extend_lock(&by, &order.order.id, &lock.id, until);
                PosCalls(self.0)
                    .call(&by.scope, ("extend_lock", &lock.id), work)
                    .await
            }
            LockCall::Delete => {
                let work = pos.unlock(&by, &order.order.id, &lock.id);
                PosCalls(self.0)
                    .call(&by.scope, ("delete_lock", &lock.id), work)
                    .await
            }
        }
    }

    /// Looks at an order whose time has come.
    pub(crate) async fn order_due(self, order: TableOrder) -> Result<(), Failure> {
        self.drive_order(&order.scope, order.id()).await
    }
}
