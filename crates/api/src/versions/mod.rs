//! The published versions. Inside there is one, the newest: an older `version`
//! header passes its requests up and its answers down through the steps of the
//! modules here, each of which lists exactly what changed after it.

mod setup_intents;
mod v2022_04_07;
mod v2024_02_05;
mod v2025_09_10;
mod v2026_02_27;

use http::HeaderMap;
use serde_json::{Map, Value};
use tatami_core::problem::Violation;

use crate::problem::Problem;
use crate::shape::{Members, Tree};

/// A JSON object of an answer.
type Object = Map<String, Value>;

/// A published version, and the step between it and the next newer one.
#[derive(Debug)]
pub struct Version {
    /// Its date, `yyyy-mm-dd`: its name.
    pub date: &'static str,
    /// Whether every answer carries the client session secret.
    pub always_shows_secret: bool,
    /// Makes a request body that of the next version.
    upgrade: fn(&mut Members<'_>),
    /// Makes a payment intent of the next version one of this version.
    downgrade: fn(&mut Object),
    /// Whether a rule of the newest version does not hold in this one.
    excuses: fn(&Violation) -> bool,
}

/// All of them, oldest first.
pub static ALL: [Version; 4] = [
    v2022_04_07::VERSION,
    v2024_02_05::VERSION,
    v2025_09_10::VERSION,
    v2026_02_27::VERSION,
];

/// The newest.
pub fn newest() -> &'static Version {
    &ALL[ALL.len() - 1]
}

/// The newest version that was published by that date.
fn on(date: &str) -> Option<&'static Version> {
    ALL.iter().rev().find(|v| v.date <= date)
}

/// The version of that very date, or the newest: for answers that were begun
/// for a caller who is gone.
pub fn named(date: &str) -> &'static Version {
    ALL.iter().find(|v| v.date == date).unwrap_or_else(newest)
}

/// The version that the `version` header names.
///
/// # Errors
/// 400 if there is none, or it is not a date on or after the first version.
pub fn required(headers: &HeaderMap) -> Result<&'static Version, Problem> {
    match headers.get("version") {
        Some(_) => optional(headers),
        None => Err(Problem::field("Version", "The version header is required.")),
    }
}

/// The version that the `version` header names; the newest without one.
///
/// # Errors
/// 400 if it is not a date on or after the first version.
pub fn optional(headers: &HeaderMap) -> Result<&'static Version, Problem> {
    let Some(header) = headers.get("version") else {
        return Ok(newest());
    };
    let text = header.to_str().unwrap_or_default().trim();
    if !is_date(text) {
        return Err(Problem::field(
            "Version",
            "The version header must be a date of the form yyyy-mm-dd.",
        ));
    }
    on(text)
        .ok_or_else(|| Problem::field("Version", format!("The first version is {}.", ALL[0].date)))
}

