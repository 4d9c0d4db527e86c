//! What a POS is asked about orders and tables.

use serde::Serialize;
use serde_with::skip_serializing_none;
use utoipa::ToSchema;

use super::{Amount, Customer, Details, Discount, Item, Payment, TaxLine};

/// Where in a list to go on.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Cursor {
    /// At most so many, up to 100.
    pub limit: Option<u32>,
    /// The page before this one.
    pub before: Option<String>,
    /// The page after this one.
    pub after: Option<String>,
}

/// Which orders.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchOrders {
    /// Those of a table, waiter, party or reservation.
    pub dine_in: Option<SearchDineIn>,
    /// Only those that can be paid.
    pub payable_only: Option<bool>,
    /// Where to go on.
    pub cursor: Option<Cursor>,
}

/// Whose orders.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchDineIn {
    /// The table.
    pub table_id: Option<String>,
    /// The waiter.
    pub waiter_id: Option<String>,
    /// The party.
    pub party_id: Option<String>,
    /// The reservation.
    pub reservation_id: Option<String>,
}

/// A new order.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateOrder {
    /// What is ordered.
    pub items: Vec<Item>,
    /// A note.
    pub note: Option<String>,
    /// Who orders it.
    pub customer: Option<Customer>,
    /// What is taken off its price.
    pub discounts: Vec<Discount>,
    /// Its price.
    pub total_amount: Amount,
    /// The taxes in its price.
    pub tax_lines: Vec<TaxLine>,
    /// The service charge in its price.
    pub service_charge_amount: Option<Amount>,
    /// The id that people know it by.
    pub reference: Option<String>,
    /// Its id here.
    pub dojo_order_id: String,
    /// What was paid of it.
    pub payments: Vec<Payment>,
    /// Where it is served.
    pub details: Details,
    /// Its name, for people.
    pub display_name: Option<String>,
}

/// A lock of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LockOrder {
    /// The id of the lock, by which it is extended and given up.
    pub lock_id: String,
    /// When the lock ends by itself.
    pub expiry: String,
}

/// More time for a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExtendLock {
    /// When the lock ends by itself from now on.
    pub expiry: String,
}

/// A payment to record.
#[skip_serializing_none]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecordPayment {
    /// The payment intent, by which the POS recognises a payment that it has recorded.
    pub payment_intent_id: String,
    /// What was paid of the order, service charge included and the tip not.
    pub paid_amount: Amount,
    /// The tip.
    pub tips_amount: Option<Amount>,
    /// The lock that the order is under.
    pub lock_id: Option<String>,
}

/// Which parties.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchParties {
    /// Those at a table.
    pub table_id: Option<String>,
    /// Only those that left.
    pub completed_only: Option<bool>,
    /// Where to go on.
    pub cursor: Option<Cursor>,
}

/// Which reservations.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchReservations {
    /// Those of a table.
    pub table_id: Option<String>,
    /// Those from then on.
    pub from_time: Option<String>,
    /// Those until then.
    pub to_time: Option<String>,
    /// Where to go on.
    pub cursor: Option<Cursor>,
}

/// Which tables.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SearchTables {
    /// Those of an area.
    pub area_id: Option<String>,
    /// Those of a waiter.
    pub waiter_id: Option<String>,
    /// Where to go on.
    pub cursor: Option<Cursor>,
}
