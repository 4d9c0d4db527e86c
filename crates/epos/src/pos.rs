//! The operations of a merchant's POS, independent of the transport.

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tatami_core::time::{Timestamp, ticks};

use crate::capability::Capability;
use crate::contract::{
    Area, Bill, CreateOrder, CreateParty, CreateReservation, ExtendLock, LockOrder, Order, Page,
    Party, PosFault, RecordPayment, Reservation, SearchOrders, SearchParties, SearchReservations,
    SearchTables, Table, UpdateParty, UpdateReservation,
};
use crate::request::{Origin, Request};

/// Why a POS did not do what it was asked. The sentences are for staff.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PosError {
    /// No POS of the account can do it.
    #[error("No POS is registered for {}.", .0.name())]
    NotRegistered(Capability),
    /// The request did not reach the POS: nothing happened there.
    #[error("{0}")]
    NotSent(String),
    /// The POS was asked and did not answer: it may have done it.
    #[error("{0}")]
    Unanswered(String),
    /// The POS answered what its contract does not allow: it may have done it.
    #[error("{0}")]
    Nonsense(String),
    /// The POS refused it.
    #[error("{}", message(.fault, *.status))]
    Refused {
        /// What it said.
        fault: PosFault,
        /// The HTTP status that it was said with.
        status: Option<u16>,
    },
}

fn message(fault: &PosFault, status: Option<u16>) -> String {
    match (&fault.message, status) {
        (Some(message), _) => message.clone(),
        (None, Some(status)) => format!("The POS answered {status}."),
        (None, None) => "The POS refused it.".to_owned(),
    }
}

impl PosError {
    /// Whether the POS refused it and would do so again.
    pub fn is_for_good(&self) -> bool {
        match self {
            Self::Refused { fault, status } => fault.is_for_good(*status),
            _ => false,
        }
    }

    /// Whether the POS may have done it nevertheless.
    pub const fn may_have_happened(&self) -> bool {
        matches!(self, Self::Unanswered(_) | Self::Nonsense(_))
    }
}

/// A merchant's POS. What asks it uses these methods and no transport; a transport
/// implements [`Pos::call`].
#[async_trait]
pub trait Pos: Send + Sync {
    /// Sends a request and returns the result, which is no refusal.
    async fn call(&self, request: Request) -> Result<Value, PosError>;

    /// Searches orders.
    async fn search_orders(
        &self,
        origin: &Origin,
        search: &SearchOrders,
    ) -> Result<Page<Order>, PosError> {
        page(
            self.call(Request::new(Capability::SearchOrders, origin, &[]).with(search))
                .await?,
        )
    }

    /// Reads an order.
    async fn order(&self, origin: &Origin, order: &str) -> Result<Order, PosError> {
        one(self
            .call(about_order(Capability::GetOrderById, origin, order))
            .await?)
    }

    /// Creates an order.
    async fn create_order(&self, origin: &Origin, new: &CreateOrder) -> Result<Order, PosError> {
        one(self
            .call(Request::new(Capability::CreateOrder, origin, &[]).with(new))
            .await?)
    }

    /// Cancels an order.
    async fn cancel_order(&self, origin: &Origin, order: &str) -> Result<Order, PosError> {
        one(self
            .call(about_order(Capability::CancelOrderById, origin, order))
            .await?)
    }

    /// Reads the printable bill of an order.
    async fn bill(&self, origin: &Origin, order: &str) -> Result<Bill, PosError> {
        one(self
            .call(about_order(Capability::GetOrderBillById, origin, order))
            .await?)
    }

    /// Records a payment of an order. Returns the order if the answer can be read.
    async fn record_payment(
        &self,
        origin: &Origin,
        order: &str,
        payment: &RecordPayment,
    ) -> Result<Option<Order>, PosError> {
        let request = about_order(Capability::RecordOrderPaymentById, origin, order);
        acknowledged(self.call(request.with(payment)).await?)
    }