fn is_date(text: &str) -> bool {
    let form = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| match i {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
    form && text.parse::<jiff::civil::Date>().is_ok()
}

impl Version {
    /// Whether it is what everything inside is written in.
    pub fn is_newest(&self) -> bool {
        self.date == newest().date
    }

    fn at(&self) -> usize {
        ALL.iter().position(|v| v.date == self.date).unwrap_or(0)
    }

    /// Makes a request body of this version one of the newest.
    pub fn upgrade(&self, body: &mut Tree<'_>) {
        let Tree::Object(body) = body else { return };
        // What the first version called things is understood in all of them.
        v2022_04_07::understand(body);
        for step in &ALL[self.at()..] {
            (step.upgrade)(body);
        }
    }

    /// Makes a payment intent of the newest version one of this version.
    pub fn downgrade(&self, intent: &mut Value) {
        let Value::Object(intent) = intent else {
            return;
        };
        for step in ALL[self.at()..].iter().rev() {
            (step.downgrade)(intent);
        }
    }

    /// Whether a rule that a request broke does not hold in this version.
    pub fn excuses(&self, violation: &Violation) -> bool {
        ALL[self.at()..].iter().any(|v| (v.excuses)(violation))
    }
}

fn nothing_to_upgrade(_: &mut Members<'_>) {}

fn nothing_to_downgrade(_: &mut Object) {}

fn nothing_excused(_: &Violation) -> bool {
    false
}

/// The objects of a list of an answer.
fn objects<'a>(object: &'a mut Object, list: &str) -> impl Iterator<Item = &'a mut Object> {
    let items = object.get_mut(list).and_then(Value::as_array_mut);
    items.into_iter().flatten().filter_map(Value::as_object_mut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize as _;
    use serde_json::json;

    /// A body of that version as one of the newest.
    fn upgraded(version: &Version, body: &Value) -> Value {
        let text = body.to_string();
        let mut body = Tree::parse(&text).expect("JSON");
        version.upgrade(&mut body);
        Value::deserialize(body).expect("any JSON")
    }

    fn header(text: &str) -> Result<&'static str, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert("Version", text.parse().expect("a header"));
        required(&headers).map(|v| v.date)
    }

    #[test]
    fn a_date_is_rounded_down_to_a_published_version() {
        for (date, version) in [
            ("2022-04-07", "2022-04-07"),
            ("2022-07-04", "2022-04-07"),
            ("2024-02-04", "2022-04-07"),
            ("2024-02-05", "2024-02-05"),
            ("2025-09-09", "2024-02-05"),
            ("2025-09-10", "2025-09-10"),
            ("2026-02-27", "2026-02-27"),
            ("2199-12-31", "2026-02-27"),
        ] {
            assert_eq!(header(date), Ok(version), "{date}");
        }
        for wrong in [
            "",
            "latest",
            "2022-04-06",
            "2024-02-30",
            "2024-13-01",
            "2024-2-5",
            "20240205",
            "05-02-2024",
            "2024-02-05T00:00:00Z",
        ] {
            let problem = header(wrong).expect_err(wrong);
            assert_eq!(problem.status(), 400);
            assert!(String::from_utf8_lossy(&problem.body(None)).contains("Version"));
        }
        assert!(required(&HeaderMap::new()).is_err());
        assert_eq!(
            optional(&HeaderMap::new()).expect("newest").date,
            newest().date
        );
    }

    #[test]
    fn an_order_of_the_first_version_is_understood() {
        let body = json!({
            "TransactionSource": "moto",
            "ItemLines": [{ "Caption": "Cup" }, { "caption": "x", "name": "Plate" }, 7],
        });
        assert_eq!(
            upgraded(&ALL[0], &body),
            json!({
                "ItemLines": [{ "name": "Cup" }, { "name": "Plate" }, 7],
                "cardHolderNotPresent": true,
            })
        );
    }

    #[test]
    fn a_hold_of_the_first_version_is_released_unless_it_says_otherwise() {
        let hold = |version, order: Value| upgraded(version, &order)["autoExpireAction"].clone();
        for silent in [
            json!({ "captureMode": "Manual" }),
            json!({ "CaptureMode": "manual", "autoExpireAction": null }),
            json!({ "captureMode": "Manual", "AutoExpireAction": "" }),
        ] {
            assert_eq!(hold(&ALL[0], silent.clone()), "Release");
            assert_ne!(hold(&ALL[1], silent), "Release");
        }
        let said = json!({ "captureMode": "Manual", "autoExpireAction": "Capture" });
        assert_eq!(hold(&ALL[0], said), "Capture");
        assert_eq!(hold(&ALL[0], json!({ "captureMode": "Auto" })), Value::Null);
    }

    #[test]
    fn old_names_are_understood_in_every_version() {
        let body = json!({ "itemLines": [{ "caption": "Cup" }] });
        assert_eq!(
            upgraded(newest(), &body),
            json!({ "itemLines": [{ "name": "Cup" }] })
        );
    }

    #[test]
    fn a_property_is_ignored_before_it_existed() {
        let order = json!({ "IsNotOnlineCheckout": true });
        for (version, left) in [("2025-09-10", 0), ("2026-02-27", 1)] {
            let body = upgraded(named(version), &order);
            assert_eq!(body.as_object().map(Map::len), Some(left), "{version}");
        }
    }

    fn intent() -> Value {
        json!({
            "id": "pi_1",
            "cardHolderNotPresent": false,
            "paymentDetails": {
                "transactionId": "t", "transactionDateTime": "d", "message": "DEPOSITED",
                "authCode": "1",
                "card": {
                    "cardNumber": "44565300****1096", "cardName": "n", "expiryDate": "e",
                    "cardType": "VISA", "last4PAN": "1096",
                },
                "avsResult": "ADDRESS_MATCH_POSTCODE_MATCH",
            },
            "itemLines": [{
                "id": "1", "quantity": 2, "name": "Cup", "category": "China", "modifiers": [],
                "plu": "p", "amountTotal": { "value": 1 },
            }],
            "taxLines": [{ "caption": "VAT", "affectedPlu": "p" }],
            "orderDetails": {}, "setupIntentId": "s", "cashbackAmount": {},
            "serviceChargeAmount": {}, "paymentEvents": [], "paymentLink": "l",
            "terminalSessionHistory": [], "captures": [],
        })
    }

    #[test]
    fn the_first_version_has_a_flat_card_and_captions() {
        let mut first = intent();
        ALL[0].downgrade(&mut first);
        assert_eq!(
            first,
            json!({
                "id": "pi_1",
                "paymentDetails": {
                    "transactionDateTime": "d", "message": "DEPOSITED", "authCode": "1",
                    "cardNumber": "44565300****1096", "cardName": "n", "expiryDate": "e",
                    "cardType": "VISA",
                },
                "itemLines": [{
                    "id": "1", "quantity": 2, "caption": "Cup", "amountTotal": { "value": 1 },
                }],
                "taxLines": [{ "caption": "VAT" }],
                "paymentEvents": [],
            })
        );
    }

    #[test]
    fn the_address_check_came_with_the_third_version() {
        for (version, there) in [
            ("2024-02-05", false),
            ("2025-09-10", true),
            ("2026-02-27", true),
        ] {
            let mut seen = intent();
            named(version).downgrade(&mut seen);
            let mut wanted = intent();
            if !there {
                wanted["paymentDetails"]
                    .as_object_mut()
                    .map(|d| d.shift_remove("avsResult"));
            }
            assert_eq!(seen, wanted, "{version}");
        }
    }

    #[test]
    fn a_line_needs_no_total_in_the_first_version() {
        let missing = Violation::new(
            "ItemLines[3].AmountTotal",
            "The AmountTotal field is required.",
        );
        assert!(ALL[0].excuses(&missing));
        assert!(!ALL[1].excuses(&missing));
        let wrong = Violation::new("Amount", "The Amount field is required.");
        assert!(!ALL[0].excuses(&wrong));
    }
}
