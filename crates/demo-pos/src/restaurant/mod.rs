//! The restaurant: what its POS keeps in memory, and each operation of the EPOS Data API
//! on it. Requests and answers are the JSON of the contract.

mod bill;
mod guests;
mod order;
mod orders;
mod start;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

pub use self::order::Order;
pub use self::start::{MENU, item};

/// The operations that this POS implements, by the names of their capabilities.
pub const OPERATIONS: [&str; 21] = [
    "SearchOrders",
    "GetOrderById",
    "CreateOrder",
    "CancelOrderById",
    "RecordOrderPaymentById",
    "GetOrderBillById",
    "CreateOrderLock",
    "ExtendOrderLock",
    "DeleteOrderLock",
    "ListAreas",
    "SearchTables",
    "CreateParty",
    "GetPartyById",
    "UpdateParty",
    "DeletePartyById",
    "SearchParties",
    "CreateReservation",
    "GetReservationById",
    "UpdateReservation",
    "DeleteReservationById",
    "SearchReservations",
];

/// Why the POS refuses a request: an `EPOSError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `NotFound`, `InvalidRequest`, `Conflict` or `UnexpectedError`.
    pub kind: &'static str,
    /// What is wrong, for staff.
    pub message: String,
}

impl Refusal {
    fn new(kind: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { kind, message }
    }

    fn not_found(what: &str) -> Self {
        Self::new("NotFound", format!("There is no such {what}."))
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::new("InvalidRequest", message)
    }

    fn conflict(message: impl Into<String>) -> Self {
        Self::new("Conflict", message)
    }

    /// The HTTP status of the refusal.
    pub fn status(&self) -> u16 {
        match self.kind {
            "NotFound" => 404,
            "InvalidRequest" => 400,
            "Conflict" => 409,
            _ => 500,
        }
    }

    /// The refusal as JSON.
    pub fn json(&self) -> Value {
        json!({ "errorType": self.kind, "debugMessage": self.message })
    }
}

/// A table, with its name and its area.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The area that it is in.
    pub area: &'static str,
    /// How many people can sit at it.
    pub covers: u32,
}

/// The restaurant.
#[derive(Debug)]
pub struct Restaurant {
    /// The areas: ids and names.
    pub areas: Vec<(&'static str, &'static str)>,
    /// The tables.
    pub tables: Vec<Table>,
    /// The orders, by id.
    pub orders: BTreeMap<String, Order>,
    parties: BTreeMap<String, Value>,
    reservations: BTreeMap<String, Value>,
    last_id: u32,
}

impl Restaurant {
    /// Carries out an operation of the contract: `params` has the ids and the properties
    /// of the body, and `headers` with the requestor.
    ///
    /// # Errors
    /// If it is refused.
    pub fn carry_out(
        &mut self,
        operation: &str,
        params: &Value,
        now: Timestamp,
    ) -> Result<Value, Refusal> {
        match operation {
            "SearchOrders" => self.search_orders(params, now),
            "GetOrderById" => Ok(self.order(params)?.json()),
            "CreateOrder" => self.create_order(params, now),
            "CancelOrderById" => self.cancel_order(params, now),
            "RecordOrderPaymentById" => self.record_payment(params, now),
            "GetOrderBillById" => Ok(bill::of(self.order(params)?)),
            "CreateOrderLock" => self.lock_order(params, now),
            "ExtendOrderLock" => self.extend_lock(params, now),
            "DeleteOrderLock" => self.unlock_order(params, now),
            "ListAreas" => Ok(self.list_areas()),
            "SearchTables" => self.search_tables(params),
            "CreateParty" => self.create_party(params),
            "GetPartyById" => guests::get(&self.parties, params, "partyId", "party"),
            "UpdateParty" => guests::update(&mut self.parties, params, "partyId", "party"),
            "DeletePartyById" => guests::delete(&mut self.parties, params, "partyId", "party"),
            "SearchParties" => guests::search_parties(&self.parties, params),
            "CreateReservation" => self.create_reservation(params),
            "GetReservationById" => {
                guests::get(&self.reservations, params, "reservationId", "reservation")
            }
            "UpdateReservation" => guests::update(
                &mut self.reservations,
                params,
                "reservationId",
                "reservation",
            ),
            "DeleteReservationById" => guests::delete(
                &mut self.reservations,
                params,
                "reservationId",
                "reservation",
            ),
            "SearchReservations" => guests::search_reservations(&self.reservations, params),
            _ => Err(Refusal::invalid("There is no such operation.")),
        }
    }

    /// An id that no other thing of the restaurant has.
    fn new_id(&mut self, prefix: &str) -> String {
        self.last_id += 1;
        format!("{prefix}_{}", self.last_id)
    }

    fn list_areas(&self) -> Value {
        let areas = self.areas.iter();
        areas
            .map(|(id, name)| json!({ "id": id, "name": name }))
            .collect()
    }

    fn search_tables(&self, params: &Value) -> Result<Value, Refusal> {
        let area = params["areaId"].as_str();
        let tables = self.tables.iter();
        let tables = tables.filter(|table| area.is_none_or(|area| area == table.area));
        let tables = tables.map(|table| {
            json!({
                "id": table.id,
                "name": table.name,
                "maxCovers": table.covers,
                "areaId": table.area,
            })
        });
        page(tables.collect(), params)
    }
}

/// A text that the request must have.
fn required<'a>(params: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    let text = params[name].as_str().filter(|text| !text.is_empty());
    text.ok_or_else(|| Refusal::invalid(format!("The {name} is missing.")))
}

/// The page of a list that a request asks for. A cursor is the number of entries before
/// the page.
fn page(entries: Vec<Value>, params: &Value) -> Result<Value, Refusal> {
    let cursor = &params["cursor"];
    let limit = cursor["limit"].as_u64().unwrap_or(50).clamp(1, 100);
    let limit = usize::try_from(limit).unwrap_or(100);
    let number = |name: &str| match &cursor[name] {
        Value::Null => Ok(None),
        text => {
            let number = text.as_str().and_then(|text| text.parse::<usize>().ok());
            let number = number.ok_or_else(|| Refusal::invalid("The cursor is not valid."));
            number.map(Some)
        }
    };
    let (before, after) = (number("before")?, number("after")?);
    let start = match (before, after) {
        (Some(_), Some(_)) => return Err(Refusal::invalid("Only one cursor may be used.")),
        (Some(before), None) => before.saturating_sub(limit),
        (None, after) => after.unwrap_or(0),
    };
    let total = entries.len();
    let end = before
        .unwrap_or_else(|| start.saturating_add(limit))
        .min(total);
    let data: Vec<_> = entries
        .into_iter()
        .skip(start)
        .take(end.saturating_sub(start))
        .collect();
    let mut page = json!({ "data": data });
    if start > 0 {
        page["before"] = start.to_string().into();
    }
    if end < total {
        page["after"] = end.to_string().into();
    }
    Ok(page)
}
