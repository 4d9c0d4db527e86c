//! Requests to a POS.

use std::sync::Arc;

use tatami_core::account::Scope;
use tatami_core::pay_at_table::{Order, PartPayer, TableOrder, TablePayment, TableVisit};

use super::{GUEST_PRODUCT, ListedOrder, MACHINE_PRODUCT, MAX_ORDER_ID, OrderList, PosCalls};
use crate::outside::{self, OpenCall, POS};
use crate::ports::outside::CallError;
use crate::ports::pos::{
    Abilities, OrdersWanted, PosCaller, PosFailure, PosFailureKind, PosSystems,
};
use crate::tables::TableFailure;

/// The most pages that are searched for one order.
const MAX_PAGES: usize = 10;

fn not_registered(words: &str) -> PosFailure {
    PosFailure::new(PosFailureKind::NotRegistered, words)
}

impl PosCalls<'_> {
    /// The POS systems of merchants.
    pub(super) fn pos(self) -> Result<Arc<dyn PosSystems>, PosFailure> {
        let pos = self.0.parts.pos.clone();
        pos.ok_or_else(|| not_registered("There are no links to POS systems."))
    }

    /// Makes a call to a POS: counted, traced, bounded in number and in time.
    pub(super) async fn call<T>(
        self,
        scope: &Scope,
        (operation, reference): (&'static str, &str),
        work: impl Future<Output = Result<T, PosFailure>>,
    ) -> Result<T, PosFailure> {
        let call = OpenCall {
            outside: &POS,
            scope,
            reference,
            operation,
        };
        let word = |answer: &Result<T, PosFailure>| match answer {
            Ok(_) => "answered",
            Err(failure) => failure.word(),
        };
        let work = async { Ok::<_, CallError>(work.await) };
        match outside::make(self.0, &call, word, work).await {
            Ok(answer) => answer,
            Err(_) => {
                let words = "The POS did not answer in time.";
                Err(PosFailure::new(PosFailureKind::Unanswered, words))
            }
        }
    }

    /// Who asks for a card machine.
    pub(super) fn for_machine(self, visit: &TableVisit) -> PosCaller {
        PosCaller {
            scope: visit.scope.clone(),
            house: visit.house.clone(),
            request_id: self.0.documents().new_id(),
            product: MACHINE_PRODUCT,
            waiter_id: visit.waiter_id.clone(),
            terminal: Some(visit.terminal.clone()),
            is_patient: true,
        }
    }

    /// Who asks for a guest.
    pub(super) fn for_guest(self, scope: &Scope, house: &str) -> PosCaller {
        PosCaller {
            scope: scope.clone(),
            house: house.to_owned(),
            request_id: self.0.documents().new_id(),
            product: GUEST_PRODUCT,
            waiter_id: None,
            terminal: None,
            is_patient: true,
        }
    }

    /// Who asks for a part, under an id that follows from it.
    pub(super) fn for_part(part: &TablePayment, request_id: String) -> PosCaller {
        let (product, terminal) = match &part.payer {
            PartPayer::Machine(terminal) => (MACHINE_PRODUCT, Some(terminal.clone())),
            PartPayer::Guest => (GUEST_PRODUCT, None),
        };
        PosCaller {
            scope: part.scope.clone(),
            house: part.house.clone(),
            request_id,
            product,
            waiter_id: part.waiter_id.clone(),
            terminal,
            // What is tried again waits for no connection.
            is_patient: part.tries == 0,
        }
    }

    pub(super) async fn abilities(
        self,
        scope: &Scope,
        house: &str,
    ) -> Result<Abilities, TableFailure> {
        let abilities = self.pos()?.abilities(scope, house).await?;
        match abilities.records {
            true => Ok(abilities),
            false => Err(not_registered("No POS is registered for RecordOrderPaymentById.").into()),
        }
    }

    /// Lists orders, with the names that a list has for them.
    pub(super) async fn listed(
        self,
        by: &PosCaller,
        wanted: &OrdersWanted,
    ) -> Result<OrderList, TableFailure> {
        self.0.may_call(&by.scope)?;
        let pos = self.pos()?;
        let work = pos.orders(by, wanted);
        let page = self
            .call(&by.scope, ("search_orders", &by.request_id), work)
            .await?;
        let names = tatami_core::pay_at_table::names(&page.orders);
        let orders = page.orders.into_iter().zip(names);
        Ok(OrderList {
            orders: orders
                .map(|(order, name)| ListedOrder { order, name })
                .collect(),
            after: page.after,
        })
    }

    /// An order as its POS says it is now. Without the means to ask for one order it is
    /// searched; one under our lock is as it was when it was locked.
    pub(super) async fn fetched(
        self,
        by: &PosCaller,
        gets: bool,
        known: Option<&TableOrder>,
        order: &str,
    ) -> Result<Order, TableFailure> {
        let is_id = (1..=MAX_ORDER_ID).contains(&order.len());
        if !is_id {
            return Err(no_such_order().into());
        }
        self.0.may_call(&by.scope)?;
        if gets {
            let pos = self.pos()?;
            let work = pos.order(by, order);
            let call = self.call(&by.scope, ("get_order", &by.request_id), work);
            return Ok(call.await?);
        }
        let now = self.0.now(&by.scope);
        if let Some(known) = known.filter(|known| known.held(now).is_some()) {
            return Ok(known.order.clone());
        }
        let mut wanted = OrdersWanted::default();
        for _ in 0..MAX_PAGES {
            let page = self.listed(by, &wanted).await?;
            let found = page.orders.into_iter().find(|o| o.order.id == order);
            if let Some(found) = found {
                return Ok(found.order);
            }
            wanted.after = page.after;
            if wanted.after.is_none() {
                break;
            }
        }
        Err(no_such_order().into())
    }
}

/// A POS that does not have an order.
pub(super) fn no_such_order() -> PosFailure {
    let kind = PosFailureKind::Refused {
        for_good: true,
        not_found: true,
    };
    PosFailure::new(kind, "The POS has no such order.")
}