    /// Locks an order until then, under an id of the lock.
    async fn lock_order(
        &self,
        origin: &Origin,
        order: &str,
        lock: &str,
        expiry: Timestamp,
    ) -> Result<Option<Order>, PosError> {
        let request = about_order(Capability::CreateOrderLock, origin, order);
        let body = LockOrder {
            lock_id: lock.to_owned(),
            expiry: ticks(expiry),
        };
        acknowledged(self.call(request.with(&body)).await?)
    }

    /// Keeps an order locked until then.
    async fn extend_lock(
        &self,
        origin: &Origin,
        order: &str,
        lock: &str,
        expiry: Timestamp,
    ) -> Result<(), PosError> {
        let ids = [("orderId", order), ("lockId", lock)];
        let request = Request::new(Capability::ExtendOrderLock, origin, &ids);
        let body = ExtendLock {
            expiry: ticks(expiry),
        };
        self.call(request.with(&body)).await.map(|_| ())
    }

    /// Unlocks an order.
    async fn unlock_order(&self, origin: &Origin, order: &str, lock: &str) -> Result<(), PosError> {
        let ids = [("orderId", order), ("lockId", lock)];
        let request = Request::new(Capability::DeleteOrderLock, origin, &ids);
        self.call(request).await.map(|_| ())
    }

    /// Lists areas.
    async fn areas(&self, origin: &Origin) -> Result<Vec<Area>, PosError> {
        let areas = Request::new(Capability::ListAreas, origin, &[]);
        Ok(page(self.call(areas).await?)?.data)
    }

    /// Searches tables.
    async fn search_tables(
        &self,
        origin: &Origin,
        search: &SearchTables,
    ) -> Result<Page<Table>, PosError> {
        page(
            self.call(Request::new(Capability::SearchTables, origin, &[]).with(search))
                .await?,
        )
    }

    /// Searches parties.
    async fn search_parties(
        &self,
        origin: &Origin,
        search: &SearchParties,
    ) -> Result<Page<Party>, PosError> {
        page(
            self.call(Request::new(Capability::SearchParties, origin, &[]).with(search))
                .await?,
        )
    }

    /// Reads a party.
    async fn party(&self, origin: &Origin, party: &str) -> Result<Party, PosError> {
        one(self
            .call(Request::new(
                Capability::GetPartyById,
                origin,
                &[("partyId", party)],
            ))
            .await?)
    }

    /// Creates a party.
    async fn create_party(&self, origin: &Origin, new: &CreateParty) -> Result<Party, PosError> {
        one(self
            .call(Request::new(Capability::CreateParty, origin, &[]).with(new))
            .await?)
    }

    /// Changes a party.
    async fn update_party(
        &self,
        origin: &Origin,
        party: &str,
        to: &UpdateParty,
    ) -> Result<Party, PosError> {
        one(self
            .call(Request::new(Capability::UpdateParty, origin, &[("partyId", party)]).with(to))
            .await?)
    }

    /// Deletes a party.
    async fn delete_party(&self, origin: &Origin, party: &str) -> Result<(), PosError> {
        let request = Request::new(Capability::DeletePartyById, origin, &[("partyId", party)]);
        self.call(request).await.map(|_| ())
    }

    /// Searches reservations.
    async fn search_reservations(
        &self,
        origin: &Origin,
        search: &SearchReservations,
    ) -> Result<Page<Reservation>, PosError> {
        page(
            self.call(Request::new(Capability::SearchReservations, origin, &[]).with(search))
                .await?,
        )
    }

    /// Reads a reservation.
    async fn reservation(&self, origin: &Origin, id: &str) -> Result<Reservation, PosError> {
        let ids = [("reservationId", id)];
        one(self
            .call(Request::new(Capability::GetReservationById, origin, &ids))
            .await?)
    }

