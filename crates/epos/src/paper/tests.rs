use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const LOGO: &str = "<svg viewBox='0 0 9 9'><script>x</script><path d='M0 0'/></svg>";

fn gbp(value: i64) -> Value {
    json!({ "value": value, "currencyCode": "GBP" })
}

fn paper(header: Value, order: Value, footer: Value) -> Paper {
    let bill =
        json!({ "header": { "lines": header }, "order": order, "footer": { "lines": footer } });
    Paper::of(&serde_json::from_value(bill).expect("a bill"))
}

/// A line in a few words.
fn words(line: &PaperLine) -> String {
    match line {
        PaperLine::Text { text } => {
            let bold = if text.emphasis_bold { " bold" } else { "" };
            format!("{:?} {:?}{bold}: {}", text.size, text.align, text.value)
        }
        PaperLine::Columns { columns } => {
            let indent = if columns.indented { "  " } else { "" };
            let bold = if columns.emphasis_bold { " bold" } else { "" };
            format!("{indent}{} | {}{bold}", columns.left, columns.right)
        }
        PaperLine::SingleLineSeperator => "-".to_owned(),
        PaperLine::DoubleLineSeperator => "=".to_owned(),
        PaperLine::Image { image } => format!("image {:?}: {}", image.align, image.svg),
        PaperLine::QrCode { code } => format!("code: {}", code.value),
    }
}

fn printed(paper: &Paper) -> Vec<String> {
    paper.lines.iter().map(words).collect()
}

#[test]
fn every_line_is_printed_where_it_belongs() {
    let image = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 9 9\"><path d=\"M0 0\"></path></svg>";
    let header = json!([
        { "lineType": "TaxNumber", "taxNumber": { "name": "VAT", "number": "1 2" } },
        { "lineType": "MerchantName", "merchantName": { "name": "Inn" } },
        { "lineType": "MerchantAddress", "merchantAddress": { "addressLines": ["A", "B"], "postcode": "C" } },
        { "lineType": "MerchantEmailAddress", "merchantEmailAddress": { "emailAddress": "a@b.example" } },
        { "lineType": "MerchantPhoneNumber", "merchantPhoneNumber": { "phoneNumber": "01" } },
        { "lineType": "Image", "image": { "svgImage": LOGO, "align": "AlignRight" } },
        { "lineType": "Logo", "logo": { "svgImage": LOGO } },
        { "lineType": "HorizontalLine", "horizontalLine": { "line": "Single" } },
        { "lineType": "Text", "text": { "value": "Left", "size": "Body" } },
    ]);
    let footer = json!([
        { "lineType": "HorizontalLine", "horizontalLine": { "line": "Double" } },
        { "lineType": "Text", "text": { "value": "Bye", "size": "Header1", "align": "Center", "emphasisBold": true } },
        { "lineType": "Text", "text": { "value": "Now", "size": "Header2", "align": "Right", "bold": true } },
        { "lineType": "URL", "url": { "url": "https://a.example", "description": "Visit", "showQR": true, "showURL": true } },
        { "lineType": "URL", "url": { "url": "https://b.example", "showQr": false, "showUrl": true } },
        { "lineType": "URL", "url": { "url": "https://c.example", "description": "Only words" } },
    ]);
    let body = |text: &str| format!("SizeBody AlignCenter: {text}");
    let expected = [
        format!("image AlignCenter: {image}"),
        "SizeHeader2 AlignCenter bold: Inn".to_owned(),
        body("A"),
        body("B"),
        body("C"),
        body("a@b.example"),
        body("01"),
        format!("image AlignRight: {image}"),
        "-".to_owned(),
        "SizeBody AlignLeft: Left".to_owned(),
        "-".to_owned(),
        "-".to_owned(),
        "-".to_owned(),
        "=".to_owned(),
        "SizeHeader1 AlignCenter bold: Bye".to_owned(),
        "SizeHeader2 AlignRight bold: Now".to_owned(),
        body("Visit"),
        "code: https://a.example".to_owned(),
        body("https://a.example"),
        body("https://b.example"),
        body("Only words"),
        body("VAT 1 2"),
    ];
    assert_eq!(printed(&paper(header, json!({}), footer)), expected);
}

