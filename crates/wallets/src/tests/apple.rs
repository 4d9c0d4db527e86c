//! The envelope of an Apple Pay token, and for whom and when it is good.

use tatami_core::time::SignedDuration;

use super::{MERCHANT, PRICE, apple_recipient, bench, card, change_text, now, with, without};
use crate::apple::{ROOT_CA_G3, Recipient};
use crate::{BadKey, PrivateKey, TokenError, Wallet, WalletToken, Wallets};

#[test]
fn a_token_gives_its_card_once_proven() {
    let mut bench = bench();
    let json = bench.apple_token();
    let opened = bench.open_apple(&json).expect("a good token");
    assert_eq!(opened.wallet, Wallet::ApplePay);
    assert_eq!(opened.card.number, card().number);
    assert_eq!(opened.card.expiry, card().expiry);
    assert_eq!(opened.card.holder, "A Holder");
    assert!(opened.card.cv2.is_none());
    assert_eq!(opened.amount, Some(PRICE));
    assert_eq!(opened.valid_until, now() + SignedDuration::from_mins(5));
    let proof = opened.authentication.expect("a cryptogram");
    assert_eq!(
        (proof.cryptogram.reveal().len(), proof.eci.as_deref()),
        (28, Some("05"))
    );
    let other = bench.apple_token();
    assert_ne!(opened.id, bench.open_apple(&other).expect("another").id);
}

#[test]
fn every_field_that_is_changed_is_noticed() {
    let mut bench = bench();
    let json = bench.apple_token();
    for (field, error) in [
        ("/data", TokenError::Digest),
        ("/header/ephemeralPublicKey", TokenError::Digest),
        ("/header/transactionId", TokenError::Digest),
        ("/header/publicKeyHash", TokenError::MerchantKey),
    ] {
        let changed = with(&json, field, change_text);
        assert_eq!(bench.open_apple(&changed).err(), Some(error), "{field}");
    }
    let bound = with(&json, "/header", |header| {
        header["applicationData"] = "ab12".into()
    });
    assert_eq!(bench.open_apple(&bound).err(), Some(TokenError::Digest));
    for version in ["RSA_v1", "EC_v2", "ec_v1", ""] {
        let changed = with(&json, "/version", |value| *value = version.into());
        assert_eq!(
            bench.open_apple(&changed).err(),
            Some(TokenError::Version),
            "{version}"
        );
    }
}

#[test]
fn every_field_is_needed_and_has_a_form() {
    let mut bench = bench();
    let json = bench.apple_token();
    for (parent, field) in [
        ("", "data"),
        ("", "signature"),
        ("", "header"),
        ("", "version"),
        ("/header", "ephemeralPublicKey"),
        ("/header", "publicKeyHash"),
        ("/header", "transactionId"),
    ] {
        let lacking = bench.open_apple(&without(&json, parent, field)).err();
        assert_eq!(lacking, Some(TokenError::Malformed("JSON")), "{field}");
        let number = with(&json, &format!("{parent}/{field}"), |value| {
            *value = 7.into()
        });
        assert_eq!(
            bench.open_apple(&number).err(),
            Some(TokenError::Malformed("JSON")),
            "{field}"
        );
        if matches!(field, "header" | "version") {
            continue;
        }
        let odd = with(&json, &format!("{parent}/{field}"), |value| {
            *value = "$$$".into()
        });
        assert_eq!(
            bench.open_apple(&odd).err(),
            Some(TokenError::Malformed(field)),
            "{field}"
        );
    }
    for odd in ["", "null", "[]", "{", "\u{0}"] {
        assert_eq!(
            bench.open_apple(odd).err(),
            Some(TokenError::Malformed("JSON")),
            "{odd}"
        );
    }
    let long = with(&json, "/data", |value| {
        *value = "A".repeat(16 * 1024).into()
    });
    assert_eq!(bench.open_apple(&long).err(), Some(TokenError::TooLong));
}

#[test]
fn a_signature_is_good_for_five_minutes_either_way() {
    let mut bench = bench();
    for (seconds, is_good) in [
        (-301, false),
        (-300, true),
        (0, true),
        (300, true),
        (301, false),
    ] {
        let json = bench.apple_token_at(now() + SignedDuration::from_secs(seconds));
        let expected = (!is_good).then_some(TokenError::SigningTime);
        assert_eq!(bench.open_apple(&json).err(), expected, "{seconds}");
    }
}

#[test]
fn a_token_is_for_one_merchant_and_one_of_its_keys() {
    let mut bench = bench();
    let json = bench.apple_token();
    let open = |recipient: Recipient| recipient.open(&json, now());
    let ours = || {
        bench
            .apple_recipient()
            .present()
            .expect("a key")
            .key
            .clone()
    };
    let mut entropy = super::Seeded(2);
    let other = PrivateKey::generate(&mut entropy);

    let stranger = apple_recipient(&bench.apple, other.clone());
    assert_eq!(open(stranger).err(), Some(TokenError::MerchantKey));
    let roots = [bench.apple.root()];
    let renewed = Recipient::new(MERCHANT, vec![other, ours()], &roots);
    assert!(open(renewed.expect("a recipient")).is_ok());
    let namesake = Recipient::new("merchant.example.other", vec![ours()], &roots);
    assert_eq!(
        open(namesake.expect("a recipient")).err(),
        Some(TokenError::Decryption)
    );
    let without_keys = Recipient::new(MERCHANT, Vec::new(), &roots);
    assert_eq!(
        open(without_keys.expect("a recipient")).err(),
        Some(TokenError::MerchantKey)
    );
}

#[test]
fn only_trusted_roots_are_trusted() {
    let mut bench = bench();
    let json = bench.apple_token();
    let key = || {
        bench
            .apple_recipient()
            .present()
            .expect("a key")
            .key
            .clone()
    };
    for roots in [vec![], vec![ROOT_CA_G3]] {
        let recipient = Recipient::new(MERCHANT, vec![key()], &roots).expect("a recipient");
        assert_eq!(recipient.open(&json, now()).err(), Some(TokenError::Chain));
    }
    let both = Recipient::new(MERCHANT, vec![key()], &[ROOT_CA_G3, bench.apple.root()]);
    assert!(both.expect("a recipient").open(&json, now()).is_ok());
    let none = Recipient::new(MERCHANT, vec![key()], &[b"no certificate"]);
    assert_eq!(none.err(), Some(BadKey::Root));
}

#[test]
fn a_wallet_that_is_not_set_up_says_so() {
    for wallet in [Wallet::ApplePay, Wallet::GooglePay] {
        let token = WalletToken {
            wallet,
            json: "{}",
            gateway_merchant: "",
        };
        let opened = Wallets::default().open(&token, now());
        assert_eq!(opened.err(), Some(TokenError::NotConfigured));
    }
}
