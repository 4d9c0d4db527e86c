//! Steps between versions, up and down.

use tatami_http::input::read;

use super::*;
use crate::wire::customer::CustomerPaymentMethods;
use crate::wire::payment_intent::PaymentIntent;
use crate::wire::requests::{CreatePaymentIntentRequest, SetTipsAmountRequest};
use crate::wire::search::SearchPaymentIntentRequest;
use crate::wire::setup_intent::SetupIntentResponse;
use crate::wire::terminal::TerminalSession;
use serde::Deserialize as _;
use serde_json::json;

/// An answer of that type as that version has it.
fn stepped_down<T: ToSchema>(version: &Version, answer: &Value) -> Value {
    let mut answer = answer.clone();
    Steps::of::<T>(version).take(&mut answer);
    answer
}

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
        "serviceChargeAmount": {}, "paymentEvents": [{ "authCode": "1", "paymentMethodId": "" }], "paymentLink": "l",
        "terminalSessionHistory": [], "captures": [],
    })
}

#[test]
fn the_first_version_has_a_flat_card_and_captions() {
    assert_eq!(
        stepped_down::<PaymentIntent<'_>>(&ALL[0], &intent()),
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
            "paymentEvents": [{ "authCode": "1" }],
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
        let seen = stepped_down::<PaymentIntent<'_>>(named(version), &intent());
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

#[test]
fn a_line_without_a_total_has_none_in_the_first_version_and_null_in_later_ones() {
    let lines = json!({ "itemLines": [{ "name": "Cup", "amountTotal": null }] });
    let first = stepped_down::<PaymentIntent<'_>>(&ALL[0], &lines);
    assert_eq!(first, json!({ "itemLines": [{ "caption": "Cup" }] }));
    for version in &ALL[1..] {
        let seen = stepped_down::<PaymentIntent<'_>>(version, &lines);
        assert_eq!(seen, lines, "{}", version.date);
    }
}

#[test]
fn what_setup_intents_gained_later_is_left_out() {
    let newest = json!({
        "id": "si_1", "status": "Closed", "expireAt": "e", "paymentSource": "api",
        "merchantInitiatedTransactionType": "Unscheduled",
        "paymentDetails": { "message": "VERIFIED", "avsResult": "a" },
    });
    let seen = ALL
        .each_ref()
        .map(|version| stepped_down::<SetupIntentResponse<'_>>(version, &newest));
    let mut second = newest.clone();
    second["paymentDetails"] = json!({ "message": "VERIFIED" });
    assert_eq!(seen[0], json!({ "id": "si_1", "status": "Canceled" }));
    assert_eq!(seen[1], second);
    assert_eq!(seen[2], newest);
    assert_eq!(seen[3], newest);
}

#[test]
fn a_word_that_a_version_does_not_have_is_not_sent() {
    let session = json!({
        "id": "ts_1",
        "notificationEvents": [
            { "notificationType": "PresentCard", "createdAt": "1" },
            { "notificationType": "CardError", "createdAt": "2" },
        ],
        "paymentDetails": { "card": {
            "cardType": "VISA", "cardFundingType": "Deferred", "verificationMethod": "Iris",
        } },
    });
    let mut second = session.clone();
    // An object that cannot be without the word goes, too.
    second["notificationEvents"] = json!([session["notificationEvents"][0]]);
    second["paymentDetails"]["card"] = json!({ "cardType": "VISA", "cardFundingType": "Unknown" });
    assert_eq!(
        stepped_down::<TerminalSession<'_>>(&ALL[1], &session),
        second
    );
    assert_eq!(
        stepped_down::<TerminalSession<'_>>(&ALL[2], &session),
        session
    );

    let history = |events: &Value| {
        json!({ "terminalSessionHistory": [{
            "terminalSession": { "notificationEvents": events },
            "payment": { "entryMode": "ContactChip" },
        }] })
    };
    assert_eq!(
        stepped_down::<PaymentIntent<'_>>(&ALL[1], &history(&session["notificationEvents"])),
        history(&second["notificationEvents"])
    );

    let methods = json!({ "paymentMethods": ["Card", "SavedCard", "Pigeon"] });
    let seen = ALL
        .each_ref()
        .map(|version| stepped_down::<PaymentIntent<'_>>(version, &methods));
    assert_eq!(seen[0], json!({ "paymentMethods": ["Card"] }));
    assert_eq!(seen[1], json!({ "paymentMethods": ["Card", "SavedCard"] }));
    assert_eq!(seen[2], methods);

    let cards = |scheme: &Value| json!({ "savedPaymentMethods": [{ "cardDetails": scheme }] });
    assert_eq!(
        stepped_down::<CustomerPaymentMethods>(&ALL[1], &cards(&json!({ "scheme": "UNKNOWN" }))),
        cards(&json!({}))
    );
}

#[test]
fn answers_that_no_version_changed_are_not_looked_into() {
    use crate::wire::settlement::Refund;
    for version in &ALL {
        assert!(Steps::of::<Refund>(version).are_none());
    }
    assert!(Steps::of::<PaymentIntent<'_>>(newest()).are_none());
}

/// Of every change, that what it speaks of is in the description of the version
/// above: a name that is not would change nothing, without a word.
#[test]
fn changes_are_about_what_is_there() {
    let mut document = crate::openapi::document(&[]);
    for version in ALL.iter().rev() {
        for change in version.changes {
            let before = document.clone();
            change.describe(&mut document);
            assert_ne!(document, before, "{}: {change:?}", version.date);
        }
    }
}

#[test]
fn a_shop_plugin_s_order_is_read() {
    let body = br#"{
        "amount": { "value": "2468", "currencyCode": "GBP" }, "reference": "45",
        "description": "", "shippingDetails": "",
        "customer": { "id": null, "emailAddress": "ada@example.com", "phoneNumber": "" },
        "config": { "title": null, "redirectUrl": "https://shop.example/?wc-api=wc_dojo" },
        "itemLines": [{ "id": "7", "quantity": "2", "caption": "Cup" }],
        "paymentSource": "plugin", "expireAt": "2026-11-22T23:15:50+00:00"
    }"#;
    let first = &ALL[0];
    let (order, broken) = read::<CreatePaymentIntentRequest>(body, first, |_| {}).expect("JSON");
    assert_eq!(broken, []);
    let mut broken = Vec::new();
    let draft = order.draft(&mut broken);
    assert_eq!(broken, []);
    assert_eq!(draft.amount.map(|a| a.value), Some(2468));
    assert_eq!(draft.details.item_lines[0].quantity, Some(2));
    assert_eq!(draft.details.item_lines[0].name.as_deref(), Some("Cup"));
    assert_eq!(draft.details.shipping, None);
    let newest = newest();
    let (_, broken) = read::<CreatePaymentIntentRequest>(body, newest, |_| {}).expect("JSON");
    assert_eq!(broken[0].field, "ItemLines[0].AmountTotal");
}

#[test]
fn what_is_not_json_or_not_enough_is_refused() {
    let newest = newest();
    for broken in ["{", "{\"amount\":}", "\0", "[", "nul"] {
        let read = read::<SetTipsAmountRequest>(broken.as_bytes(), newest, |_| {});
        assert_eq!(read.expect_err(broken).status(), 400);
    }
    let (_, broken) = read::<SetTipsAmountRequest>(b"{}", newest, |_| {}).expect("JSON");
    assert_eq!(broken[0].field, "TipsAmount");
    let (_, broken) =
        read::<SetTipsAmountRequest>(b"{\"tipsAmount\": 5}", newest, |_| {}).expect("JSON");
    assert_eq!(broken[0].field, "TipsAmount");
    let body = br#"{"cursor":{"limit":101},"statuses":["captured","Lost"]}"#;
    let (_, broken) = read::<SearchPaymentIntentRequest>(body, newest, |_| {}).expect("JSON");
    let fields: Vec<_> = broken.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(fields, ["Statuses[1]", "Cursor.Limit"]);
}