#[test]
fn an_order_is_printed_with_all_that_it_comes_to() {
    let bacon = json!({ "name": "Bacon", "quantity": 2, "amountPerItem": gbp(50), "plu": "1" });
    let plain =
        json!({ "name": "No lettuce", "quantity": 1, "amountPerModifier": gbp(0), "plu": "2" });
    let order = json!({
        "id": "1",
        "items": [
            { "quantity": 2, "name": "Burger", "plu": "3", "amountPerItem": gbp(1090),
              "modifiers": [bacon, plain] },
            { "quantity": 3, "name": "Menu", "plu": "4", "amountPerItem": gbp(0),
              "subItems": [{ "quantity": 2, "name": "Soup", "plu": "5", "amountPerItem": gbp(100),
                             "modifiers": [bacon] }] },
            { "quantity": 1, "name": "Tea", "plu": "6", "amountPerItem": gbp(200) },
        ],
        "discounts": [{ "name": "Ten", "amountTotal": gbp(100) }, { "name": "Five", "amountTotal": gbp(-50) }],
        "taxLines": [{ "name": "VAT 20 %", "amountTotal": gbp(500) }, { "amountTotal": gbp(1) }],
        "serviceChargeAmount": gbp(300),
        "totalAmount": gbp(4030),
        "paidAmount": gbp(1000),
    });
    let expected = [
        "-",
        "2 x Burger | £21.80",
        "  2 x Bacon | £2.00",
        "  No lettuce | ",
        "3 x Menu | ",
        "  2 x Soup | £6.00",
        "  2 x Bacon | £6.00",
        "Tea | £2.00",
        "-",
        "Ten | -£1.00",
        "Five | -£0.50",
        "Service charge | £3.00",
        "Total | £40.30 bold",
        "  Includes VAT 20 % | £5.00",
        "  Includes Tax | £0.01",
        "Paid | £10.00",
        "To pay | £30.30 bold",
        "-",
    ];
    assert_eq!(printed(&paper(json!([]), order, json!([]))), expected);
}

#[test]
fn nothing_is_made_up_of_what_does_not_fit() {
    let most = json!({ "value": i64::MAX, "currencyCode": "GBP" });
    let item = json!({ "quantity": i64::MAX, "name": "All", "plu": "1", "amountPerItem": most });
    let order = json!({ "id": "1", "items": [item], "totalAmount": gbp(1),
        "discounts": [{ "name": "Least", "amountTotal": { "value": i64::MIN, "currencyCode": "GBP" } }],
        "payments": [{ "paidAmount": most }, { "paidAmount": most }] });
    let printed = printed(&paper(json!([]), order, json!([])));
    assert_eq!(printed[1], format!("{} x All | ", i64::MAX));
    assert_eq!(printed.len(), 6, "{printed:?}");
}

#[test]
fn a_paper_has_an_end() {
    let lines = vec![json!({ "text": { "value": "a\u{7}b".repeat(1000) } }); 2000];
    let long = paper(json!(lines), json!({}), json!([]));
    assert_eq!(long.lines.len(), MAX_LINES);
    let PaperLine::Text { text } = &long.lines[0] else {
        panic!("a text was expected");
    };
    assert!(text.value.starts_with("a ba b") && text.value.len() == 500);
    let path = format!("<path d='{}'/>", "M0 0".repeat(6000));
    let logo = json!({ "logo": { "svgImage": format!("<svg viewBox='0 0 9 9'>{path}</svg>") } });
    let logos = paper(json!(vec![logo; 9]), json!({}), json!([]));
    assert_eq!(
        logos.lines.len(),
        5 + 3,
        "as many pictures as fit, and the lines of the order"
    );
}

#[test]
fn what_is_printed_can_be_kept() {
    let header =
        json!([{ "logo": { "svgImage": LOGO } }, { "text": { "value": "Hi", "size": "Header1" } }]);
    let footer = json!([{ "url": { "url": "https://a.example", "showQR": true } }, { "horizontalLine": "Double" }]);
    let paper = paper(header, json!({ "totalAmount": gbp(1) }), footer);
    let kept = serde_json::to_value(&paper).expect("JSON");
    assert_eq!(kept["lines"][1]["lineType"], "Text");
    assert_eq!(kept["lines"][1]["text"]["size"], "SizeHeader1");
    let code = &kept["lines"].as_array().expect("lines")[6];
    assert_eq!(code["qrCode"]["value"], "https://a.example", "{kept}");
    assert_eq!(
        serde_json::from_value::<Paper>(kept).expect("a paper"),
        paper
    );
}

/// A value that a POS may send where a line is expected.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(Value::from(LOGO)),
    ];
    let names = prop::sample::select(vec![
        "logo",
        "image",
        "svgImage",
        "align",
        "text",
        "value",
        "size",
        "bold",
        "url",
        "showQr",
        "description",
        "taxNumber",
        "number",
        "horizontalLine",
        "line",
        "merchantAddress",
        "addressLines",
        "merchantName",
        "name",
        "lineType",
    ]);
    leaf.prop_recursive(3, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..6).prop_map(|members| {
                let members = members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value));
                Value::Object(members.collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_lines_are_printed_or_left_out(lines in prop::collection::vec(value(), 0..8)) {
        let paper = paper(json!(lines), json!({}), json!(lines));
        prop_assert!(paper.lines.len() <= MAX_LINES);
        for line in &paper.lines {
            if let PaperLine::Image { image } = line {
                prop_assert!(!image.svg.contains("script"));
            }
        }
    }
}
