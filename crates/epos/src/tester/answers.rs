//! What the contract asks of an answer of a POS. Products read more leniently: a POS that
//! differs is told here what to correct.

use serde_json::Value;

use crate::capability::Capability;
use crate::integration::Transport;

/// The most faults that are listed.
const MAX_FAULTS: usize = 10;

/// What a value has to be.
enum Shape {
    Text,
    Whole,
    Flag,
    /// One of some words.
    Words(&'static [&'static str]),
    List(&'static Self),
    Object(&'static [Field]),
}

/// A property of an object.
struct Field {
    name: &'static str,
    is_required: bool,
    shape: &'static Shape,
}

const fn must(name: &'static str, shape: &'static Shape) -> Field {
    Field {
        name,
        is_required: true,
        shape,
    }
}

const fn may(name: &'static str, shape: &'static Shape) -> Field {
    Field {
        name,
        is_required: false,
        shape,
    }
}

static TEXT: Shape = Shape::Text;
static WHOLE: Shape = Shape::Whole;
static FLAG: Shape = Shape::Flag;
static TEXTS: Shape = Shape::List(&TEXT);
static MONEY: Shape = Shape::Object(&[must("value", &WHOLE), must("currencyCode", &TEXT)]);
static MODIFIER: Shape = Shape::Object(&[
    must("name", &TEXT),
    must("plu", &TEXT),
    must("quantity", &WHOLE),
    must("amountPerModifier", &MONEY),
]);
static MODIFIERS: Shape = Shape::List(&MODIFIER);
static SUB_ITEM: Shape = Shape::Object(&[
    must("name", &TEXT),
    must("plu", &TEXT),
    must("quantity", &WHOLE),
    must("amountPerItem", &MONEY),
    may("note", &TEXT),
    may("modifiers", &MODIFIERS),
]);
static SUB_ITEMS: Shape = Shape::List(&SUB_ITEM);
static ITEM: Shape = Shape::Object(&[
    must("name", &TEXT),
    must("plu", &TEXT),
    must("quantity", &WHOLE),
    must("amountPerItem", &MONEY),
    may("note", &TEXT),
    may("subItems", &SUB_ITEMS),
    may("modifiers", &MODIFIERS),
]);
static ITEMS: Shape = Shape::List(&ITEM);
static CUSTOMER: Shape = Shape::Object(&[
    may("id", &TEXT),
    may("emailAddress", &TEXT),
    may("phoneNumber", &TEXT),
    may("name", &TEXT),
]);
static DISCOUNT: Shape = Shape::Object(&[
    must("name", &TEXT),
    may("affectedPlu", &TEXT),
    may("discountReference", &TEXT),
    may("code", &TEXT),
    must("amountTotal", &MONEY),
    may("amountPercentage", &WHOLE),
]);
static DISCOUNTS: Shape = Shape::List(&DISCOUNT);
static TAX_LINE: Shape = Shape::Object(&[
    may("id", &TEXT),
    may("name", &TEXT),
    may("affectedPlu", &TEXT),
    may("amountPercentage", &WHOLE),
    must("amountTotal", &MONEY),
]);
static TAX_LINES: Shape = Shape::List(&TAX_LINE);
static PAYMENT: Shape = Shape::Object(&[
    must("paymentIntentId", &TEXT),
    must("paidAmount", &MONEY),
    may("tipsAmount", &MONEY),
]);
static PAYMENTS: Shape = Shape::List(&PAYMENT);
static DINE_IN: Shape = Shape::Object(&[
    may("tableId", &TEXT),
    may("waiterId", &TEXT),
    may("partyId", &TEXT),
    may("reservationId", &TEXT),
    may("readyAt", &TEXT),
]);
static COLLECTION: Shape = Shape::Object(&[may("asap", &FLAG), may("collectAt", &TEXT)]);
static ORDER_TYPE: Shape = Shape::Words(&["DineIn", "Collection"]);
static DETAILS: Shape = Shape::Object(&[
    must("orderType", &ORDER_TYPE),
    may("dineIn", &DINE_IN),
    may("collection", &COLLECTION),
]);
static ORDER_STATUS: Shape = Shape::Words(&[
    "New",
    "Submitted",
    "Confirmed",
    "Accepted",
    "Preparing",
    "Prepared",
    "Ready",
    "Finalized",
    "Canceled",
    "Failed",
]);
static ORDER: Shape = Shape::Object(&[
    must("id", &TEXT),
    must("status", &ORDER_STATUS),
    must("details", &DETAILS),
    may("items", &ITEMS),
    may("note", &TEXT),
    may("customer", &CUSTOMER),
    may("discounts", &DISCOUNTS),
    may("taxLines", &TAX_LINES),
    may("createdAt", &TEXT),
    may("updatedAt", &TEXT),
    may("totalAmount", &MONEY),
    may("payments", &PAYMENTS),
    may("payable", &FLAG),
    may("paidAmount", &MONEY),
    may("serviceChargeAmount", &MONEY),
    may("reference", &TEXT),
    may("tipsAmount", &MONEY),
    may("displayName", &TEXT),
]);
static ORDERS: Shape = Shape::List(&ORDER);
static ORDER_PAGE: Shape = page(&ORDERS_ON_PAGE);
static ORDERS_ON_PAGE: [Field; 3] = on_page(&ORDERS);
static ALIGN: Shape = Shape::Words(&["Center", "Left", "Right"]);
static SIZE: Shape = Shape::Words(&["Body", "Header1", "Header2"]);
static LINE_TYPE: Shape = Shape::Words(&[
    "Image",
    "Logo",
    "MerchantAddress",
    "MerchantEmailAddress",
    "MerchantName",
    "MerchantPhoneNumber",
    "Text",
    "URL",
    "HorizontalLine",
    "TaxNumber",
]);
static LINE: Shape = Shape::Object(&[
    must("lineType", &LINE_TYPE),
    may(
        "image",
        &Shape::Object(&[must("svgImage", &TEXT), may("align", &ALIGN)]),
    ),
    may("logo", &Shape::Object(&[must("svgImage", &TEXT)])),
    may(
        "merchantAddress",
        &Shape::Object(&[must("addressLines", &TEXTS), must("postcode", &TEXT)]),
    ),
    may(
        "merchantEmailAddress",
        &Shape::Object(&[must("emailAddress", &TEXT)]),
    ),
    may("merchantName", &Shape::Object(&[must("name", &TEXT)])),
    may(
        "merchantPhoneNumber",
        &Shape::Object(&[must("phoneNumber", &TEXT)]),
    ),
    may(
        "text",
        &Shape::Object(&[
            must("value", &TEXT),
            must("size", &SIZE),
            may("align", &ALIGN),
            may("bold", &FLAG),
        ]),
    ),
    may(
        "url",
        &Shape::Object(&[must("url", &TEXT), may("description", &TEXT)]),
    ),
    may("horizontalLine", &Shape::Object(&[may("line", &TEXT)])),
    may(
        "taxNumber",
        &Shape::Object(&[must("name", &TEXT), must("number", &TEXT)]),
    ),
]);
static LINES: Shape = Shape::List(&LINE);
static SECTION: Shape = Shape::Object(&[must("lines", &LINES)]);
static BILL: Shape = Shape::Object(&[
    must("header", &SECTION),
    must("order", &ORDER),
    must("footer", &SECTION),
]);
static AREA: Shape = Shape::Object(&[
    must("id", &TEXT),
    must("name", &TEXT),
    may("waiterIds", &TEXTS),
]);
static AREAS: Shape = Shape::List(&AREA);
static TABLE: Shape = Shape::Object(&[
    must("id", &TEXT),
    must("name", &TEXT),
    may("maxCovers", &WHOLE),
    may("areaId", &TEXT),
    may("waiterIds", &TEXTS),
]);
static TABLES: Shape = Shape::List(&TABLE);
static TABLE_PAGE: Shape = page(&TABLES_ON_PAGE);
static TABLES_ON_PAGE: [Field; 3] = on_page(&TABLES);
static TABLE_PAGES: Shape = Shape::List(&TABLE_PAGE);
static DEPOSIT: Shape = Shape::Object(&[
    must("totalAmount", &MONEY),
    may("description", &TEXT),
    must("paymentIntentIds", &TEXTS),
]);
static PARTY: Shape = Shape::Object(&[
    must("id", &TEXT),
    must("startTime", &TEXT),
    must("status", &TEXT),
    must("tableIds", &TEXTS),
    may("name", &TEXT),
    may("covers", &WHOLE),
    may("expectedEndTime", &TEXT),
    may("endTime", &TEXT),
    may("hostNotes", &TEXT),
    may("guestRequests", &TEXT),
    may("reservationId", &TEXT),
    may("deposit", &DEPOSIT),
]);
static PARTIES: Shape = Shape::List(&PARTY);
static PARTY_PAGE: Shape = page(&PARTIES_ON_PAGE);
static PARTIES_ON_PAGE: [Field; 3] = on_page(&PARTIES);
static RESERVATION: Shape = Shape::Object(&[
    must("id", &TEXT),
    must("name", &TEXT),
    must("covers", &WHOLE),
    must("startTime", &TEXT),
    must("endTime", &TEXT),
    must("tableIds", &TEXTS),
    may("hostNotes", &TEXT),
    may("guestRequests", &TEXT),
]);
static RESERVATIONS: Shape = Shape::List(&RESERVATION);
static RESERVATION_PAGE: Shape = page(&RESERVATIONS_ON_PAGE);
static RESERVATIONS_ON_PAGE: [Field; 3] = on_page(&RESERVATIONS);

const fn page(fields: &'static [Field]) -> Shape {
    Shape::Object(fields)
}

const fn on_page(data: &'static Shape) -> [Field; 3] {
    [
        must("data", data),
        may("before", &TEXT),
        may("after", &TEXT),
    ]
}

/// What an answer has to be; none if any will do.
fn shape(capability: Capability, by: Transport) -> Option<&'static Shape> {
    Some(match capability {
        Capability::CreateOrder
        | Capability::GetOrderById
        | Capability::CancelOrderById
        | Capability::RecordOrderPaymentById
        | Capability::CreateOrderLock
        | Capability::DeleteOrderLock => &ORDER,
        Capability::SearchOrders => &ORDER_PAGE,
        Capability::GetOrderBillById => &BILL,
        Capability::CreateParty | Capability::GetPartyById | Capability::UpdateParty => &PARTY,
        Capability::SearchParties => &PARTY_PAGE,
        Capability::CreateReservation
        | Capability::GetReservationById
        | Capability::UpdateReservation => &RESERVATION,
        Capability::SearchReservations => &RESERVATION_PAGE,
        Capability::SearchTables => match by {
            Transport::Rest => &TABLE_PAGES,
            Transport::Ws => &TABLE_PAGE,
        },
        Capability::ListAreas => &AREAS,
        Capability::ExtendOrderLock
        | Capability::DeletePartyById
        | Capability::DeleteReservationById
        | Capability::PaymentIntentCreated
        | Capability::PaymentIntentStatusUpdated
        | Capability::AddOrderItems
        | Capability::CalculateOrder
        | Capability::SubmitCalculatedOrder
        | Capability::SearchMenus => return None,
    })
}

