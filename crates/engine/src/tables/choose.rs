//! Choosing an order on a card machine, and leaving it.

use tatami_core::account::Scope;
use tatami_core::id::TerminalId;
use tatami_core::pay_at_table::{
    MachineAt, Order, PartStage, TableOrder, TablePayment, TableVisit,
};
use tatami_core::problem::Refusal;
use tatami_core::time::SignedDuration;

use super::{MAX_ORDER_ID, PosCalls, TableFailure, TableLocks, TableParts, Tables, no_visit};
use crate::Failure;
use crate::command::Decided;
use crate::ports::documents::DocumentWrite;
use crate::ports::pos::{Abilities, PosFailure, PosFailureKind};
use crate::ports::store::Stored;
use crate::tables::pos::no_such_order;

/// When a part is looked at again whose payment could not be canceled.
const LOOKED_AT_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// The refusal of a lock says who holds it.
pub(super) fn refused_lock(failure: TableFailure) -> TableFailure {
    match failure {
        TableFailure::Pos(PosFailure {
            kind: PosFailureKind::Refused {
                not_found: false, ..
            },
            words,
        }) => Refusal::Conflict(words).into(),
        failure => failure,
    }
}

impl Tables<'_> {
    /// Chooses an order on a card machine: takes the lock of the POS if it has locks, and
    /// reads the order.
    ///
    /// # Errors
    /// If another machine is at the order, the POS refuses the lock, does not have the
    /// order or cannot be asked, or nothing of the order can be paid.
    pub async fn select(
        self,
        scope: &Scope,
        terminal: &TerminalId,
        order: &str,
    ) -> Result<(), TableFailure> {
        let (scope, terminal, order) = (scope.clone(), terminal.clone(), order.to_owned());
        let selected = self.0.to_the_end(|engine| async move {
            let tables = engine.tables();
            Ok(tables.select_now(&scope, &terminal, &order).await)
        });
        selected.await?
    }

    async fn select_now(
        self,
        scope: &Scope,
        terminal: &TerminalId,
        order: &str,
    ) -> Result<(), TableFailure> {
        if !(1..=MAX_ORDER_ID).contains(&order.len()) {
            return Err(no_such_order().into());
        }
        self.reachable(scope, terminal).await?;
        let visit = TableLocks(self.0).visited(scope, terminal).await?.value;
        if visit.order.is_some() {
            self.leave_now(scope, terminal).await?;
        }
        self.0.may_call(scope)?;
        let abilities = PosCalls(self.0).abilities(scope, &visit.house).await?;
        let table = TableLocks(self.0).take(&visit, order).await?;
        let read = self.read_chosen(&visit, abilities, &table).await;
        self.0.terminals().changed(terminal);
        let Err(failure) = read else {
            return Ok(());
        };
        TableLocks(self.0).release(&visit, table.id()).await?;
        Err(failure)
    }

    /// Locks and reads an order that a machine is at.
    async fn read_chosen(
        self,
        visit: &TableVisit,
        abilities: Abilities,
        table: &TableOrder,
    ) -> Result<(), TableFailure> {
        let by = PosCalls(self.0).for_machine(visit);
        let locked = TableLocks(self.0)
            .acquire(&by, abilities.locking, table)
            .await;
        let locked = locked.map_err(refused_lock)?;
        let order = match locked.order {
            Some(order) => order,
            None => {
                let order = &table.order.id;
                PosCalls(self.0)
                    .fetched(&by, abilities.gets, None, order)
                    .await?
            }
        };
        if order.payable().is_none() {
            let why = "The order cannot be paid: nothing of it is due.";
            return Err(Refusal::Conflict(why.to_owned()).into());
        }
        TableLocks(self.0)
            .change_order(&visit.scope, table.id(), |table, now| {
                table.is_now(order.clone(), now);
            })
            .await?;
        Ok(())
    }

    /// Leaves the order that is chosen on a card machine.
    ///
    /// # Errors
    /// If none is, or a payment is under way on the machine.
    pub async fn leave(self, scope: &Scope, terminal: &TerminalId) -> Result<(), TableFailure> {
        let (scope, terminal) = (scope.clone(), terminal.clone());
        let left = self.0.to_the_end(|engine| async move {
            let tables = engine.tables();
            Ok(tables.leave_now(&scope, &terminal).await)
        });
        left.await?
    }

    async fn leave_now(self, scope: &Scope, terminal: &TerminalId) -> Result<(), TableFailure> {
        let visit = TableLocks(self.0).visited(scope, terminal).await?.value;
        let Some(order) = &visit.order else {
            return Err(super::no_order(&visit).into());
        };
        self.end_part(&visit).await?;
        let id = TableOrder::id_of(scope, &visit.house, order);
        Ok(TableLocks(self.0).release(&visit, &id).await?)
    }

    /// Gives up the part that a machine began and nobody has paid.
    ///
    /// # Errors
    /// If it is being paid on the machine.
    pub(super) async fn end_part(self, visit: &TableVisit) -> Result<(), TableFailure> {
        let Some(part) = self.waiting_part(visit).await? else {
            return Ok(());
        };
        let terminal = self
            .0
            .terminals()
            .get(&visit.scope, &visit.terminal)
            .await?;
        if terminal.busy {
            let why = "A payment is under way on the card machine. End it first.";
            return Err(Refusal::Conflict(why.to_owned()).into());
        }
        Ok(TableParts(self.0).cancel_part(&part).await?)
    }

    /// The part of a visit that waits to be paid.
    pub(super) async fn waiting_part(
        self,
        visit: &TableVisit,
    ) -> Result<Option<TablePayment>, Failure> {
        let Some(intent) = &visit.part else {
            return Ok(None);
        };
        let id = TablePayment::id_of(intent);
        let part: Option<TablePayment> = self.0.documents().find(&visit.scope, &id).await?;
        Ok(part.filter(|part| part.stage == PartStage::Waiting))
    }

    /// Looks at a machine on which nobody pressed a key for a while.
    pub(crate) async fn visit_due(self, visit: TableVisit) -> Result<(), Failure> {
        let scope = &visit.scope;
        let known = match TableLocks(self.0).visited(scope, &visit.terminal).await {
            Err(failure) if is_no_visit(&failure) => return Ok(()),
            known => known?,
        };
        if known
            .value
            .due_at()
            .is_none_or(|due| due > self.0.now(scope))
        {
            return Ok(());
        }
        match self.leave_now(scope, &visit.terminal).await {
            // A payment is under way on it.
            Err(TableFailure::Other(Failure::Refused(_))) => {
                TableLocks(self.0).used(&known.value).await
            }
            Err(TableFailure::Other(failure)) => Err(failure),
            Err(TableFailure::Pos(failure)) => Err(Failure::Unavailable(failure.to_string())),
            Ok(()) => Ok(()),
        }
    }
}

