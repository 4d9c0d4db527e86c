//! What each capability takes and answers.

use crate::capability::Capability;

/// An operation of a POS.
pub(super) struct Operation {
    /// The capability, or one of those that are called alike.
    pub(super) capability: Capability,
    /// Its name in documents.
    pub(super) name: &'static str,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) description: &'static str,
    /// The schema of what it takes besides ids, if it takes anything.
    pub(super) body: Option<&'static str>,
    /// The schema of what it answers, if it is more than that it was done.
    pub(super) result: Option<&'static str>,
}

const TWICE: &str =
    "A request that is sent again has the same id and is not to be carried out twice.";
const PAGED: &str = "Lists are pages: `after` is the cursor of the next one.";

/// Those whose form is published.
pub(super) fn all() -> Vec<Operation> {
    let published = Capability::ALL.into_iter().filter(|it| it.rest().is_some());
    // One operation describes all events.
    let each = published.filter(|it| *it != Capability::PaymentIntentStatusUpdated);
    each.map(of).collect()
}

fn of(capability: Capability) -> Operation {
    let (summary, description) = words(capability);
    let (body, result) = schemas(capability);
    Operation {
        capability,
        name: match capability.event() {
            Some(_) => "HandleEvent",
            None => capability.name(),
        },
        tag: tag(capability),
        summary,
        description,
        body,
        result,
    }
}

fn tag(capability: Capability) -> &'static str {
    let name = capability.name();
    let named = [
        ("Event", "Events"),
        ("Order", "Orders"),
        ("Part", "Parties"),
        ("Reservation", "Reservations"),
        ("Table", "Tables"),
        ("Area", "Areas"),
    ];
    let found = named.iter().find(|(part, _)| name.contains(part));
    found.map_or("Orders", |(_, tag)| tag)
}

fn words(capability: Capability) -> (&'static str, &'static str) {
    match capability {
        Capability::CreateOrder => ("Create an order", TWICE),
        Capability::GetOrderById => (
            "Read an order",
            "Asked before an order is paid, so that no one pays an amount that has changed.",
        ),
        Capability::CancelOrderById => ("Cancel an order", TWICE),
        Capability::SearchOrders => ("Search orders", PAGED),
        Capability::RecordOrderPaymentById => (
            "Record a payment of an order",
            "The payment was made. A payment intent that is recorded already is answered as if \
             it had been recorded now. A refusal that is final gives the payer the money back.",
        ),
        Capability::GetOrderBillById => (
            "Read the printable bill of an order",
            "Lines above and below the order, which card machines print and phones show.",
        ),
        Capability::CreateOrderLock => (
            "Lock an order",
            "While it is locked, no one else can pay or change it. It is unlocked by its lock, \
             or when the lock expires.",
        ),
        Capability::ExtendOrderLock => ("Extend the lock of an order", TWICE),
        Capability::DeleteOrderLock => ("Unlock an order", TWICE),
        Capability::CreateParty => ("Create a party", TWICE),
        Capability::GetPartyById => ("Read a party", "Guests who sit at a table, or did."),
        Capability::UpdateParty => ("Change a party", "What is left out is empty from now on."),
        Capability::DeletePartyById => ("Delete a party", TWICE),
        Capability::SearchParties => ("Search parties", PAGED),
        Capability::CreateReservation => ("Create a reservation", TWICE),
        Capability::GetReservationById => {
            ("Read a reservation", "A table that is kept for guests.")
        }
        Capability::UpdateReservation => (
            "Change a reservation",
            "What is left out is empty from now on.",
        ),
        Capability::DeleteReservationById => ("Delete a reservation", TWICE),
        Capability::SearchReservations => ("Search reservations", PAGED),
        Capability::SearchTables => ("Search tables", PAGED),
        Capability::ListAreas => ("List areas", "All of them, on one page."),
        Capability::PaymentIntentCreated | Capability::PaymentIntentStatusUpdated => (
            "Receive an event",
            "Sent for the events that the POS registered as capabilities, such as \
             `HandleEvent:payment_intent.created`. The events of one payment intent come in order.",
        ),
        Capability::AddOrderItems
        | Capability::CalculateOrder
        | Capability::SubmitCalculatedOrder
        | Capability::SearchMenus => ("Preview", "The form of this capability is not published."),
    }
}

/// What it takes and what it answers.
fn schemas(capability: Capability) -> (Option<&'static str>, Option<&'static str>) {
    match capability {
        Capability::CreateOrder => (Some("CreateOrder"), Some("Order")),
        Capability::GetOrderById | Capability::CancelOrderById => (None, Some("Order")),
        Capability::SearchOrders => (Some("SearchOrders"), Some("OrderPage")),
        Capability::RecordOrderPaymentById => (Some("RecordPayment"), Some("Order")),
        Capability::GetOrderBillById => (None, Some("Bill")),
        Capability::CreateOrderLock => (Some("LockOrder"), Some("Order")),
        Capability::ExtendOrderLock => (Some("ExtendLock"), None),
        Capability::CreateParty => (Some("CreateParty"), Some("Party")),
        Capability::GetPartyById => (None, Some("Party")),
        Capability::UpdateParty => (Some("UpdateParty"), Some("Party")),
        Capability::SearchParties => (Some("SearchParties"), Some("PartyPage")),
        Capability::CreateReservation | Capability::UpdateReservation => {
            (Some("CreateReservation"), Some("Reservation"))
        }
        Capability::GetReservationById => (None, Some("Reservation")),
        Capability::SearchReservations => (Some("SearchReservations"), Some("ReservationPage")),
        Capability::SearchTables => (Some("SearchTables"), Some("TablePage")),
        Capability::ListAreas => (None, Some("AreaPage")),
        Capability::PaymentIntentCreated | Capability::PaymentIntentStatusUpdated => {
            (Some("EventBody"), None)
        }
        Capability::DeleteOrderLock
        | Capability::DeletePartyById
        | Capability::DeleteReservationById
        | Capability::AddOrderItems
        | Capability::CalculateOrder
        | Capability::SubmitCalculatedOrder
        | Capability::SearchMenus => (None, None),
    }
}

/// The ids in braces of a path.
pub(super) fn ids(path: &str) -> impl Iterator<Item = &str> {
    let parts = path.split('/');
    parts.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_acknowledges_answers_nothing() {
        for operation in all() {
            let acknowledges = operation.capability.only_acknowledges();
            assert_eq!(
                acknowledges,
                operation.result.is_none(),
                "{}",
                operation.name
            );
        }
    }
}