/// Where an answer differs from the contract.
pub fn faults(capability: Capability, by: Transport, answer: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    if let Some(shape) = shape(capability, by) {
        check(shape, answer, "$", &mut faults);
    }
    faults
}

fn check(shape: &Shape, value: &Value, at: &str, faults: &mut Vec<String>) {
    if faults.len() >= MAX_FAULTS {
        return;
    }
    let wanted = match (shape, value) {
        (Shape::Text, Value::String(_)) | (Shape::Flag, Value::Bool(_)) => return,
        (Shape::Whole, Value::Number(number)) if number.as_i64().is_some() => return,
        (Shape::Words(words), Value::String(word)) if words.contains(&word.as_str()) => return,
        (Shape::List(items), Value::Array(all)) => {
            for (i, item) in all.iter().enumerate() {
                check(items, item, &format!("{at}[{i}]"), faults);
            }
            return;
        }
        (Shape::Object(fields), Value::Object(members)) => {
            for field in *fields {
                let at = format!("{at}.{}", field.name);
                match members.get(field.name) {
                    Some(value) => check(field.shape, value, &at, faults),
                    None if field.is_required => faults.push(format!("{at} is missing")),
                    None => {}
                }
            }
            return;
        }
        (Shape::Text, _) => "a string".to_owned(),
        (Shape::Flag, _) => "true or false".to_owned(),
        (Shape::Whole, _) => "an integer".to_owned(),
        (Shape::Words(words), _) => format!("one of {}", words.join(", ")),
        (Shape::List(_), _) => "a list".to_owned(),
        (Shape::Object(_), _) => "an object".to_owned(),
    };
    let found = value.to_string();
    let found: String = found.chars().take(60).collect();
    faults.push(format!("{at} must be {wanted} and is {found}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(capability: Capability, by: Transport, answer: &Value) -> Vec<String> {
        faults(capability, by, answer)
    }

    #[test]
    fn an_answer_is_held_against_the_contract() {
        let order = json!({ "id": "1", "status": "Accepted",
            "details": { "orderType": "DineIn", "dineIn": { "tableId": "5" } } });
        let get = Capability::GetOrderById;
        assert_eq!(of(get, Transport::Ws, &order), Vec::<String>::new());
        let wrong = json!({ "id": 1, "status": "Created", "details": {},
            "totalAmount": { "value": 6.5, "currencyCode": "GBP" } });
        let faults = of(get, Transport::Ws, &wrong);
        assert_eq!(faults.len(), 4, "{faults:?}");
        assert_eq!(faults[0], "$.id must be a string and is 1");
        assert!(faults.contains(&"$.details.orderType is missing".to_owned()));
        assert_eq!(of(get, Transport::Ws, &json!(null)).len(), 1);
    }

    #[test]
    fn tables_come_in_a_list_of_pages_over_rest() {
        let page = json!({ "data": [{ "id": "1", "name": "One" }] });
        let tables = Capability::SearchTables;
        assert_eq!(of(tables, Transport::Ws, &page).len(), 0);
        assert_eq!(of(tables, Transport::Rest, &json!([page])).len(), 0);
        assert_eq!(of(tables, Transport::Rest, &page).len(), 1);
    }

    #[test]
    fn few_faults_are_listed() {
        let many = json!({ "data": vec![json!(1); 50] });
        let faults = of(Capability::SearchOrders, Transport::Rest, &many);
        assert_eq!(faults.len(), MAX_FAULTS);
    }
}