impl TableLocks<'_> {
    /// Puts a machine at an order.
    async fn take(self, visit: &TableVisit, order: &str) -> Result<TableOrder, Failure> {
        let scope = &visit.scope;
        let id = TableOrder::id_of(scope, &visit.house, order);
        let taken = self.0.change(id.as_str(), || async {
            let now = self.0.now(scope);
            let found = self.table_order(scope, &id).await?;
            let version = found.as_ref().map(|found| found.version);
            let mut table = match found {
                Some(found) => found.value,
                None => {
                    let unread = Order {
                        id: order.to_owned(),
                        ..Order::default()
                    };
                    TableOrder::new(scope, &visit.house, unread, now)
                }
            };
            let machine = MachineAt {
                terminal: visit.terminal.clone(),
                tid: visit.tid.clone(),
                waiter_id: visit.waiter_id.clone(),
            };
            table.take(machine, now)?;
            let Stored {
                value: mut visit,
                version: visit_version,
            } = self.visited(scope, &visit.terminal).await?;
            visit.order = Some(order.to_owned());
            visit.part = None;
            visit.used_at = now;
            let writes = vec![
                DocumentWrite::put(&table, version)?,
                DocumentWrite::put(&visit, Some(visit_version))?,
            ];
            let commit = self.0.commit_of(scope, writes);
            Ok(Decided::change(commit, table))
        });
        Ok(taken.await?.0)
    }

    /// Takes a machine away from an order, and unlocks that unless others pay it.
    pub(super) async fn release(self, visit: &TableVisit, id: &str) -> Result<(), Failure> {
        let scope = &visit.scope;
        let left = self.0.change(id, || async {
            let now = self.0.now(scope);
            let mut writes = Vec::new();
            match self.visited(scope, &visit.terminal).await {
                Ok(Stored { mut value, version }) => {
                    value.order = None;
                    writes.push(DocumentWrite::put(&value, Some(version))?);
                }
                Err(failure) if is_no_visit(&failure) => {}
                Err(failure) => return Err(failure),
            }
            if let Some(Stored { mut value, version }) = self.table_order(scope, id).await? {
                value.leave(&visit.terminal, now);
                writes.push(DocumentWrite::put(&value, Some(version))?);
            }
            let commit = self.0.commit_of(scope, writes);
            Ok(Decided::change(commit, ()))
        });
        left.await?;
        self.0.terminals().changed(&visit.terminal);
        self.drive_order(scope, id).await
    }

    /// Notes that a key was pressed on a machine.
    pub(super) async fn used(self, visit: &TableVisit) -> Result<(), Failure> {
        let scope = &visit.scope;
        let used = self.0.change(visit.id(), || async {
            let Stored { mut value, version } = self.visited(scope, &visit.terminal).await?;
            value.used_at = self.0.now(scope);
            let write = DocumentWrite::put(&value, Some(version))?;
            let commit = self.0.commit_of(scope, vec![write]);
            Ok(Decided::change(commit, ()))
        });
        used.await?;
        Ok(())
    }
}

impl TableParts<'_> {
    /// Cancels the payment intent of a part. One that cannot be canceled now is looked at
    /// again.
    pub(super) async fn cancel_part(self, part: &TablePayment) -> Result<(), Failure> {
        let (scope, intent) = (&part.scope, &part.intent);
        let canceled = self.0.change(intent.as_str(), || async {
            let intents = self.0.payment_intents();
            let Stored { value, version } = intents.known(scope, intent).await?;
            let canceled = self.0.with_facts(scope, |facts| value.cancel(facts))?;
            let commit = intents.commit_of(canceled, Some(version)).await?;
            Ok(Decided::change(commit, ()))
        });
        match canceled.await {
            Ok(_) => Ok(()),
            Err(Failure::Refused(_)) => {
                self.change_part(part, |part, now| {
                    if part.stage == PartStage::Waiting {
                        part.look_later(now + LOOKED_AT_AFTER, now);
                    }
                })
                .await
            }
            Err(failure) => Err(failure),
        }
    }
}

fn is_no_visit(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused(refusal) if *refusal == no_visit())
}
