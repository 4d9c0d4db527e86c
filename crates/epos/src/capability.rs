//! The capabilities of a POS, as they are registered and as they are called.

use http::Method;

/// The only version that a capability is registered with.
pub const VERSION: &str = "v1";

/// What a POS can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Capability {
    /// Create an order.
    CreateOrder,
    /// Read an order.
    GetOrderById,
    /// Cancel an order.
    CancelOrderById,
    /// Search orders.
    SearchOrders,
    /// Record a payment of an order.
    RecordOrderPaymentById,
    /// Read the printable bill of an order.
    GetOrderBillById,
    /// Add items to an order (preview).
    AddOrderItems,
    /// Lock an order.
    CreateOrderLock,
    /// Unlock an order.
    DeleteOrderLock,
    /// Keep an order locked for longer.
    ExtendOrderLock,
    /// Work out the price of an order (preview).
    CalculateOrder,
    /// Submit an order whose price was worked out (preview).
    SubmitCalculatedOrder,
    /// Search menus (preview).
    SearchMenus,
    /// Create a party.
    CreateParty,
    /// Read a party.
    GetPartyById,
    /// Change a party.
    UpdateParty,
    /// Delete a party.
    DeletePartyById,
    /// Search parties.
    SearchParties,
    /// Create a reservation.
    CreateReservation,
    /// Read a reservation.
    GetReservationById,
    /// Change a reservation.
    UpdateReservation,
    /// Delete a reservation.
    DeleteReservationById,
    /// Search reservations.
    SearchReservations,
    /// Search tables.
    SearchTables,
    /// List areas.
    ListAreas,
    /// Receive the event that a payment intent was created.
    PaymentIntentCreated,
    /// Receive the event that the status of a payment intent changed.
    PaymentIntentStatusUpdated,
}

/// What the names of capabilities begin with that are about an event.
const EVENT_PREFIX: &str = "HandleEvent:";

/// Names that older integrations register, and what they stand for.
const LEGACY: [(&str, Capability); 4] = [
    ("GetOrderBill", Capability::GetOrderBillById),
    ("RecordOrderPayment", Capability::RecordOrderPaymentById),
    ("UpdatePartyById", Capability::UpdateParty),
    ("UpdateReservationById", Capability::UpdateReservation),
];

