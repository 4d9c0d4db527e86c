//! What the wire types write when there is as little in them as can be.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tatami_http::problem::ProblemDetails;
use url::Url;

use super::captured_card::CapturedCardDetails;
use super::config::{
    Branding, Collection, PaymentIntentConfigResponse, PaymentPermissions, ShownDetails,
};
use super::customer::CustomerFull;
use super::order::{ActionLink, ItemLine, Modifier, OrderDetails, TaxLine};
use super::party::{Address, Customer, PaymentCustomerDetails, RequestSecurity, ShippingDetails};
use super::payment_intent::{PaymentIntent, Secrets};
use super::payment_story::{Card, PaymentDetails};
use super::public_payment_intent::PublicPaymentIntent;
use super::settlement::Refund;
use super::setup_intent::{SetupIntentPublicResponse, SetupIntentResponse};
use super::terminal_session::TerminalSessionHistoryResponse;

const AT: &str = "2026-02-27T10:11:12Z";

fn known<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("what is stored")
}

/// Where in a value a `null` is.
fn null_in(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Array(items) => items.iter().find_map(null_in),
        Value::Object(all) => all
            .iter()
            .find_map(|(name, value)| Some(format!(".{name}{}", null_in(value)?))),
        _ => None,
    }
}

fn has_no_null(wire: &impl Serialize) {
    let value = serde_json::to_value(wire).expect("JSON");
    assert_eq!(null_in(&value), None, "{value}");
}

#[test]
fn parts_leave_out_what_is_absent() {
    has_no_null(&Customer::default());
    has_no_null(&Address::default());
    has_no_null(&ShippingDetails::default());
    has_no_null(&RequestSecurity::default());
    has_no_null(&ItemLine {
        modifiers: Some(vec![Modifier::default()]),
        // The contract has it null where it is absent.
        amount_total: known(json!({ "value": 1, "currencyCode": "GBP" })),
        ..ItemLine::default()
    });
    has_no_null(&TaxLine::default());
    has_no_null(&ActionLink::default());
    has_no_null(&OrderDetails::default());
    has_no_null(&PaymentIntentConfigResponse {
        customer_email: Some(Collection::default()),
        details: Some(ShownDetails::default()),
        payment: Some(PaymentPermissions::default()),
        ..PaymentIntentConfigResponse::default()
    });
    has_no_null(&PaymentDetails {
        transaction_id: None,
        transaction_date_time: None,
        message: None,
        payment_method_id: None,
        auth_code: None,
        card: Some(Card {
            card_number: None,
            card_name: None,
            expiry_date: None,
            card_type: None,
            card_funding_type: None,
            last4_pan: None,
            entry_mode: None,
            verification_method: None,
            wallet_type: None,
        }),
        avs_result: None,
    });
    has_no_null(&TerminalSessionHistoryResponse {
        terminal_session: None,
        payment: None,
    });
    has_no_null(&Refund {
        payment_intent_id: None,
        refund_id: None,
        refund_reason: None,
        notes: None,
        message: None,
    });
    has_no_null(&ProblemDetails::default());
}

#[test]
fn whole_answers_leave_out_what_is_absent() {
    let url = Url::parse("https://pay.example").expect("a URL");
    let account = known(json!({
        "id": "acc_1", "name": "Shop", "time_zone": "Europe/London", "created_at": AT,
    }));
    let scope = json!({ "account": "acc_1", "environment": "sandbox" });
    let session = json!({ "nonce": "00", "expires_at": AT, "used": false });

    let intent = known(json!({
        "id": "pi_1", "scope": scope, "status": "Created", "capture_mode": "Auto",
        "amount": { "minor": 1, "currency": "GBP" }, "details": {}, "expire_at": AT,
        "session": session, "created_at": AT, "updated_at": AT,
    }));
    let secrets = Secrets::default();
    has_no_null(&PaymentIntent::of(&intent, &account, &url, secrets));
    has_no_null(&PublicPaymentIntent::of(
        &intent,
        &account,
        Branding::default(),
        &url,
        "",
    ));

    let intent = known(json!({
        "id": "si_1", "scope": scope, "status": "Created", "kind": "NoShow", "terms": "",
        "details": {}, "expire_at": AT, "session": session, "created_at": AT, "updated_at": AT,
    }));
    has_no_null(&SetupIntentResponse::of(&intent, &account, ""));
    has_no_null(&SetupIntentPublicResponse::of(&intent, &account, ""));

    let customer: tatami_core::customer::Customer = known(json!({
        "id": "cus_1", "scope": scope, "details": {}, "document_version": 0, "created_at": AT,
        "updated_at": AT,
    }));
    has_no_null(&CustomerFull::from(&customer));
}

#[test]
fn every_written_type_leaves_out_what_is_absent() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/wire");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).expect("the wire types") {
        let source = std::fs::read_to_string(file.expect("a file").path()).expect("text");
        for item in source.split("\n}\n") {
            let Some((before, fields)) = item.split_once("\npub struct ") else {
                continue;
            };
            let attributes = before.rsplit("\n\n").next().unwrap_or_default();
            if attributes.contains("Serialize") && fields.contains(": Option<") {
                let left_out = attributes.contains("skip_serializing_none");
                assert!(left_out, "{fields}");
                seen += 1;
            }
        }
    }
    assert!(seen > 40, "only {seen} were seen");
}

#[test]
fn what_holds_a_card_prints_as_a_mask() {
    let captured: CapturedCardDetails = known(json!({
        "cardNumber": "4456530000001005", "expiryDate": "12/39", "cv2": "020",
        "cardholderName": "4456530000001005",
    }));
    let customer: PaymentCustomerDetails = known(json!({ "secret": "cs_sandbox_123" }));
    for shown in [format!("{captured:?}"), format!("{:?}", customer.secret)] {
        let rest = shown.replace("cv2", "").replace("Cv2", "");
        assert!(!rest.contains(|c: char| c.is_ascii_digit()), "{shown}");
    }
}

/// Every text that describes something in a value of the OpenAPI document.
fn described<'a>(at: &str, value: &'a Value, found: &mut Vec<(String, &'a str)>) {
    match value {
        Value::Object(all) => {
            for (name, value) in all {
                let at = format!("{at}/{name}");
                match value.as_str() {
                    Some(text) if name == "description" => found.push((at, text)),
                    _ => described(&at, value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| described(at, item, found)),
        _ => {}
    }
}

/// They are the API reference: "Its id." tells its readers nothing.
#[test]
fn descriptions_say_more_than_the_name() {
    let document = crate::openapi::document(&[]);
    let schemas = document["components"]["schemas"].as_object();
    for (name, schema) in schemas.expect("schemas") {
        let all_of = schema["allOf"].is_array();
        assert!(schema["description"].is_string() || all_of, "{name}");
    }
    let mut found = Vec::new();
    described("", &document, &mut found);
    let short: Vec<_> = found
        .into_iter()
        .filter(|(_, text)| text.split_whitespace().count() <= 3)
        .collect();
    assert!(short.is_empty(), "{short:#?}");
}
