//! What Apple's payment data may say, once it is decrypted.

use serde_json::{Value, json};

use super::{bench, now};
use crate::TokenError;

fn data() -> Value {
    json!({
        "applicationPrimaryAccountNumber": "4456530000001096",
        "applicationExpirationDate": "290731",
        "currencyCode": "826",
        "transactionAmount": 1250,
        "deviceManufacturerIdentifier": "040010030273",
        "paymentDataType": "3DSecure",
        "paymentData": { "onlinePaymentCryptogram": "AgAAAAAABk4DWZ4C28yUQAAAAAA=" },
    })
}

fn error(data: &str) -> Option<TokenError> {
    let mut bench = bench();
    let recipient = bench.wallets.apple.as_ref().expect("set up");
    let token = bench
        .apple
        .sealed(recipient, data, &mut bench.entropy, now());
    bench.open_apple(&token.expect("a token")).err()
}

#[test]
fn what_is_optional_may_be_missing() {
    assert_eq!(error(&data().to_string()), None);
}

#[test]
fn each_value_has_a_form() {
    let cases = [
        (
            "/applicationPrimaryAccountNumber",
            json!("4456530000001097"),
            TokenError::CardNumber,
        ),
        (
            "/applicationPrimaryAccountNumber",
            json!(""),
            TokenError::CardNumber,
        ),
        (
            "/applicationExpirationDate",
            json!("291331"),
            TokenError::Expiry,
        ),
        (
            "/applicationExpirationDate",
            json!("2907"),
            TokenError::Expiry,
        ),
        (
            "/applicationExpirationDate",
            json!("29٧31"),
            TokenError::Expiry,
        ),
        ("/currencyCode", json!("840"), TokenError::Amount),
        ("/currencyCode", json!("GBP"), TokenError::Amount),
        (
            "/transactionAmount",
            json!(12.5),
            TokenError::Malformed("payment data"),
        ),
        (
            "/transactionAmount",
            json!("1250"),
            TokenError::Malformed("payment data"),
        ),
        ("/paymentDataType", json!("EMV"), TokenError::PaymentData),
        ("/paymentData", json!({}), TokenError::Cryptogram),
        (
            "/paymentData/onlinePaymentCryptogram",
            json!(""),
            TokenError::Cryptogram,
        ),
        (
            "/paymentData/onlinePaymentCryptogram",
            json!("a b"),
            TokenError::Cryptogram,
        ),
        (
            "/paymentData/onlinePaymentCryptogram",
            json!("A".repeat(257)),
            TokenError::Cryptogram,
        ),
        (
            "/paymentData",
            json!({"onlinePaymentCryptogram": "AA==", "eciIndicator": "x"}),
            TokenError::Cryptogram,
        ),
        (
            "/paymentData",
            json!({"onlinePaymentCryptogram": "AA==", "eciIndicator": "123"}),
            TokenError::Cryptogram,
        ),
    ];
    for (field, value, expected) in cases {
        let mut data = data();
        *data.pointer_mut(field).expect("it is there") = value.clone();
        assert_eq!(error(&data.to_string()), Some(expected), "{field} {value}");
    }
    for field in [
        "applicationExpirationDate",
        "currencyCode",
        "transactionAmount",
        "paymentDataType",
        "paymentData",
    ] {
        let mut data = data();
        data.as_object_mut().expect("an object").remove(field);
        assert_eq!(
            error(&data.to_string()),
            Some(TokenError::Malformed("payment data")),
            "{field}"
        );
    }
    assert_eq!(
        error("no JSON"),
        Some(TokenError::Malformed("payment data"))
    );
}
