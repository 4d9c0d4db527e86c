//! Whatever is done to a token: it is refused, or says the same as before. And nothing
//! makes the reader panic.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::{Bench, bench, with};
use crate::{Wallet, WalletCard};

/// Making certificates for each case would take most of the time.
static MADE: LazyLock<(Bench, String, String)> = LazyLock::new(|| {
    let mut bench = bench();
    let (apple, google) = (bench.apple_token(), bench.google_token(false));
    (bench, apple, google)
});

fn refused_or_same(wallet: Wallet, changed: &str, original: &str) {
    let bench = &MADE.0;
    let open = |json: &str| bench.open(wallet, json, super::now());
    let Ok(opened) = open(changed) else { return };
    let same = open(original).expect("a good token");
    let said = |card: &WalletCard| {
        let number = card.card.number.clone();
        let proof = card.authentication.clone();
        (
            number,
            card.card.expiry,
            proof,
            card.id.clone(),
            card.valid_until,
            card.amount,
        )
    };
    assert_eq!(said(&opened), said(&same));
}

fn flipped(text: &str, at: usize, bit: u8) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = at % bytes.len();
    bytes[at] ^= 1 << bit;
    String::from_utf8_lossy(&bytes).into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_bit_of_an_apple_token(at in 0..10_000_usize, bit in 0..8_u8) {
        refused_or_same(Wallet::ApplePay, &flipped(&MADE.1, at, bit), &MADE.1);
    }

    #[test]
    fn a_bit_of_a_google_token(at in 0..10_000_usize, bit in 0..8_u8) {
        refused_or_same(Wallet::GooglePay, &flipped(&MADE.2, at, bit), &MADE.2);
    }

    #[test]
    fn bytes_of_a_signature(at in 0..10_000_usize, bytes in prop::collection::vec(any::<u8>(), 1..9)) {
        let changed = with(&MADE.1, "/signature", |value| {
            let mut der = STANDARD.decode(value.as_str().expect("a text")).expect("base64");
            let at = at % der.len();
            for (place, byte) in der[at..].iter_mut().zip(&bytes) {
                *place = *byte;
            }
            *value = STANDARD.encode(der).into();
        });
        refused_or_same(Wallet::ApplePay, &changed, &MADE.1);
    }

    #[test]
    fn any_signature(der in prop::collection::vec(any::<u8>(), 0..600)) {
        let changed = with(&MADE.1, "/signature", |value| *value = STANDARD.encode(&der).into());
        prop_assert!(MADE.0.open_apple(&changed).is_err());
    }

    #[test]
    fn any_text(text in "\\PC{0,300}", length in 0..4_000_usize) {
        let cut = |json: &str| json.chars().take(length).collect::<String>();
        for json in [&text, &cut(&MADE.1)] {
            if json != &MADE.1 {
                prop_assert!(MADE.0.open_apple(json).is_err());
            }
        }
        for json in [&text, &cut(&MADE.2)] {
            if json != &MADE.2 {
                prop_assert!(MADE.0.open_google(json).is_err());
            }
        }
    }
}
