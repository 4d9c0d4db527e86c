//! Card machines on which orders are listed and chosen.

use tatami_core::account::Scope;
use tatami_core::id::TerminalId;
use tatami_core::pay_at_table::{Bill, TableOrder, TablePayment, TableVisit};
use tatami_core::problem::Refusal;
use tatami_core::terminal::{Terminal, TerminalStatus};

use super::{
    OrderList, OrderView, PosCalls, TableFailure, TableLocks, TableParts, Tables, no_visit,
};
use crate::Failure;
use crate::command::Decided;
use crate::ports::documents::DocumentWrite;
use crate::ports::pos::OrdersWanted;
use crate::ports::store::Stored;

/// The longest id of a waiter, in characters.
const MAX_WAITER_CHARS: usize = 50;

/// A card machine on which orders are chosen, as it shows that.
#[derive(Clone, Debug)]
pub struct VisitView {
    pub visit: TableVisit,
    /// The chosen order.
    pub order: Option<OrderView>,
    /// The part that was begun last on it.
    pub part: Option<TablePayment>,
}

impl Tables<'_> {
    /// Opens the Integration screen of a card machine, for a waiter if one is named.
    ///
    /// # Errors
    /// If the machine is in use or cannot be reached, the waiter's id cannot be sent, or
    /// no POS lists orders.
    pub async fn open(
        self,
        scope: &Scope,
        terminal: &Terminal,
        waiter_id: Option<String>,
    ) -> Result<TableVisit, TableFailure> {
        is_free(terminal)?;
        let house = PosCalls(self.0).pos()?.house(scope).await?;
        let abilities = PosCalls(self.0).pos()?.abilities(scope, &house).await?;
        let waiter_id = waiter_id
            .map(|id| checked_waiter(id, abilities.ascii_only))
            .transpose()?;
        let known = TableLocks(self.0).visited(scope, &terminal.id).await;
        if known.is_ok_and(|known| known.value.order.is_some()) {
            self.leave(scope, &terminal.id).await?;
        }
        let visit = TableVisit::new(terminal, house, waiter_id, self.0.now(scope));
        let opened = self.0.change(visit.id(), || async {
            let known: Option<Stored<TableVisit>> = self.0.find(Some(scope), visit.id()).await?;
            let write = DocumentWrite::put(&visit, known.map(|known| known.version))?;
            let commit = self.0.commit_of(scope, vec![write]);
            Ok(Decided::change(commit, visit.clone()))
        });
        let (visit, _) = opened.await?;
        self.0.terminals().changed(&terminal.id);
        Ok(visit)
    }

    /// Closes the Integration screen of a card machine.
    ///
    /// # Errors
    /// If a payment is under way on it.
    pub async fn close(self, scope: &Scope, terminal: &TerminalId) -> Result<(), TableFailure> {
        let known = TableLocks(self.0).visited(scope, terminal).await?;
        if known.value.order.is_some() {
            self.leave(scope, terminal).await?;
        }
        let id = TableVisit::id_of(terminal);
        let closed = self.0.change(id.as_str(), || async {
            let known: Option<Stored<TableVisit>> = self.0.find(Some(scope), &id).await?;
            let Some(known) = known else {
                return Ok(Decided::nothing(()));
            };
            let commit = self.0.commit_of(scope, vec![DocumentWrite::delete(&known)]);
            Ok(Decided::change(commit, ()))
        });
        closed.await?;
        self.0.terminals().changed(terminal);
        Ok(())
    }

    /// The orders that can be paid on a card machine.
    ///
    /// # Errors
    /// If its Integration screen is not open, or the POS does not list them.
    pub async fn orders(
        self,
        scope: &Scope,
        terminal: &TerminalId,
        after: Option<String>,
    ) -> Result<OrderList, TableFailure> {
        self.reachable(scope, terminal).await?;
        let visit = TableLocks(self.0).visited(scope, terminal).await?.value;
        let wanted = OrdersWanted {
            waiter_id: visit.waiter_id.clone(),
            payable_only: true,
            after,
            table_id: None,
        };
        PosCalls(self.0)
            .listed(&PosCalls(self.0).for_machine(&visit), &wanted)
            .await
    }

    /// What a card machine shows of orders; nothing if its Integration screen is not
    /// open.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn visit(
        self,
        scope: &Scope,
        terminal: &TerminalId,
    ) -> Result<Option<VisitView>, Failure> {
        let id = TableVisit::id_of(terminal);
        let Some(visit) = self.0.documents().find::<TableVisit>(scope, &id).await? else {
            return Ok(None);
        };
        let part = match &visit.part {
            Some(intent) => {
                let id = TablePayment::id_of(intent);
                self.0.documents().find(scope, &id).await?
            }
            None => None,
        };
        let order = match &visit.order {
            Some(order) => {
                let id = TableOrder::id_of(scope, &visit.house, order);
                let known: Option<TableOrder> = self.0.documents().find(scope, &id).await?;
                match known {
                    Some(known) => Some(TableParts(self.0).viewed(known).await?),
                    None => None,
                }
            }
            None => None,
        };
        Ok(Some(VisitView { visit, order, part }))
    }

    /// A card machine that can be reached.
    pub(super) async fn reachable(
        self,
        scope: &Scope,
        terminal: &TerminalId,
    ) -> Result<Terminal, Failure> {
        let terminal = self.0.terminals().get(scope, terminal).await?;
        match terminal.status() {
            TerminalStatus::Offline => Err(unreachable().into()),
            TerminalStatus::Available | TerminalStatus::InUse => Ok(terminal),
        }
    }
}