impl Capability {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 27] = [
        Self::CreateOrder,
        Self::GetOrderById,
        Self::CancelOrderById,
        Self::SearchOrders,
        Self::RecordOrderPaymentById,
        Self::GetOrderBillById,
        Self::AddOrderItems,
        Self::CreateOrderLock,
        Self::DeleteOrderLock,
        Self::ExtendOrderLock,
        Self::CalculateOrder,
        Self::SubmitCalculatedOrder,
        Self::SearchMenus,
        Self::CreateParty,
        Self::GetPartyById,
        Self::UpdateParty,
        Self::DeletePartyById,
        Self::SearchParties,
        Self::CreateReservation,
        Self::GetReservationById,
        Self::UpdateReservation,
        Self::DeleteReservationById,
        Self::SearchReservations,
        Self::SearchTables,
        Self::ListAreas,
        Self::PaymentIntentCreated,
        Self::PaymentIntentStatusUpdated,
    ];

    /// The name that it is registered by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreateOrder => "CreateOrder",
            Self::GetOrderById => "GetOrderById",
            Self::CancelOrderById => "CancelOrderById",
            Self::SearchOrders => "SearchOrders",
            Self::RecordOrderPaymentById => "RecordOrderPaymentById",
            Self::GetOrderBillById => "GetOrderBillById",
            Self::AddOrderItems => "AddOrderItems",
            Self::CreateOrderLock => "CreateOrderLock",
            Self::DeleteOrderLock => "DeleteOrderLock",
            Self::ExtendOrderLock => "ExtendOrderLock",
            Self::CalculateOrder => "CalculateOrder",
            Self::SubmitCalculatedOrder => "SubmitCalculatedOrder",
            Self::SearchMenus => "SearchMenus",
            Self::CreateParty => "CreateParty",
            Self::GetPartyById => "GetPartyById",
            Self::UpdateParty => "UpdateParty",
            Self::DeletePartyById => "DeletePartyById",
            Self::SearchParties => "SearchParties",
            Self::CreateReservation => "CreateReservation",
            Self::GetReservationById => "GetReservationById",
            Self::UpdateReservation => "UpdateReservation",
            Self::DeleteReservationById => "DeleteReservationById",
            Self::SearchReservations => "SearchReservations",
            Self::SearchTables => "SearchTables",
            Self::ListAreas => "ListAreas",
            Self::PaymentIntentCreated => "HandleEvent:payment_intent.created",
            Self::PaymentIntentStatusUpdated => "HandleEvent:payment_intent.status_updated",
        }
    }

    /// Reads a name that a capability is registered by, legacy ones included.
    pub fn from_name(name: &str) -> Option<Self> {
        let legacy = LEGACY.into_iter().find(|(legacy, _)| *legacy == name);
        let known = || Self::ALL.into_iter().find(|c| c.name() == name);
        legacy.map(|(_, capability)| capability).or_else(known)
    }

    /// The names that [`Self::from_name`] reads, in a sentence.
    pub fn names() -> String {
        let names = Self::ALL.into_iter().map(Self::name);
        let legacy = LEGACY.into_iter().map(|(name, _)| name);
        names.chain(legacy).collect::<Vec<_>>().join(", ")
    }

    /// The type of the events that it is about.
    pub fn event(self) -> Option<&'static str> {
        self.name().strip_prefix(EVENT_PREFIX)
    }

    /// The capability to receive events of a type.
    pub fn of_event(event: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.event() == Some(event))
    }

    /// The method that it is called by over a WebSocket.
    pub fn rpc_method(self) -> String {
        match self.event() {
            Some(_) => "HandleEventV1".to_owned(),
            None => format!("{}V1", self.name()),
        }
    }

    /// The method and the path that it is called by over REST, unless its contract is
    /// not published yet. Ids stand in braces.
    pub fn rest(self) -> Option<(Method, &'static str)> {
        Some(match self {
            Self::CreateOrder => (Method::POST, "/v1/orders"),
            Self::GetOrderById => (Method::GET, "/v1/orders/{orderId}"),
            Self::CancelOrderById => (Method::DELETE, "/v1/orders/{orderId}"),
            Self::SearchOrders => (Method::POST, "/v1/orders/search"),
            Self::RecordOrderPaymentById => (Method::POST, "/v1/orders/{orderId}/record-payment"),
            Self::GetOrderBillById => (Method::GET, "/v1/orders/{orderId}/bill"),
            Self::CreateOrderLock => (Method::POST, "/v1/orders/{orderId}/lock"),
            Self::DeleteOrderLock => (Method::DELETE, "/v1/orders/{orderId}/locks/{lockId}"),
            Self::ExtendOrderLock => (Method::PUT, "/v1/orders/{orderId}/locks/{lockId}"),
            Self::CreateParty => (Method::POST, "/v1/parties"),
            Self::GetPartyById => (Method::GET, "/v1/parties/{partyId}"),
            Self::UpdateParty => (Method::PUT, "/v1/parties/{partyId}"),
            Self::DeletePartyById => (Method::DELETE, "/v1/parties/{partyId}"),
            Self::SearchParties => (Method::POST, "/v1/parties/search"),
            Self::CreateReservation => (Method::POST, "/v1/reservations"),
            Self::GetReservationById => (Method::GET, "/v1/reservations/{reservationId}"),
            Self::UpdateReservation => (Method::PUT, "/v1/reservations/{reservationId}"),
            Self::DeleteReservationById => (Method::DELETE, "/v1/reservations/{reservationId}"),
            Self::SearchReservations => (Method::POST, "/v1/reservations/search"),
            Self::SearchTables => (Method::POST, "/v1/tables/search"),
            Self::ListAreas => (Method::GET, "/v1/areas"),
            Self::PaymentIntentCreated | Self::PaymentIntentStatusUpdated => {
                (Method::POST, "/v1/events")
            }
            Self::AddOrderItems
            | Self::CalculateOrder
            | Self::SubmitCalculatedOrder
            | Self::SearchMenus => return None,
        })
    }

    /// Whether the id of what it is about is called `id` over a WebSocket.
    pub const fn has_plain_id(self) -> bool {
        matches!(self, Self::UpdateParty | Self::UpdateReservation)
    }

    /// Whether its result is only that it was carried out.
    pub const fn only_acknowledges(self) -> bool {
        matches!(
            self,
            Self::ExtendOrderLock
                | Self::DeleteOrderLock
                | Self::DeletePartyById
                | Self::DeleteReservationById
                | Self::PaymentIntentCreated
                | Self::PaymentIntentStatusUpdated
        )
    }

    /// Whether it changes nothing at the POS, so that it may be called twice.
    pub const fn only_reads(self) -> bool {
        matches!(
            self,
            Self::GetOrderById
                | Self::SearchOrders
                | Self::GetOrderBillById
                | Self::SearchMenus
                | Self::GetPartyById
                | Self::SearchParties
                | Self::GetReservationById
                | Self::SearchReservations
                | Self::SearchTables
                | Self::ListAreas
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_is_read_and_no_other() {
        for capability in Capability::ALL {
            assert_eq!(Capability::from_name(capability.name()), Some(capability));
        }
        for (legacy, meant) in LEGACY {
            assert_eq!(Capability::from_name(legacy), Some(meant));
            assert!(Capability::names().contains(legacy));
        }
        for unknown in [
            "",
            "HandleEvent",
            "HandleEvent:",
            "HandleEvent:payment_intent.send-receipt",
            "SearchOrdersV1",
            "searchorders",
            "GetOrder",
        ] {
            assert_eq!(Capability::from_name(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn each_operation_is_another() {
        let all = Capability::ALL.into_iter();
        let called: BTreeSet<_> = all
            .filter(|c| c.event().is_none())
            .filter_map(Capability::rest)
            .map(|(method, path)| format!("{method} {path}"))
            .collect();
        assert_eq!(called.len(), 21);
    }

    #[test]
    fn events_have_one_method_and_the_others_their_own() {
        let created = Capability::of_event("payment_intent.created");
        assert_eq!(created, Some(Capability::PaymentIntentCreated));
        assert_eq!(
            Capability::PaymentIntentCreated.rpc_method(),
            "HandleEventV1"
        );
        assert_eq!(Capability::ListAreas.rpc_method(), "ListAreasV1");
        assert_eq!(Capability::of_event("payment_intent.send-receipt"), None);
    }
}
