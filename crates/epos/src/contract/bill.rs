//! The printable bill of an order.

use serde::Deserialize;
use serde_json::Value;

use super::{Order, lenient};

/// A bill: lines, the order, and lines.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Bill {
    /// The lines above the order.
    #[serde(default, deserialize_with = "section")]
    pub header: Vec<Line>,
    /// The order.
    pub order: Order,
    /// The lines below it.
    #[serde(default, deserialize_with = "section")]
    pub footer: Vec<Line>,
}

/// A line of a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// The merchant's logo, which goes to the top.
    Logo(String),
    /// A picture, as SVG.
    Image(String, Align),
    /// The merchant's name.
    MerchantName(String),
    /// The lines of the merchant's address.
    MerchantAddress(Vec<String>),
    /// The merchant's mail address.
    MerchantEmailAddress(String),
    /// The merchant's phone number.
    MerchantPhoneNumber(String),
    /// Some text.
    Text {
        /// What it says.
        value: String,
        /// How large it is.
        size: Size,
        /// Where it stands.
        align: Align,
        /// Whether it is bold.
        is_bold: bool,
    },
    /// An address to visit.
    Url {
        /// The address.
        url: String,
        /// What to say about it.
        description: Option<String>,
        /// Whether it is printed as a QR code.
        shows_qr: bool,
        /// Whether it is printed as text.
        shows_url: bool,
    },
    /// A line across the paper.
    HorizontalLine {
        /// Whether there are two.
        is_double: bool,
    },
    /// The merchant's tax number, which goes to the bottom.
    TaxNumber {
        /// The tax.
        name: String,
        /// The number.
        number: String,
    },
}

/// Where something stands on the paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// On the left.
    #[default]
    Left,
    /// In the middle.
    Center,
    /// On the right.
    Right,
}

/// How large a text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// As most.
    #[default]
    Body,
    /// The largest.
    Header1,
    /// Between the two.
    Header2,
}

#[derive(Deserialize)]
struct Section {
    #[serde(default, deserialize_with = "lenient::list")]
    lines: Vec<Value>,
}

/// The lines of a section; what is no known line is left out.
fn section<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Line>, D::Error> {
    let section = Option::<Section>::deserialize(from)?;
    let lines = section.map(|section| section.lines).unwrap_or_default();
    Ok(lines.iter().filter_map(Line::read).collect())
}

impl Line {
    /// Reads a line by the property that it has; what it says of its type may be wrong.
    fn read(line: &Value) -> Option<Self> {
        if let Some(logo) = part(line, "logo") {
            return Some(Self::Logo(text(logo, "svgImage")?));
        }
        if let Some(image) = part(line, "image") {
            return Some(Self::Image(text(image, "svgImage")?, align(image)));
        }
        if let Some(name) = part(line, "merchantName") {
            return Some(Self::MerchantName(text(name, "name")?));
        }
        if let Some(address) = part(line, "merchantAddress") {
            let lines = address["addressLines"].as_array().into_iter().flatten();
            let lines = lines.filter_map(Value::as_str).map(str::to_owned);
            let lines: Vec<_> = lines.chain(text(address, "postcode")).collect();
            return Some(Self::MerchantAddress(lines));
        }
        if let Some(mail) = part(line, "merchantEmailAddress") {
            return Some(Self::MerchantEmailAddress(text(mail, "emailAddress")?));
        }
        if let Some(phone) = part(line, "merchantPhoneNumber") {
            return Some(Self::MerchantPhoneNumber(text(phone, "phoneNumber")?));
        }
        if let Some(words) = part(line, "text") {
            return Some(Self::Text {
                value: text(words, "value").unwrap_or_default(),
                size: size(words),
                align: align(words),
                is_bold: flag(words, &["bold", "emphasisBold"]),
            });
        }
        if let Some(url) = part(line, "url") {
            return Some(Self::Url {
                url: text(url, "url")?,
                description: text(url, "description"),
                shows_qr: flag(url, &["showQR", "showQr"]),
                shows_url: flag(url, &["showURL", "showUrl"]),
            });
        }
        if let Some(tax) = part(line, "taxNumber") {
            return Some(Self::TaxNumber {
                name: text(tax, "name").unwrap_or_default(),
                number: text(tax, "number")?,
            });
        }
        let rule = &line["horizontalLine"];
        let is_rule = rule.is_object() || rule.is_string() || line["lineType"] == "HorizontalLine";
        is_rule.then(|| Self::HorizontalLine {
            is_double: rule == "Double" || rule["line"] == "Double",
        })
    }
}

fn part<'a>(line: &'a Value, name: &str) -> Option<&'a Value> {
    line.get(name).filter(|part| part.is_object())
}

fn text(part: &Value, name: &str) -> Option<String> {
    match &part[name] {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn flag(part: &Value, names: &[&str]) -> bool {
    names.iter().any(|name| part[name] == true)
}

fn align(part: &Value) -> Align {
    match part["align"].as_str().unwrap_or_default() {
        "Center" | "AlignCenter" => Align::Center,
        "Right" | "AlignRight" => Align::Right,
        _ => Align::Left,
    }
}

fn size(part: &Value) -> Size {
    match part["size"].as_str().unwrap_or_default() {
        "Header1" => Size::Header1,
        "Header2" => Size::Header2,
        _ => Size::Body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines(lines: Value) -> Vec<Line> {
        let bill = json!({ "header": { "lines": lines }, "order": { "id": "a" } });
        let bill: Bill = serde_json::from_value(bill).expect("a bill");
        assert!(bill.footer.is_empty());
        bill.header
    }

    #[test]
    fn every_line_is_read() {
        let read = lines(json!([
            { "lineType": "Logo", "logo": { "svgImage": "<svg/>" } },
            { "lineType": "Image", "image": { "svgImage": "<svg/>", "align": "AlignRight" } },
            { "lineType": "MerchantName", "merchantName": { "name": "Inn" } },
            { "lineType": "MerchantAddress",
              "merchantAddress": { "addressLines": ["A"], "postcode": "B" } },
            { "lineType": "MerchantEmailAddress",
              "merchantEmailAddress": { "emailAddress": "a@b.example" } },
            { "lineType": "MerchantPhoneNumber", "merchantPhoneNumber": { "phoneNumber": 1 } },
            { "lineType": "HorizontalLine", "horizontalLine": { "line": "Double" } },
            { "lineType": "TaxNumber", "taxNumber": { "name": "VAT", "number": "1" } },
            { "lineType": "Text", "text": null },
            { "lineType": "Unheard" },
        ]));
        assert_eq!(read.len(), 8);
        assert_eq!(read[1], Line::Image("<svg/>".to_owned(), Align::Right));
        let address = vec!["A".to_owned(), "B".to_owned()];
        assert_eq!(read[3], Line::MerchantAddress(address));
        assert_eq!(read[6], Line::HorizontalLine { is_double: true });
    }

    #[test]
    fn both_spellings_are_read() {
        for (bold, qr, url) in [
            ("bold", "showQr", "showUrl"),
            ("emphasisBold", "showQR", "showURL"),
        ] {
            let read = lines(json!([
                { "text": { "value": "Hi", "size": "Header1", "align": "Center", bold: true } },
                { "url": { "url": "https://a.example/", qr: true, url: true } },
            ]));
            let text = Line::Text {
                value: "Hi".to_owned(),
                size: Size::Header1,
                align: Align::Center,
                is_bold: true,
            };
            let link = Line::Url {
                url: "https://a.example/".to_owned(),
                description: None,
                shows_qr: true,
                shows_url: true,
            };
            assert_eq!(read, [text, link]);
        }
    }
}