impl TableLocks<'_> {
    /// The visit of a card machine.
    pub(super) async fn visited(
        self,
        scope: &Scope,
        terminal: &TerminalId,
    ) -> Result<Stored<TableVisit>, Failure> {
        let id = TableVisit::id_of(terminal);
        let found = self.0.find(Some(scope), &id).await?;
        Ok(found.ok_or_else(no_visit)?)
    }
}

impl TableParts<'_> {
    /// An order with what is left of it.
    pub(super) async fn viewed(self, known: TableOrder) -> Result<OrderView, Failure> {
        let parts = self.parts_of(&known.scope, known.id()).await?;
        let bill = Bill {
            order: &known.order,
            parts: &parts,
            split: known.split,
            next_split: known.splits + 1,
        };
        Ok(OrderView {
            available: bill.available().ok(),
            name: known.name,
            house: known.house,
            order: known.order,
            parts,
        })
    }
}

fn unreachable() -> Refusal {
    let why = "The card machine is switched off or has no connection.";
    Refusal::Conflict(why.to_owned())
}

/// Whether nothing else is going on on a machine.
///
/// # Errors
/// If something is.
pub(super) fn is_free(terminal: &Terminal) -> Result<(), Refusal> {
    match terminal.status() {
        TerminalStatus::Available => Ok(()),
        TerminalStatus::Offline => Err(unreachable()),
        TerminalStatus::InUse => Err(Refusal::Conflict("The card machine is in use.".to_owned())),
    }
}

fn checked_waiter(id: String, ascii_only: bool) -> Result<String, Refusal> {
    let is_short = (1..=MAX_WAITER_CHARS).contains(&id.chars().count());
    if !is_short || id.trim() != id || id.contains(char::is_control) {
        let rule = format!("The WaiterId must be from 1 to {MAX_WAITER_CHARS} visible characters.");
        return Err(Refusal::invalid("WaiterId", &rule));
    }
    if ascii_only && !id.is_ascii() {
        let rule = "The WaiterId must be ASCII: it is sent to the POS as a header.";
        return Err(Refusal::invalid("WaiterId", rule));
    }
    Ok(id)
}
