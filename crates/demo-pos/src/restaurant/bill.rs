//! The printable bill of an order.

use serde_json::{Value, json};

use super::order::Order;

const LOGO: &str = "<svg viewBox='0 0 120 40' xmlns='http://www.w3.org/2000/svg'>\
    <circle cx='20' cy='20' r='16' fill='none' stroke='#000' stroke-width='3'/>\
    <path d='M52 8v24M46 8v8a6 6 0 0 0 12 0V8M80 8c-8 0-8 14 0 14v10' fill='none' \
    stroke='#000' stroke-width='3'/></svg>";

fn text(value: &str, size: &str, align: &str) -> Value {
    let text = json!({ "value": value, "size": size, "align": align });
    json!({ "lineType": "Text", "text": text })
}

/// The bill of an order.
pub fn of(order: &Order) -> Value {
    let table = order.table.as_deref().unwrap_or("Collection");
    let waiter = order.waiter.as_deref().unwrap_or("-");
    let header = json!([
        { "lineType": "Logo", "logo": { "svgImage": LOGO } },
        { "lineType": "MerchantName", "merchantName": { "name": "The Demo Kitchen" } },
        {
            "lineType": "MerchantAddress",
            "merchantAddress": { "addressLines": ["1 Example Street"], "postcode": "AB1 2CD" },
        },
        { "lineType": "HorizontalLine", "horizontalLine": { "line": "Single" } },
        text(&format!("Table {table}"), "Header2", "Left"),
        text(&format!("Waiter {waiter}"), "Body", "Right"),
    ]);
    let url = json!({
        "url": "https://kitchen.example/",
        "description": "Tell us how it was",
        "showQR": true,
        "showURL": true,
    });
    let footer = json!([
        { "lineType": "HorizontalLine", "horizontalLine": { "line": "Double" } },
        text("Thank you!", "Header1", "Center"),
        { "lineType": "URL", "url": url },
        { "lineType": "TaxNumber", "taxNumber": { "name": "VAT", "number": "123 4567 89" } },
    ]);
    json!({
        "header": { "lines": header },
        "order": order.json(),
        "footer": { "lines": footer },
    })
}