    /// Creates a reservation.
    async fn create_reservation(
        &self,
        origin: &Origin,
        new: &CreateReservation,
    ) -> Result<Reservation, PosError> {
        one(self
            .call(Request::new(Capability::CreateReservation, origin, &[]).with(new))
            .await?)
    }

    /// Changes a reservation.
    async fn update_reservation(
        &self,
        origin: &Origin,
        id: &str,
        to: &UpdateReservation,
    ) -> Result<Reservation, PosError> {
        let ids = [("reservationId", id)];
        one(self
            .call(Request::new(Capability::UpdateReservation, origin, &ids).with(to))
            .await?)
    }

    /// Deletes a reservation.
    async fn delete_reservation(&self, origin: &Origin, id: &str) -> Result<(), PosError> {
        let ids = [("reservationId", id)];
        let request = Request::new(Capability::DeleteReservationById, origin, &ids);
        self.call(request).await.map(|_| ())
    }

    /// Sends an event, in the form of its published payload.
    async fn handle_event(
        &self,
        capability: Capability,
        origin: &Origin,
        event: &Map<String, Value>,
    ) -> Result<(), PosError> {
        let request = Request::new(capability, origin, &[]).with(event);
        self.call(request).await.map(|_| ())
    }
}

/// A request about an order.
fn about_order(capability: Capability, origin: &Origin, order: &str) -> Request {
    Request::new(capability, origin, &[("orderId", order)])
}

/// A result that is one thing.
fn one<T: DeserializeOwned>(result: Value) -> Result<T, PosError> {
    serde_json::from_value(result).map_err(|why| nonsense(&why.to_string()))
}

/// A result that is a page of a list.
fn page<T: DeserializeOwned>(result: Value) -> Result<Page<T>, PosError> {
    Page::read(result).ok_or_else(|| nonsense("a list was expected"))
}

/// A result that says that something was done, and perhaps what an order is like now.
fn acknowledged(result: Value) -> Result<Option<Order>, PosError> {
    match result {
        Value::Object(_) => Ok(serde_json::from_value(result).ok()),
        _ => Err(nonsense("an order was expected")),
    }
}

fn nonsense(why: &str) -> PosError {
    PosError::Nonsense(format!("The answer of the POS cannot be read: {why}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Answers always the same.
    struct Says(Value);

    #[async_trait]
    impl Pos for Says {
        async fn call(&self, _: Request) -> Result<Value, PosError> {
            Ok(self.0.clone())
        }
    }

    fn payment() -> RecordPayment {
        let gbp = json!({ "value": 100, "currencyCode": "GBP" });
        RecordPayment {
            payment_intent_id: "pi_1".to_owned(),
            paid_amount: serde_json::from_value(gbp).expect("an amount"),
            tips_amount: None,
            lock_id: None,
        }
    }

    #[tokio::test]
    async fn any_object_acknowledges_a_payment() {
        let origin = Origin::default();
        let recorded = async |says: Value| {
            let pos: Box<dyn Pos> = Box::new(Says(says));
            pos.record_payment(&origin, "1", &payment()).await
        };
        let order = recorded(json!({ "id": "1" })).await.expect("recorded");
        assert_eq!(order.and_then(|order| order.id).as_deref(), Some("1"));
        // The payment is recorded even if the order cannot be read.
        let unreadable = json!({ "totalAmount": { "value": 6.21, "currencyCode": "GBP" } });
        assert_eq!(recorded(unreadable).await, Ok(None));
        for nonsense in [json!(null), json!("ok"), json!([])] {
            let error = recorded(nonsense).await.expect_err("nonsense");
            assert!(error.may_have_happened() && !error.is_for_good());
        }
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_nonsense() {
        let total = json!({ "value": 6.21, "currencyCode": "GBP" });
        let pos = Says(json!({ "id": "1", "totalAmount": total }));
        let error = pos.order(&Origin::default(), "1").await.expect_err("no");
        assert!(error.to_string().contains("6.21"), "{error}");
    }
}
