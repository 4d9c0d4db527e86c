//! What Google's message may say, once it is decrypted.

use serde_json::{Value, json};
use tatami_core::time::DAY;

use super::{GATEWAY_MERCHANT, bench, now};
use crate::TokenError;

fn message() -> Value {
    json!({
        "gatewayMerchantId": GATEWAY_MERCHANT,
        "messageExpiration": (now() + DAY).as_millisecond().to_string(),
        "messageId": "m",
        "paymentMethod": "CARD",
        "paymentMethodDetails": {
            "pan": "4456530000001096",
            "expirationMonth": 7,
            "expirationYear": 2029,
            "authMethod": "CRYPTOGRAM_3DS",
            "cryptogram": "AgAAAAAABk4DWZ4C28yUQAAAAAA=",
        },
    })
}

fn error(message: &str) -> Option<TokenError> {
    let mut bench = bench();
    let recipient = bench.wallets.google.as_ref().expect("set up");
    let token = bench
        .google
        .sealed(recipient, message, &mut bench.entropy, now() + DAY);
    bench.open_google(&token.expect("a token")).err()
}

#[test]
fn what_is_optional_may_be_missing() {
    assert_eq!(error(&message().to_string()), None);
}

#[test]
fn each_value_has_a_form() {
    let malformed = TokenError::Malformed("message");
    let cases = [
        ("/messageExpiration", json!("soon"), malformed),
        (
            "/messageExpiration",
            json!("99999999999999999999"),
            malformed,
        ),
        (
            "/messageExpiration",
            json!(1_900_000_000_000_i64),
            malformed,
        ),
        ("/messageExpiration", json!("1"), TokenError::MessageExpired),
        ("/messageId", json!(null), malformed),
        (
            "/gatewayMerchantId",
            json!(null),
            TokenError::GatewayMerchant,
        ),
        (
            "/paymentMethod",
            json!("TOKENIZED_CARD"),
            TokenError::PaymentData,
        ),
        (
            "/paymentMethodDetails/pan",
            json!("4456530000001097"),
            TokenError::CardNumber,
        ),
        (
            "/paymentMethodDetails/pan",
            json!(null),
            TokenError::CardNumber,
        ),
        (
            "/paymentMethodDetails/expirationMonth",
            json!(13),
            TokenError::Expiry,
        ),
        (
            "/paymentMethodDetails/expirationMonth",
            json!(-7),
            TokenError::Expiry,
        ),
        (
            "/paymentMethodDetails/expirationMonth",
            json!("7"),
            malformed,
        ),
        (
            "/paymentMethodDetails/expirationYear",
            json!(-2029),
            TokenError::Expiry,
        ),
        (
            "/paymentMethodDetails/expirationYear",
            json!(202),
            TokenError::Expiry,
        ),
        (
            "/paymentMethodDetails/authMethod",
            json!("3DS"),
            TokenError::PaymentData,
        ),
        (
            "/paymentMethodDetails/cryptogram",
            json!(""),
            TokenError::Cryptogram,
        ),
        (
            "/paymentMethodDetails/cryptogram",
            json!(null),
            TokenError::Cryptogram,
        ),
    ];
    for (field, value, expected) in cases {
        let mut message = message();
        *message.pointer_mut(field).expect("it is there") = value.clone();
        assert_eq!(
            error(&message.to_string()),
            Some(expected),
            "{field} {value}"
        );
    }
    for field in [
        "messageExpiration",
        "messageId",
        "paymentMethod",
        "paymentMethodDetails",
    ] {
        let mut message = message();
        message.as_object_mut().expect("an object").remove(field);
        assert_eq!(error(&message.to_string()), Some(malformed), "{field}");
    }
    assert_eq!(error("no JSON"), Some(malformed));
}
