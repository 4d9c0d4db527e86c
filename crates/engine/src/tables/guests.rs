//! Guests who pay on their phones.

use tatami_core::account::Scope;
use tatami_core::id::PaymentIntentId;
use tatami_core::pay_at_table::{PartPayer, PartStage, PartWish, TableOrder, TablePayment};
use tatami_core::payment_intent::PaymentIntent;
use tatami_core::problem::Refusal;

use super::begin::Beginning;
use super::{
    GuestLinks, OrderList, OrderView, PosCalls, TableFailure, TableLocks, TableParts, Tables,
};
use crate::Failure;
use crate::ports::pos::OrdersWanted;

/// What a guest is told; why is said to staff alone.
const NOT_NOW: &str =
    "The order cannot be paid at the moment. Try again shortly, or ask the staff.";

impl Tables<'_> {
    /// The orders of a table that can be paid.
    ///
    /// # Errors
    /// If the POS does not list them.
    pub async fn orders_at(self, scope: &Scope, table: &str) -> Result<OrderList, TableFailure> {
        let house = PosCalls(self.0).pos()?.house(scope).await?;
        let wanted = OrdersWanted {
            table_id: Some(table.to_owned()),
            payable_only: true,
            ..OrdersWanted::default()
        };
        PosCalls(self.0)
            .listed(&PosCalls(self.0).for_guest(scope, &house), &wanted)
            .await
    }

    /// An order as it is now, with what is left of it.
    ///
    /// # Errors
    /// If the POS does not have it or cannot be asked.
    pub async fn guest_order(self, scope: &Scope, order: &str) -> Result<OrderView, TableFailure> {
        let house = PosCalls(self.0).pos()?.house(scope).await?;
        let abilities = PosCalls(self.0).abilities(scope, &house).await?;
        let id = TableOrder::id_of(scope, &house, order);
        let known = TableLocks(self.0)
            .table_order(scope, &id)
            .await?
            .map(|known| known.value);
        let by = PosCalls(self.0).for_guest(scope, &house);
        let read = PosCalls(self.0).fetched(&by, abilities.gets, known.as_ref(), order);
        let read = read.await?;
        let now = self.0.now(scope);
        let known = match known {
            Some(mut known) => {
                known.is_now(read, now);
                known
            }
            None => TableOrder::new(scope, &house, read, now),
        };
        Ok(TableParts(self.0).viewed(known).await?)
    }

    /// Begins a part for a guest: the payment intent that the guest pays, with where its
    /// page leads afterwards.
    ///
    /// # Errors
    /// If the part is nothing or more than is left, or the POS cannot be asked.
    pub async fn pay_as_guest(
        self,
        scope: &Scope,
        order: &str,
        wish: PartWish,
        links: Option<GuestLinks>,
    ) -> Result<PaymentIntentId, TableFailure> {
        let house = PosCalls(self.0).pos()?.house(scope).await?;
        let beginning = Beginning {
            by: PosCalls(self.0).for_guest(scope, &house),
            payer: PartPayer::Guest,
            visit: None,
            order: order.to_owned(),
            wish,
            links,
        };
        TableParts(self.0).begin(beginning).await
    }

    /// The part that a payment intent pays, if it is one.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn guest_part(
        self,
        scope: &Scope,
        intent: &PaymentIntentId,
    ) -> Result<Option<TablePayment>, Failure> {
        let id = TablePayment::id_of(intent);
        self.0.documents().find(scope, &id).await
    }

    /// Gives up a part that a guest began and has not paid.
    ///
    /// # Errors
    /// If storage fails.
    pub async fn drop_guest_part(
        self,
        scope: &Scope,
        intent: &PaymentIntentId,
    ) -> Result<(), Failure> {
        let part = self.guest_part(scope, intent).await?;
        match part.filter(|part| part.stage == PartStage::Waiting) {
            Some(part) => TableParts(self.0).cancel_part(&part).await,
            None => Ok(()),
        }
    }
}

impl TableParts<'_> {
    /// Takes the lock of the POS before a guest pays, if it has locks: it is kept until
    /// the payment is recorded. Nothing for other payment intents.
    ///
    /// # Errors
    /// If the POS does not give it.
    pub(crate) async fn before_payment(self, intent: &PaymentIntent) -> Result<(), Failure> {
        if !intent.at_table {
            return Ok(());
        }
        let part = Tables(self.0).guest_part(&intent.scope, &intent.id).await?;
        let is_open = |part: &TablePayment| {
            part.payer == PartPayer::Guest && part.stage == PartStage::Waiting
        };
        match part.filter(is_open) {
            Some(part) => self.lock_for(&part).await.map_err(|failure| match failure {
                TableFailure::Pos(failure) => {
                    tracing::warn!(order.id = part.order_id, %failure, "an order is not locked for a guest");
                    Refusal::Conflict(NOT_NOW.to_owned()).into()
                }
                TableFailure::Other(failure) => failure,
            }),
            None => Ok(()),
        }
    }

    async fn lock_for(self, part: &TablePayment) -> Result<(), TableFailure> {
        let abilities = PosCalls(self.0).abilities(&part.scope, &part.house).await?;
        let known = TableLocks(self.0)
            .table_order(&part.scope, &part.order)
            .await?;
        let Some(known) = known.map(|known| known.value) else {
            return Ok(());
        };
        let by = PosCalls(self.0).for_guest(&part.scope, &part.house);
        let locked = TableLocks(self.0)
            .acquire(&by, abilities.locking, &known)
            .await?;
        if locked.lock.is_some() && locked.lock != part.lock_id {
            self.change_part(part, |part, _| part.lock_id.clone_from(&locked.lock))
                .await?;
        }
        Ok(())
    }
}
