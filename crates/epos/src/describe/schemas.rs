//! The schemas of what is sent to a POS and read from it.

use serde_json::{Map, Value, json};
use tatami_http::event::EventBody;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::reference;
use crate::contract::{
    Area, CreateOrder, CreateParty, CreateReservation, ExtendLock, FaultKind, LockOrder, Order,
    Party, RecordPayment, Reservation, SearchOrders, SearchParties, SearchReservations,
    SearchTables, Table, UpdateParty,
};
use crate::routes::EventRequest;

/// A schema with its name.
type Named = (String, RefOr<Schema>);

/// All of them, by name.
pub(super) fn all() -> Map<String, Value> {
    let mut all: Vec<Named> = Vec::new();
    add::<Order>(&mut all);
    add::<CreateOrder>(&mut all);
    add::<SearchOrders>(&mut all);
    add::<RecordPayment>(&mut all);
    add::<LockOrder>(&mut all);
    add::<ExtendLock>(&mut all);
    add::<Party>(&mut all);
    add::<CreateParty>(&mut all);
    add::<UpdateParty>(&mut all);
    add::<SearchParties>(&mut all);
    add::<Reservation>(&mut all);
    add::<CreateReservation>(&mut all);
    add::<SearchReservations>(&mut all);
    add::<Table>(&mut all);
    add::<SearchTables>(&mut all);
    add::<Area>(&mut all);
    add::<EventBody>(&mut all);
    add::<EventRequest>(&mut all);
    let written = |(name, schema): Named| {
        let schema = serde_json::to_value(schema).unwrap_or_default();
        (name, schema)
    };
    let mut schemas: Map<String, Value> = all.into_iter().map(written).collect();
    for of in ["Order", "Party", "Reservation", "Table", "Area"] {
        schemas.insert(format!("{of}Page"), page(of));
    }
    schemas.insert("Bill".to_owned(), bill());
    schemas.insert("BillSection".to_owned(), section());
    schemas.insert("BillLine".to_owned(), line());
    schemas.insert("Fault".to_owned(), fault());
    schemas
}

fn add<T: ToSchema + PartialSchema>(all: &mut Vec<Named>) {
    all.push((T::name().into_owned(), T::schema()));
    T::schemas(all);
}

fn text(said: &str) -> Value {
    json!({ "type": "string", "description": said })
}

fn flag(said: &str) -> Value {
    json!({ "type": "boolean", "description": said })
}

fn words(said: &str, words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words, "description": said })
}

fn page(of: &str) -> Value {
    json!({
        "type": "object",
        "description": "A page of a list.",
        "required": ["data"],
        "properties": {
            "data": { "type": "array", "items": reference(of), "description": "What is on this page." },
            "before": text("The cursor of the page before this one; left out on the first page."),
            "after": text("The cursor of the page after this one; left out on the last page."),
        },
    })
}

fn fault() -> Value {
    let kinds = serde_json::to_value(FaultKind::schema()).unwrap_or_default();
    json!({
        "type": "object",
        "description": "Why the POS refuses a request.",
        "required": ["errorType"],
        "properties": {
            "errorType": {
                "type": "string",
                "enum": kinds["enum"],
                "description": "The kind of the refusal. All but `UnexpectedError` are final: the same request would be refused again.",
            },
            "debugMessage": text("What is wrong, for staff."),
        },
    })
}

fn bill() -> Value {
    json!({
        "type": "object",
        "description": "A printable bill: lines, the order, and lines.",
        "required": ["order"],
        "properties": {
            "header": { "allOf": [reference("BillSection")], "description": "The lines above the order." },
            "order": { "allOf": [reference("Order")], "description": "The order that the bill is of." },
            "footer": { "allOf": [reference("BillSection")], "description": "The lines below the order." },
        },
    })
}

fn section() -> Value {
    json!({
        "type": "object",
        "description": "Lines of a bill that belong together.",
        "properties": {
            "lines": { "type": "array", "items": reference("BillLine"), "description": "The lines from top to bottom." },
        },
    })
}

/// A line has one of these properties. What a POS says of its type may be wrong, and is
/// not looked at.
fn line() -> Value {
    let part = |said: &str, properties: Value| json!({ "type": "object", "description": said, "properties": properties });
    let align = words("Its alignment on the paper.", &["Left", "Center", "Right"]);
    json!({
        "type": "object",
        "description": "A line of a bill. It has one of the properties beside its type.",
        "properties": {
            "lineType": words("What the line is.", &[
                "Logo", "Image", "MerchantName", "MerchantAddress", "MerchantEmailAddress",
                "MerchantPhoneNumber", "Text", "Url", "HorizontalLine", "TaxNumber",
            ]),
            "logo": part("The logo of the merchant, at the top.", json!({ "svgImage": text("The picture as SVG.") })),
            "image": part("A picture on the bill.", json!({ "svgImage": text("The picture as SVG."), "align": align })),
            "merchantName": part("The name of the merchant.", json!({ "name": text("The name that guests know.") })),
            "merchantAddress": part("The address of the merchant.", json!({
                "addressLines": { "type": "array", "items": { "type": "string" }, "description": "The lines of the address." },
                "postcode": text("The postcode of the address."),
            })),
            "merchantEmailAddress": part("The mail address of the merchant.", json!({ "emailAddress": text("The mail address.") })),
            "merchantPhoneNumber": part("The phone number of the merchant.", json!({ "phoneNumber": text("The phone number.") })),
            "text": part("Some text on the bill.", json!({
                "value": text("What it says."),
                "size": words("How large it is.", &["Body", "Header1", "Header2"]),
                "align": align,
                "bold": flag("Whether it is bold."),
            })),
            "url": part("An address to visit.", json!({
                "url": text("The address itself."),
                "description": text("What to say about it."),
                "showQR": flag("Whether it is printed as a QR code."),
                "showURL": flag("Whether it is printed as text."),
            })),
            "horizontalLine": part("A line across the paper.", json!({
                "line": words("How many lines there are.", &["Single", "Double"]),
            })),
            "taxNumber": part("The tax number of the merchant, at the bottom.", json!({
                "name": text("The name of the tax."),
                "number": text("The number under which it is paid."),
            })),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Bill;

    #[test]
    fn every_described_line_is_read() {
        let properties = line()["properties"].clone();
        for (name, part) in properties.as_object().expect("properties") {
            if name == "lineType" {
                continue;
            }
            let members = part["properties"].as_object().expect("members").iter();
            let filled = members.map(|(name, schema)| {
                let value = match schema["type"].as_str() {
                    Some("boolean") => json!(true),
                    Some("array") => json!(["a"]),
                    _ => schema["enum"].get(0).cloned().unwrap_or_else(|| json!("a")),
                };
                (name.clone(), value)
            });
            let filled: Map<String, Value> = filled.collect();
            let bill = json!({ "header": { "lines": [{ name: filled }] }, "order": {} });
            let bill: Bill = serde_json::from_value(bill).expect("a bill");
            assert_eq!(bill.header.len(), 1, "{name}");
        }
    }
}
